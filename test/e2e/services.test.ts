import type { ServiceSettings, TurnView } from '../../src-main/contract'
import type { InferenceHost } from '../../src-main/inference/inference-host'
import type { SpeechPiece } from '../../src-main/ports/tts-engine'
import type { AssistantServer } from '../fakes/service-server/assistant-server'
import { Buffer } from 'node:buffer'
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { serviceSchema } from '../../src-main/contract'
import { createInferenceHost } from '../../src-main/inference/inference-host'
import { pcmBytes, wavHeader } from '../../src-main/lib/wav-format'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { startAssistantServer } from '../fakes/service-server/assistant-server'
import texts from '../fixtures/speech.json'
import { useApp } from '../support/app'
import { inferenceChildSpawner } from '../support/inference-child'
import { PIPER } from '../support/local-models'
import { transcript, wordsKept } from '../support/speech'

const REPLY = `${texts['q-hello']} ${texts['q-sky']} ${texts['q-water']}`
const KEY = 'sk-very-secret-0123456789'

/** The service speaks with the embedded voice, in a process of its own. */
async function speakAsWav(host: Pick<InferenceHost, 'tts'>, text: string): Promise<Uint8Array> {
  async function* once(): AsyncGenerator<SpeechPiece> {
    yield { index: 0, text }
  }
  const blocks: Uint8Array[] = []
  let rateHz = 0
  for await (const { samples, sampleRate } of host.tts.synthesize(once(), { signal: new AbortController().signal })) {
    blocks.push(pcmBytes(samples))
    rateHz = sampleRate
  }
  const sound = Buffer.concat(blocks)
  return Buffer.concat([wavHeader(sound.length, rateHz), sound])
}

function service(server: AssistantServer, changes: Partial<ServiceSettings> = {}): ServiceSettings {
  return serviceSchema.parse({
    id: 'office',
    name: 'The office',
    baseUrl: server.baseUrl,
    asr: { model: 'listener', mode: 'realtime' },
    chat: { model: 'router' },
    tts: { model: 'speaker', voice: 'joe', format: 'wav' },
    ...changes,
  })
}

const servers = (turn: TurnView): unknown => Object.fromEntries(Object.entries(turn.routes).map(([part, { servedBy }]) => [part, servedBy]))

