import type { ThinkPart } from '../../../src-main/lib/think-splitter'
import { Buffer } from 'node:buffer'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createStopScanner } from '../../../src-main/inference/child/chat/stop-scanner'
import { createTokenText } from '../../../src-main/inference/child/chat/token-text'
import { createThinkSplitter } from '../../../src-main/lib/think-splitter'

/** A vocabulary of single bytes: the hardest case for characters. */
const bytesToText = (tokens: readonly number[]): string => Buffer.from(tokens).toString('utf8')

function cut(text: string, sizes: readonly number[]): string[] {
  const parts: string[] = []
  let at = 0
  for (const size of sizes) {
    if (at >= text.length)
      break
    parts.push(text.slice(at, at + size))
    at += size
  }
  return [...parts, text.slice(at)]
}

describe('token text', () => {
  it('gives whole characters only', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
      const stream = createTokenText(bytesToText)
      const pieces = [...Buffer.from(text)].map(byte => stream.push(byte))
      expect(pieces.join('') + stream.flush()).toBe(text)
      for (const piece of pieces)
        expect(piece.includes('\uFFFD') && !text.includes('\uFFFD')).toBe(false)
    }))
  })

  it('does not wait for ever for the rest of a broken character', () => {
    const stream = createTokenText(bytesToText)
    const bytes = [0xFF, 0xFF, 0xFF, 0xFF, 0x41]
    expect(bytes.map(byte => stream.push(byte)).join('')).toBe('\uFFFD\uFFFD\uFFFD\uFFFDA')
  })

  it('gives an unfinished character at the end', () => {
    const stream = createTokenText(bytesToText)
    expect(stream.push(0xE2)).toBe('')
    expect(stream.flush()).toBe('\uFFFD')
    expect(stream.flush()).toBe('')
  })
})

describe('stop scanner', () => {
  it('cuts at the first stop, however the text is split', () => {
    const stops = ['<|im_end|>', '\nUser:']
    const text = fc.array(fc.constantFrom('a', '<', '|', '<|im_end|', '<|im_end|>', '\n', 'User', ':', '\nUser:', 'é')).map(parts => parts.join(''))
    fc.assert(fc.property(text, fc.array(fc.integer({ min: 1, max: 7 })), (all, sizes) => {
      const scanner = createStopScanner(stops)
      const results = cut(all, sizes).map(part => scanner.push(part))
      const stopped = results.some(result => result.stopped)
      const out = results.map(result => result.text).join('') + scanner.flush()
      const at = Math.min(...stops.map(stop => all.indexOf(stop)).filter(index => index >= 0))
      expect(stopped).toBe(at !== Number.POSITIVE_INFINITY)
      expect(out).toBe(stopped ? all.slice(0, at) : all)
    }))
  })

  it('shows at once what cannot begin a stop', () => {
    const scanner = createStopScanner(['<|im_end|>'])
    expect(scanner.push('Paris.')).toEqual({ text: 'Paris.', stopped: false })
    expect(scanner.push(' a <')).toEqual({ text: ' a ', stopped: false })
    expect(scanner.push('b')).toEqual({ text: '<b', stopped: false })
  })
})

describe('think splitter', () => {
  function split(text: string, sizes: readonly number[]): ThinkPart[] {
    const splitter = createThinkSplitter()
    const parts = [...cut(text, sizes).flatMap(part => splitter.push(part)), ...splitter.flush()]
    const joined: ThinkPart[] = []
    for (const part of parts) {
      const last = joined.at(-1)
      if (last?.type === part.type)
        joined[joined.length - 1] = { type: part.type, text: last.text + part.text }
      else
        joined.push(part)
    }
    return joined
  }

  it.each<[string, ThinkPart[]]>([
    ['Hello <think> is a tag', [{ type: 'text', text: 'Hello <think> is a tag' }]],
    ['<think>\nA < B?</think>\n\nPlain.', [{ type: 'reasoning', text: '\nA < B?' }, { type: 'text', text: 'Plain.' }]],
    ['<think></think>Hi', [{ type: 'text', text: 'Hi' }]],
    ['<think>never ends', [{ type: 'reasoning', text: 'never ends' }]],
    ['<thi', [{ type: 'text', text: '<thi' }]],
    ['  Hi', [{ type: 'text', text: '  Hi' }]],
    ['', []],
  ])('%j', (text, expected) => {
    expect(split(text, [])).toEqual(expected)
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 5 })), (sizes) => {
      expect(split(text, sizes)).toEqual(expected)
    }))
  })
})
