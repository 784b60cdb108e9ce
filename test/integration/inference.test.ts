import type { LocalModels } from '../../src-main/inference/inference-host'
import type { SpawnChild } from '../../src-main/ports/child-channel'
import type { InstalledModel } from '../../src-main/ports/installed-model'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInferenceHost } from '../../src-main/inference/inference-host'
import { forkNode } from '../../src-main/lib/child-process'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { collect } from '../support/engine-conformance'
import { inferenceChildSpawner } from '../support/inference-child'
import { isInstalled, LOCAL_MODELS, MOONSHINE_TINY, PIPER, QWEN, SILERO, SMOLLM2 } from '../support/local-models'

/** The small ones: what is tried here does not depend on the model. */
const CHAT = isInstalled(SMOLLM2) ? SMOLLM2 : QWEN
const SMALL: LocalModels = { asr: MOONSHINE_TINY, vad: SILERO, tts: PIPER, chat: CHAT }

let spawn: SpawnChild
let folder: string

beforeAll(async () => {
  spawn = await inferenceChildSpawner()
  folder = await mkdtemp(join(tmpdir(), 'parley-inference-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const fresh = (): AbortSignal => new AbortController().signal

function createHost(models: LocalModels, options: { unloadAfterIdleMs?: number, spawn?: SpawnChild } = {}): ReturnType<typeof createInferenceHost> {
  return createInferenceHost({
    spawn: options.spawn ?? spawn,
    clock: systemClock,
    logger: silentLogger,
    models,
    options: { unloadAfterIdleMs: options.unloadAfterIdleMs ?? null },
  })
}

/** A copy of a model with one file replaced by what `spoil` makes of it. */
async function spoiled(model: InstalledModel, role: string, spoil: (content: Uint8Array) => Uint8Array): Promise<InstalledModel> {
  const path = join(folder, `${model.id}-${role}-${Math.random().toString(36).slice(2)}`)
  const source = model.files[role] as string
  await copyFile(source, path)
  await writeFile(path, spoil(await readFile(source)))
  return { ...model, files: { ...model.files, [role]: path } }
}

const half = (content: Uint8Array): Uint8Array => content.subarray(0, content.length >> 1)
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  }
  catch {
    return false
  }
}

async function* pieces(...texts: string[]): AsyncGenerator<{ index: number, text: string }, void, undefined> {
  for (const [index, text] of texts.entries())
    yield { index, text }
}

describe('the child process', () => {
  it('killed in the middle of a reply: that reply fails as retryable, and the next one is answered', async () => {
    await using host = createHost({ chat: CHAT })
    await host.ready('chat')
    const pid = host.process?.pid as number
    const reply = host.chat.complete([{ role: 'user', content: 'Tell me a long story.' }], { signal: fresh() })[Symbol.asyncIterator]()
    await reply.next()
    process.kill(pid, 'SIGKILL')
    await expect((async () => {
      while (!(await reply.next()).done);
    })()).rejects.toMatchObject({ code: 'inference-child-lost', retryable: true })
    const events = await collect(host.chat.complete([{ role: 'user', content: 'Hello.' }], { signal: fresh(), maxTokens: 5 }))
    expect(events.at(-1)?.type).toBe('finish')
    expect(host.process?.pid).not.toBe(pid)
  })

  it('stopped dead: is noticed by its silence, killed and replaced', async () => {
    await using host = createHost({ tts: PIPER })
    await host.ready('tts')
    const pid = host.process?.pid as number
    process.kill(pid, 'SIGSTOP')
    const speech = collect(host.tts.synthesize(pieces('Hello.'), { signal: fresh() }))
    await expect(speech).rejects.toMatchObject({ code: 'inference-child-lost' })
    expect(await collect(host.tts.synthesize(pieces('Hello.'), { signal: fresh() }))).toHaveLength(1)
    await expect.poll(() => isAlive(pid)).toBe(false)
  })

  it('ends after idling, comes back for the next request, and is gone when closed', async () => {
    const host = createHost({ tts: PIPER }, { unloadAfterIdleMs: 200 })
    await host.ready('tts')
    const pid = host.process?.pid as number
    await expect.poll(() => host.state('tts').state, { timeout: 5000 }).toBe('unloaded')
    await expect.poll(() => isAlive(pid)).toBe(false)
    expect(await collect(host.tts.synthesize(pieces('Hello.'), { signal: fresh() }))).toHaveLength(1)
    await host[Symbol.asyncDispose]()
    await expect.poll(() => host.process).toBeNull()
  })

  it('that cannot be started ends in a clear failure', async () => {
    await using host = createHost({ tts: PIPER }, { spawn: ({ env }) => forkNode(join(folder, 'not-there.js'), env) })
    await expect(host.ready('tts')).rejects.toMatchObject({ code: 'inference-child-lost', retryable: false })
  })
})

describe('models that are not right', () => {
  it('broken ones fail alone, each with its name; the rest works', async () => {
    const broken = await spoiled(CHAT, 'model', half)
    const noVoice = { ...PIPER, files: { ...PIPER.files, model: join(folder, 'nothing.onnx') } }
    await using host = createHost({ ...SMALL, chat: broken, tts: noVoice })
    host.start()
    await Promise.all([
      expect(host.ready('chat')).rejects.toMatchObject({ code: 'model-corrupt', params: { model: CHAT.id } }),
      expect(host.ready('tts')).rejects.toMatchObject({ code: 'model-missing', params: { model: PIPER.id } }),
      host.ready('asr'),
    ])
    host.setModels({ tts: PIPER })
    expect(await collect(host.tts.synthesize(pieces('Hello.'), { signal: fresh() }))).toHaveLength(1)
  })

  it.each(['encoder', 'mergedDecoder'])('a recogniser with half a %s is corrupt', async (role) => {
    await using host = createHost({ asr: await spoiled(MOONSHINE_TINY, role, half), vad: SILERO })
    await expect(host.ready('asr')).rejects.toMatchObject({ code: 'model-corrupt' })
  })

  it('a voice of random bytes is corrupt', async () => {
    await using host = createHost({ tts: await spoiled(PIPER, 'model', content => content.subarray(0, 5000).map((_, i) => i * 37)) })
    await expect(host.ready('tts')).rejects.toMatchObject({ code: 'model-corrupt' })
  })

  it('one that kills the process is found out, and the others are kept', async () => {
    await using host = createHost({ ...SMALL, vad: await spoiled(SILERO, 'model', half) })
    host.start()
    await Promise.all([
      expect(host.ready('asr')).rejects.toMatchObject({ code: 'model-corrupt', params: { model: SILERO.id } }),
      host.ready('tts'),
      host.ready('chat'),
    ])
  })
})

describe('all models together', () => {
  it('speech is made while a reply is written, and both are whole', async () => {
    await using host = createHost({ ...LOCAL_MODELS, ...SMALL })
    host.start()
    const [events, chunks] = await Promise.all([
      collect(host.chat.complete([{ role: 'user', content: 'Describe the sea.' }], { signal: fresh(), maxTokens: 60 })),
      collect(host.tts.synthesize(pieces('The sea is deep.', 'The sea is wide.', 'That is all.'), { signal: fresh() })),
    ])
    expect(events.at(-1)?.type).toBe('finish')
    expect(chunks.filter(chunk => chunk.last)).toHaveLength(3)
  })
})