describe('all three parts at a service', () => {
  const program = useApp()
  const { ask, turn } = program
  let server: AssistantServer
  let host: InferenceHost

  beforeAll(async () => {
    host = createInferenceHost({ spawn: await inferenceChildSpawner(), clock: systemClock, logger: silentLogger, models: { tts: PIPER } })
    host.start()
    await host.ready('tts')
    server = await startAssistantServer({
      transcript: texts['q-capital'],
      tokens: REPLY.split(/(?= )/),
      tokenEveryMs: 10,
      soundOf: text => speakAsWav(host, text),
    })
  })
  beforeEach(async () => {
    server.behave({})
    await program.app.request('services.save', { service: service(server), key: KEY })
    return () => program.app.request('services.remove', { serviceId: 'office' })
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await host[Symbol.asyncDispose]()
  })

  /** What the loudspeaker gives of one spoken question's answer. */
  async function heardAnswer(): Promise<{ readonly answered: TurnView, readonly heard: string }> {
    const speaker = await program.stage.recordSpeaker()
    await ask('q-capital')
    const answered = await turn()
    return { answered, heard: await transcript(await speaker.stop()) }
  }

  it('is heard, written and spoken there, and the turn says so', async () => {
    const { answered, heard } = await heardAnswer()
    expect(answered).toMatchObject({ userText: texts['q-capital'], replyText: REPLY, end: 'complete', errorCode: null, engines: { asr: 'office:listener', chat: 'office:router' } })
    expect(servers(answered)).toEqual({ asr: 'office', chat: 'office', tts: 'office' })
    expect(wordsKept(REPLY, heard)).toBeGreaterThan(0.85)
    expect(server.heardBytes()).toBeGreaterThan(24_000)
    expect([...new Set(server.seen.map(({ path, authorization }) => `${path} ${authorization}`))].sort()).toEqual([
      `/v1/audio/speech Bearer ${KEY}`,
      `/v1/chat/completions Bearer ${KEY}`,
      `/v1/realtime Bearer ${KEY}`,
    ])
    await program.app.page.locator('[data-testid="reply"]', { hasText: texts['q-water'] }).waitFor()
  })

  it('goes on with the own voice when the service\'s breaks in the middle of the turn, and says why', async () => {
    server.behave({ voiceBreaks: { request: 3, atByte: 40_000 } })
    const { answered, heard } = await heardAnswer()
    expect(answered).toMatchObject({ replyText: REPLY, end: 'complete', errorCode: null })
    expect(wordsKept(REPLY, heard)).toBeGreaterThan(0.8)
    const spoken = heard.toLowerCase()
    // Nothing is said twice.
    for (const words of ['how are you', 'why is the sky', 'legs does a spider'])
      expect(spoken.split(words)).toHaveLength(2)
    expect(answered.routes.tts?.attempts).toEqual(expect.arrayContaining([
      expect.objectContaining({ serviceId: 'office', outcome: 'failed' }),
      expect.objectContaining({ serviceId: 'local', outcome: 'served' }),
    ]))
    const { page } = program.app
    await page.getByTestId('detour').click()
    await page.getByTestId('by-tts').click()
    const why = await page.getByTestId('route-tts').textContent()
    expect(why).toContain('The office')
    expect(why).toContain('This computer')
  })

  it('answers by itself when the service refuses the key, and says so once', async () => {
    server.behave({ refuse: { status: 401, body: '{"error":{"message":"Incorrect key: KEY"}}' } })
    await ask('q-capital')
    const answered = await turn()
    expect(answered).toMatchObject({ end: 'complete', replyText: expect.stringContaining('Paris') as unknown })
    expect(servers(answered)).toMatchObject({ chat: 'local', tts: 'local' })
    expect(answered.routes.chat?.attempts[0]).toMatchObject({ serviceId: 'office', outcome: 'failed', errorCode: 'service-key' })
    const { notices } = await program.app.snapshot()
    expect(notices.filter(({ code }) => code === 'service-key').map(({ params }) => params)).toEqual([{ service: 'The office' }])
  })

  it('lets no packet go that far when told "local only"', async () => {
    // Told to be far away, whatever its address.
    await program.app.request('services.save', { service: service(server, { baseUrl: server.baseUrl.replace('127.0.0.1', 'office.invalid') }) })
    await program.set({ routing: { localOnly: true } })
    const before = server.listening.accepted()
    await program.app.request('turn.ask', { text: 'What is the capital of France?' })
    const answered = await turn()
    expect(answered).toMatchObject({ end: 'complete', replyText: expect.stringContaining('Paris') as unknown })
    expect(answered.routes.chat).toMatchObject({ servedBy: 'local', skipped: [{ serviceId: 'office', reason: 'local-only' }] })
    expect(server.listening.accepted()).toBe(before)
  })

  it('is there at once when the command line adds it', async () => {
    const { app } = program
    const { stdout } = await promisify(execFile)(process.execPath, ['out/main/cli.js', 'services', 'add', 'from-outside', '--base-url', server.baseUrl, '--chat', 'router'], { env: { ...process.env, PARLEY_DATA_DIR: app.dataDir } })
    expect(stdout).toContain('from-outside')
    await app.until(({ services }) => services.some(({ service: { id } }) => id === 'from-outside'), { what: 'the service in the window' })
    await app.request('services.remove', { serviceId: 'from-outside' })
    expect((await app.snapshot()).services.map(({ service: { id } }) => id)).toEqual(['office'])
  })

  it('gives the key to nobody but the service', async () => {
    const { app } = program
    const output: Buffer[] = []
    for (const stream of [app.electron.process().stdout, app.electron.process().stderr])
      stream?.on('data', (block: Buffer) => output.push(block))
    await app.page.evaluate(() => {
      const { parley } = globalThis as unknown as { parley: { onEvent: (listener: (event: unknown) => void) => void } }
      const told: string[] = []
      Object.assign(globalThis, { told })
      parley.onEvent(event => told.push(JSON.stringify(event)))
    })
    const answers: unknown[] = []
    const request: typeof app.request = async (...parameters) => {
      const answer = await app.request(...parameters)
      answers.push(answer)
      return answer
    }
    answers.push(await request('services.save', { service: service(server), key: KEY }))
    await ask('q-capital')
    await turn()
    server.behave({ refuse: { status: 401, body: '{"error":{"message":"Incorrect key: KEY"}}' } })
    for (const part of ['chat', 'asr', 'tts'] as const)
      await request('services.test', { service: service(server), part })
    await request('services.models', { service: service(server) }).catch((error: unknown) => answers.push(String(error)))
    await request('turn.ask', { text: 'And of Italy?' })
    await program.turns(2)
    await request('app.snapshot')
    const told = await app.page.evaluate(() => (globalThis as unknown as { told: string[] }).told)

    expect(server.seen.filter(({ authorization }) => authorization?.includes(KEY)).length).toBeGreaterThan(5)
    expect(told.length).toBeGreaterThan(10)
    const files = await readdir(app.dataDir, { recursive: true, withFileTypes: true })
    const held = await Promise.all(files.filter(file => file.isFile()).map(async file => ({ name: file.name, bytes: await readFile(join(file.parentPath, file.name)) })))
    expect(held.map(({ name }) => name)).toEqual(expect.arrayContaining(['settings.json', 'history.sqlite', 'parley.log']))
    expect(held.filter(({ bytes }) => bytes.includes(KEY)).map(({ name }) => name)).toEqual([])
    for (const text of [told.join('\n'), JSON.stringify(answers), output.join('')])
      expect(text.includes(KEY)).toBe(false)
    // This machine's keychain is none: the person is told, and nothing is written.
    expect((await app.snapshot()).services.map(({ key }) => key)).toEqual([(await app.request('services.keychain')).hasKeychain ? 'keychain' : 'this-run'])
  })
})
