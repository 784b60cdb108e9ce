import type { CleanupMode } from '../../src-main/dictation/cleanup/clean-up'
import type { InferenceHost } from '../../src-main/inference/inference-host'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compare } from '../../src-main/dictation/cleanup/alignment'
import { cleanUp } from '../../src-main/dictation/cleanup/clean-up'
import { editSelection } from '../../src-main/dictation/cleanup/edit'
import { promptPrefix } from '../../src-main/dictation/cleanup/prompts'
import { boundsFor, isRewriteOf } from '../../src-main/dictation/cleanup/rewrite-guard'
import { createInferenceHost } from '../../src-main/inference/inference-host'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { inferenceChildSpawner } from '../support/inference-child'
import { QWEN } from '../support/local-models'
import { DICTATIONS } from './support/dictations'

let host: InferenceHost

beforeAll(async () => {
  host = createInferenceHost({ spawn: await inferenceChildSpawner(), clock: systemClock, logger: silentLogger, models: { chat: QWEN } })
  host.start()
  await host.ready('chat')
})

afterAll(() => host[Symbol.asyncDispose]())

const fresh = (): AbortSignal => new AbortController().signal

function clean(text: string, mode: CleanupMode, plainNow?: AbortSignal, onSlow?: () => void) {
  return cleanUp(text, { mode, ownPrompt: '', chat: host.chat, clock: systemClock, signal: fresh(), ...(plainNow ? { plainNow } : {}), ...(onSlow ? { onSlow } : {}) })
}

describe('what a small model makes of a dictation', () => {
  const short = DICTATIONS.filter(({ kind }) => kind !== 'long')
  let passed = 0
  for (const { kind, said, never } of [...short, ...DICTATIONS.filter(({ kind }) => kind === 'long').slice(0, 2)]) {
    it(`light, ${kind}: ${said.slice(0, 60)}`, async () => {
      const result = await clean(said, 'light')
      passed += result.used === 'model' ? 1 : 0
      expect(compare(said, result.text, null).verdict).toBe('same')
      if (never)
        expect(result.text).not.toMatch(never)
    })
  }

  it('most of it passes', () => {
    expect(passed).toBeGreaterThanOrEqual(short.length * 0.6)
  })

  for (const mode of ['email', 'message', 'notes'] as const) {
    for (const { kind, said, never } of short.filter((_, index) => index % 5 === 4)) {
      it(`${mode}, ${kind}: ${said.slice(0, 60)}`, async () => {
        const result = await clean(said, mode)
        expect(result.used === 'plain' ? result.text === said : isRewriteOf(said, result.text, boundsFor(mode, ''), null), result.text).toBe(true)
        if (never)
          expect(result.text).not.toMatch(never)
      })
    }
  }
})

describe('the plain text', () => {
  it('is there at once when it is wanted, and the model is free again', async () => {
    const long = DICTATIONS.find(({ kind }) => kind === 'long')?.said ?? ''
    const plain = new AbortController()
    const startMs = performance.now()
    const result = await clean(long, 'light', plain.signal, () => plain.abort())
    expect(result).toMatchObject({ text: long, used: 'plain', why: 'plain-wanted' })
    const tookMs = performance.now() - startMs
    expect(tookMs).toBeGreaterThanOrEqual(1_500)
    expect(tookMs).toBeLessThan(2_500)
    const next = await clean('hello anna how are you', 'light')
    expect(next.text).toMatch(/^hello,? anna,? how are you\W?$/i)
    expect(['timeout', 'failed']).not.toContain(next.why)
  })
})

describe('the beginning of the prompt', () => {
  it('computed ahead saves the time for it', async () => {
    const timed = async (): Promise<number> => {
      const startMs = performance.now()
      await clean('what is the capital of france', 'light')
      return performance.now() - startMs
    }
    await clean('what is the capital of france', 'notes')
    const coldMs = await timed()
    await clean('what is the capital of france', 'notes')
    await host.chat.prime(promptPrefix('light', ''), { signal: fresh() })
    expect(await timed()).toBeLessThan(coldMs / 2)
  })
})

describe('an edit by voice', () => {
  const edit = (selected: string, instruction: string) => editSelection(selected, instruction, { chat: host.chat, clock: systemClock, signal: fresh() })

  it('corrects a sentence and keeps its line', async () => {
    const result = await edit('  He dont has time for the the meeting.\n', 'Fix the grammar.')
    expect(result.used).toBe('model')
    expect(result.text).toMatch(/^ {2}\S.*meeting\.\n$/)
    expect(result.text).not.toContain('the the')
  })

  it('makes a text shorter, or leaves it', async () => {
    const selected = 'I am writing to you today in order to let you know that the delivery, which we had expected on Monday, will unfortunately not arrive before Thursday.'
    const result = await edit(selected, 'Make this shorter.')
    expect(result.text === null ? ['differs', 'unchanged'].includes(result.why ?? '') : result.text.length < selected.length).toBe(true)
  })

  it('does not answer a question that is selected', async () => {
    const result = await edit('What is the capital of France?', 'Make it more polite.')
    expect(result.text ?? '').not.toContain('Paris')
  })
})
