import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CONTROL_COMMANDS, createLineSplitter, parseControlCommand, parseControlReply } from '../../../src-main/desktop/control-protocol'

function split(bytes: Uint8Array, cuts: readonly number[], longestBytes = 4_096): (string | null)[] {
  const splitter = createLineSplitter(longestBytes)
  const edges = [0, ...cuts.map(cut => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return [...edges.slice(1).flatMap((end, index) => splitter.push(bytes.subarray(edges[index], end))), ...splitter.end()]
}

describe('lines of the control socket', () => {
  it('are the same however the bytes arrive', () => {
    const line = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...CONTROL_COMMANDS).map(command => JSON.stringify({ command })))
      .map(text => text.replaceAll('\n', ' '))
      .filter(text => text.trim() !== '')
    fc.assert(fc.property(fc.array(line), fc.array(fc.nat()), fc.boolean(), (lines, cuts, ended) => {
      const bytes = Buffer.from(lines.map(text => `${text}\n`).join('').slice(0, ended ? undefined : -1))
      const expected = lines.map(text => Buffer.from(text).toString('utf8')).filter(text => text.trim() !== '')
      // A byte order mark at a line's start is taken off by the decoder.
      expect(split(bytes, cuts).map(text => text?.replace(/^\uFEFF/, ''))).toEqual(expected.map(text => text.replace(/^\uFEFF/, '')))
    }))
  })

  it('hold at most one line, and go on after one that was too long', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.nat()), (length, cuts) => {
      const bytes = Buffer.from(`${'x'.repeat(length)}\nok\n`)
      expect(split(bytes, cuts, 100)).toEqual([length > 100 ? null : 'x'.repeat(length), 'ok'])
    }))
    expect(split(Buffer.from('x'.repeat(500)), [], 100)).toEqual([null])
  })

  it('skip empty ones and report what is not UTF-8', () => {
    expect(split(Buffer.from('\n\r\n  \na\r\n'), [])).toEqual(['a\r'])
    expect(split(Buffer.from([0xFF, 0xFE, 0x0A, 0x61, 0x0A]), [])).toEqual([null, 'a'])
  })
})

describe('commands and answers', () => {
  it.each(CONTROL_COMMANDS)('reads %s', (command) => {
    expect(parseControlCommand(JSON.stringify({ command }))).toBe(command)
  })

  it.each(['', 'talk-start', '{}', '[]', 'null', '{"command":"format-disk"}', '{"command":"status","more":1}', '{"command":["status"]}', '{"command":"status"', '{"__proto__":{"command":"status"}}'])('refuses %j', (line) => {
    expect(() => parseControlCommand(line)).toThrow(expect.objectContaining({ code: 'bad-input' }))
  })

  it('never throws anything else', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
      for (const parse of [parseControlCommand, parseControlReply]) {
        try {
          parse(line)
        }
        catch (error) {
          expect(error).toMatchObject({ name: 'AppError', code: 'bad-input' })
        }
      }
    }))
  })
})
