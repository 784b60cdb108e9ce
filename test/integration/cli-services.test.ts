import type { ServiceSettings } from '../../src-main/contract'
import type { StoredTurn } from '../../src-main/ports/conversation-store'
import type { ChatScript } from '../fakes/service-server/chat-scripts'
import type { ChatServer } from '../fakes/service-server/chat-server'
import type { SpeechServer } from '../fakes/service-server/speech'
import type { TranscriptionServer } from '../fakes/service-server/transcriptions'
import type { CliOptions, CliResult } from '../support/cli'
import { Buffer } from 'node:buffer'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { writeWav } from '../../src-main/audio/wav'
import { serviceSchema } from '../../src-main/contract'
import { SERVICE_PRESETS } from '../../src-main/core/services/presets'
import { startAssistantServer } from '../fakes/service-server/assistant-server'
import { startChatServer } from '../fakes/service-server/chat-server'
import { listen } from '../fakes/service-server/listen'
import { startSpeechServer, tone, wav } from '../fakes/service-server/speech'
import { speak } from '../fakes/service-server/spoken-words'
import { heardAnswer, startTranscriptionServer } from '../fakes/service-server/transcriptions'
import { parley, startParley } from '../support/cli'
import { spokenFile } from '../support/speech'

const KEY = 'sk-cli-very-secret-0123456789'
/** A service that would have to be looked for: nobody may ask where it is. */
const FAR = 'http://far.parley.example/v1'
const SOUND = tone(24_000)

let folder: string
let question: string
let brain: ChatServer
let ear: TranscriptionServer
let voice: SpeechServer
let count = 0

function says(...words: readonly string[]): ChatScript {
  return chatScript(words.map(content => ({ content })))
}

function chatScript(deltas: readonly object[]): ChatScript {
  const events = [...deltas.map(delta => ({ choices: [{ index: 0, delta }] })), { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }]
  return { contentType: 'text/event-stream', body: `${events.map(event => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`, means: [] }
}

const sound = (): { readonly contentType: string, readonly body: Uint8Array } => ({ contentType: 'audio/pcm', body: Buffer.from(SOUND.buffer) })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-cli-services-'))
  question = join(folder, 'question.wav')
  await writeWav(question, Int16Array.from(speak(['one', 'two', 'three']).flatMap(({ samples }) => [...samples])), 16_000)
  brain = await startChatServer()
  ear = await startTranscriptionServer()
  voice = await startSpeechServer()
})

beforeEach(() => {
  brain.serve({ script: says('Four', ' and', ' five.') })
  ear.serve(heardAnswer)
  voice.serve(sound)
})

afterAll(async () => {
  await Promise.all([brain[Symbol.asyncDispose](), ear.close(), voice.close()])
  await rm(folder, { recursive: true, force: true })
})

type Draft = Pick<ServiceSettings, 'id'> & Partial<ServiceSettings>

function allServices(): Draft[] {
  return [
    { id: 'brain', baseUrl: brain.baseUrl, chat: { model: 'thinker', completeOnly: false, price: null } },
    { id: 'ear', baseUrl: ear.baseUrl, asr: { model: 'listener', mode: 'upload', price: null } },
    { id: 'voice', baseUrl: voice.baseUrl, tts: { model: 'speaker', voice: 'ann', format: 'pcm', price: null } },
  ]
}

/** A folder of its own with these services in its settings, and no models. */
async function installation(services: readonly Draft[], routing: object = {}): Promise<Record<string, string>> {
  const data = join(folder, `data-${count++}`)
  await mkdir(data)
  const whole = services.map(service => serviceSchema.parse({ name: service.id.toUpperCase(), keyEnv: 'CLI_TEST_KEY', ...service }))
  await writeFile(join(data, 'settings.json'), JSON.stringify({ services: whole, routing }))
  return { PARLEY_DATA_DIR: data, PARLEY_MODELS_DIR: join(folder, 'no-models'), CLI_TEST_KEY: KEY, OPENAI_API_KEY: '', OPENAI_BASE_URL: '' }
}

/** With the models of this machine. */
function withModels({ PARLEY_MODELS_DIR: _, ...env }: Record<string, string>): Record<string, string> {
  return env
}

const ran: CliResult[] = []
/** Every result is looked through for the key. */
async function run(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const result = await parley(args, options)
  ran.push(result)
  return result
}

function lastEvent({ events }: CliResult, type: string): Record<string, unknown> {
  return events.findLast(event => event['type'] === type) ?? {}
}

function routesOf(result: CliResult): StoredTurn['routes'] {
  return lastEvent(result, 'routes')['routes'] as StoredTurn['routes']
}

/** An address where nobody answers. */
async function deadAddress(): Promise<string> {
  await using place = await listen(() => {})
  return `${place.origin}/v1`
}

describe('parley ask at services, without a model on this machine', () => {
  it('hears, answers and speaks by those that are named, and says who did what', async () => {
    const env = await installation(allServices())
    const output = join(folder, 'answer.wav')
    const result = await run(['ask', question, '--asr', 'ear', '--chat', 'brain', '--tts', 'voice', '-o', output, '--json'], { env })
    expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: '' })
    expect(lastEvent(result, 'turn')).toMatchObject({ userText: 'one two three', replyText: 'Four and five.', end: 'complete' })
    expect(result.events.at(-1)).toMatchObject({ type: 'done', end: 'complete', output, servedBy: { asr: 'ear', chat: 'brain', tts: 'voice' } })
    expect(Object.fromEntries(Object.entries(routesOf(result)).map(([part, { why, attempts }]) => [part, [why, attempts.map(({ outcome }) => outcome)]]))).toEqual({
      asr: ['only', ['served']],
      chat: ['only', ['served']],
      tts: ['only', ['served']],
    })
    // 44 bytes of header, and every sample that the service sent.
    expect((await readFile(output)).subarray(44)).toEqual(Buffer.from(SOUND.buffer))
    for (const server of [brain, ear, voice])
      expect(server.seen.at(-1)?.headers.authorization).toBe(`Bearer ${KEY}`)
  })

  it('one service does it all, and hears over a socket that it keeps open', async () => {
    await using server = await startAssistantServer({ transcript: 'one and two', tokens: ['Three', ' it', ' is.'], soundOf: async () => wav(Buffer.from(SOUND.buffer)) })
    const env = await installation([{
      id: 'office',
      baseUrl: server.baseUrl,
      asr: { model: 'listener', mode: 'realtime', price: null },
      chat: { model: 'thinker', completeOnly: false, price: null },
      tts: { model: 'speaker', voice: 'ann', format: 'wav', price: null },
    }])
    const result = await run(['ask', question, '-o', join(folder, 'office.wav'), '--json'], { env })
    expect(result.events.at(-1)).toMatchObject({ type: 'done', end: 'complete', servedBy: { asr: 'office', chat: 'office', tts: 'office' } })
    expect(lastEvent(result, 'turn')).toMatchObject({ userText: 'one and two', replyText: 'Three it is.' })
    // At 24 kHz, with the silence behind it: every sample of the question went over.
    expect(server.heardBytes()).toBeGreaterThanOrEqual(0.36 * 48_000)
    expect([result.code, server.listening.sockets()]).toEqual([0, 0])
    expect(new Set(server.seen.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${KEY}`]))
  })

  it('answers a typed question, and neither listens nor speaks for it', async () => {
    const env = await installation(allServices())
    const before = [ear.seen.length, voice.seen.length]
    const { code, stdout, stderr } = await run(['ask', '--text', 'What comes next?', '--chat', 'brain'], { env })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^You: What comes next\?\nParley: Four and five\.\n\nms after the question ended:\n {2}first token +\d+ {2}brain \(thinker\)\n {2}answer complete +\d+\n$/)
    expect(brain.seen.at(-1)?.body).toMatchObject({ model: 'thinker', messages: [{ role: 'system' }, { role: 'user', content: 'What comes next?' }] })
    expect([ear.seen.length, voice.seen.length]).toEqual(before)
  })

  it('without options uses what is set up', async () => {
    const result = await run(['ask', question, '--json'], { env: await installation(allServices()) })
    expect([result.code, lastEvent(result, 'done')['servedBy']]).toEqual([0, { asr: 'ear', chat: 'brain' }])
  })

  it('does not give thoughts out as the answer', async () => {
    brain.serve({ script: chatScript([{ reasoning_content: 'Hm, ' }, { reasoning_content: 'five?' }, { content: 'Five.' }]) })
    const env = await installation(allServices())
    const plain = await run(['ask', '--text', 'Next?'], { env })
    expect(plain).toMatchObject({ code: 0, stderr: '' })
    expect(plain.stdout).toMatch(/^You: Next\?\nParley: Five\.\n\n/)
    const json = await run(['ask', '--text', 'Next?', '--json'], { env })
    const told = (kind: string): string => json.events.filter(event => event['type'] === 'tokens' && event['kind'] === kind).map(event => event['text']).join('')
    expect([told('text'), told('reasoning')]).toEqual(['Five.', 'Hm, five?'])
  })

  it('says what went wrong, and the key that a service quotes is nowhere in it', async () => {
    brain.serve({ fault: { type: 'status', status: 401, body: JSON.stringify({ error: { message: `Wrong key ${KEY}` } }) } })
    const env = await installation(allServices())
    const plain = await run(['ask', '--text', 'Next?', '--chat', 'brain'], { env })
    expect(plain.code).toBe(1)
    expect(plain.stdout).toMatch(/first token +- {2}nobody\n +brain: refused the key, or has none after \d+ ms\n/)
    expect(plain.stderr).toMatch(/^There is no answer\. brain: refused the key, or has none after \d+ ms\.\n$/)
    const json = await run(['ask', '--text', 'Next?', '--json'], { env })
    expect([json.code, lastEvent(json, 'error'), json.events.at(-1)]).toMatchObject([1, { code: 'service-key' }, { type: 'done', end: 'failed', servedBy: { chat: null } }])
  })

  it('says so when the answer broke off, and what there was of it is written', async () => {
    brain.serve({ script: says('Four', ' and', ' five.'), fault: { type: 'reset', atByte: 120 } })
    const { code, stdout, stderr } = await run(['ask', '--text', 'Next?'], { env: await installation(allServices()) })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^You: Next\?\nParley: Four/)
    expect(stderr).toMatch(/^The answer broke off\. brain: broke off after \d+ ms \(could not be reached\)\.\n$/)
  })

  it('says so when the voice fails, and the answer is written all the same', async () => {
    voice.serve({ contentType: 'text/html', body: Buffer.from('<html>Sign in</html>') })
    const output = join(folder, 'unspoken.wav')
    const { code, stdout, stderr } = await run(['ask', '--text', 'Next?', '-o', output], { env: await installation(allServices()) })
    expect(code).toBe(1)
    expect(stdout).toContain('Parley: Four and five.\n')
    expect(stderr).toBe('The answer could not be spoken (service-reply).\n')
    expect(await readdir(folder)).not.toContain('unspoken.wav')
  })

  it('another service stands in for the one that was named', async () => {
    const dead: Draft = { id: 'dead', baseUrl: await deadAddress(), chat: { model: 'm', completeOnly: false, price: null } }
    const result = await run(['ask', '--text', 'Next?', '--chat', 'dead', '--json'], { env: await installation([...allServices(), dead]) })
    expect([result.code, lastEvent(result, 'done')['servedBy']]).toEqual([0, { chat: 'brain' }])
    expect(routesOf(result).chat).toMatchObject({ why: 'fallback', attempts: [{ serviceId: 'dead', outcome: 'failed', errorCode: 'service-unreachable' }, { serviceId: 'brain', outcome: 'served' }] })
  })

  it('nothing was said: nobody is asked for an answer', async () => {
    const before = brain.seen.length
    ear.serve({ contentType: 'application/json', body: Buffer.from('{"text":""}') })
    expect(await run(['ask', question], { env: await installation(allServices()) })).toMatchObject({ code: 3, stdout: '', stderr: 'Nothing was said in this file.\n' })
    expect(brain.seen.length).toBe(before)
  })

  it('refuses what makes no sense, before anybody is asked', async () => {
    const env = await installation(allServices())
    const before = [brain.seen.length, ear.seen.length, voice.seen.length]
    const lines = [
      ['ask'],
      ['ask', question, '--text', 'Next?'],
      ['ask', '--text', '  '],
      ['ask', '--text', 'Next?', '--chat', 'nobody'],
      ['ask', '--text', 'Next?', '--chat', 'ear'],
      ['ask', '--text', 'Next?', '--play', '--tts', 'brain'],
      ['transcribe', question, '--asr', 'voice'],
      ['say', 'Hello.', '--voice', 'bob', '-o', join(folder, 'x.wav')],
    ]
    const results = await Promise.all(lines.map(args => run(args, { env })))
    expect(results.map(({ code, stderr }) => [code, stderr.trim()])).toEqual([
      [2, 'What is the question? Name a sound file, - for standard input, or --text "…".'],
      [2, 'Use either a sound file or --text.'],
      [2, 'The question is empty.'],
      [2, 'There is no service called nobody. There are: brain, ear, voice; parley services add --help tells how to add one.'],
      [2, 'ear is not set up to answer. Run: parley services add ear --chat MODEL'],
      [2, 'brain is not set up to speak. Run: parley services add brain --tts MODEL --voice VOICE'],
      [2, 'voice is not set up to recognise speech. Run: parley services add voice --asr MODEL'],
      [2, '--voice chooses among the voices of a service: name it with --tts NAME.'],
    ])
    expect([brain.seen.length, ear.seen.length, voice.seen.length]).toEqual(before)
  })

  it('"local" is the model on this machine, and nobody else is asked in its place', async () => {
    const before = brain.seen.length
    const result = await run(['ask', '--text', 'Next?', '--chat', 'local'], { env: await installation(allServices()) })
    expect(result).toMatchObject({ code: 1, stdout: '', stderr: 'No model is installed for the answers. Run: parley models install --defaults\n' })
    expect(brain.seen.length).toBe(before)
  })
})

describe('--local-only', () => {
  it('nobody outside is even looked for, while a service on this machine is asked', async () => {
    // A proxy would be asked instead of the name server: it sees every attempt to leave.
    await using proxy = await listen((_, response) => response.writeHead(502).end())
    proxy.server.on('connect', (_request, socket) => socket.end('HTTP/1.1 502 No\r\n\r\n'))
    const far: Draft = { id: 'far', baseUrl: FAR, chat: { model: 'big', completeOnly: false, price: null } }
    const env = { ...await installation([far, ...allServices()]), HTTP_PROXY: proxy.origin, http_proxy: proxy.origin, NO_PROXY: '', no_proxy: '' }
    const near = await run(['ask', '--text', 'Next?', '--chat', 'far', '--local-only', '--json'], { env })
    expect([near.code, lastEvent(near, 'done')['servedBy']]).toEqual([0, { chat: 'brain' }])
    expect(routesOf(near).chat).toMatchObject({ skipped: [{ serviceId: 'far', reason: 'local-only' }], attempts: [{ serviceId: 'brain', outcome: 'served' }] })
    expect(proxy.accepted()).toBe(0)
    const free = await run(['ask', '--text', 'Next?', '--chat', 'far', '--json'], { env })
    expect(routesOf(free).chat?.attempts.map(({ serviceId, outcome }) => [serviceId, outcome])).toEqual([['far', 'failed'], ['brain', 'served']])
    expect(proxy.accepted()).toBeGreaterThan(0)
  })

  it('says why nobody answered, also when it is on in the settings', async () => {
    const far: Draft = { id: 'far', baseUrl: FAR, chat: { model: 'big', completeOnly: false, price: null }, asr: { model: 'big', mode: 'upload', price: null }, tts: { model: 'big', voice: 'v', format: 'pcm', price: null } }
    const env = await installation([far])
    const ask = await run(['ask', '--text', 'Next?', '--local-only'], { env })
    expect(ask).toMatchObject({ code: 1, stderr: 'There is no answer. far: not asked, "local only" is on.\n' })
    const settled = await installation([far], { localOnly: true })
    expect(await run(['transcribe', question], { env: settled })).toMatchObject({ code: 1, stdout: '', stderr: `${question}: far: not asked, "local only" is on\n${question}: Nothing that may be used does this part: asr.\n` })
    expect(await run(['say', 'Hello.', '-o', join(folder, 'y.wav')], { env: settled })).toMatchObject({ code: 1, stderr: 'far: not asked, "local only" is on\nNothing that may be used does this part: tts.\n' })
  })
})

describe('parley transcribe and say at services', () => {
  it('writes down what a service heard', async () => {
    const env = await installation(allServices())
    expect(await run(['transcribe', question, '--asr', 'ear'], { env })).toMatchObject({ code: 0, stdout: 'one two three\n', stderr: '' })
    const json = await run(['transcribe', question, '--json'], { env })
    expect([json.code, lastEvent(json, 'final')['text'], routesOf(json).asr?.servedBy]).toEqual([0, 'one two three', 'ear'])
  })

  it('speaks with the voice that is named', async () => {
    const env = await installation(allServices())
    const output = join(folder, 'said.wav')
    const result = await run(['say', 'Hello there.', '--tts', 'voice', '--voice', 'bob', '-o', output, '--json'], { env })
    expect([result.code, result.events.at(-1)]).toMatchObject([0, { type: 'done', pieces: 1, output, servedBy: { tts: 'voice' } }])
    expect(voice.seen.at(-1)?.body).toMatchObject({ model: 'speaker', voice: 'bob', input: 'Hello there.' })
    expect((await readFile(output)).subarray(44)).toEqual(Buffer.from(SOUND.buffer))
  })
})

describe('with the models of this machine as the reserve', () => {
  it('they do what services refuse, and the table says why', async () => {
    const dead = await deadAddress()
    const services = allServices().map(service => ({ ...service, baseUrl: dead }))
    const env = withModels(await installation(services))
    const output = join(folder, 'by-the-reserve.wav')
    const plain = await run(['ask', spokenFile('q-capital'), '--asr', 'ear', '--chat', 'brain', '--tts', 'voice', '-o', output], { env })
    expect({ code: plain.code, stderr: plain.stderr }).toEqual({ code: 0, stderr: '' })
    expect(plain.stdout).toMatch(/^You: .*France.*\nParley: .*Paris/i)
    expect(plain.stdout).toMatch(/transcript +\d+ {2}this machine \(moonshine-base-en\)\n +ear: could not be reached after \d+ ms\n {2}first token +\d+ {2}this machine \(qwen[^)]+\)\n +brain: could not be reached/)
    expect(plain.stdout).toMatch(/first sound made +\d+ {2}this machine \(piper-en-us-joe\)\n +voice: could not be reached/)
    expect((await readFile(output)).length).toBeGreaterThan(20_000)
  })
})

describe('ctrl+C', () => {
  const stalling = ['ask --text Next?', 'services test brain', 'services models brain', 'doctor --services']
  it.each(stalling)('ends %s at once, and its sockets are closed', async (line) => {
    let asked = (): void => {}
    const request = new Promise<void>(resolve => asked = resolve)
    await using stalled = await listen((incoming) => {
      incoming.resume()
      asked()
    })
    const brainOnly: Draft = { id: 'brain', baseUrl: `${stalled.origin}/v1`, chat: { model: 'thinker', completeOnly: false, price: null } }
    const env = await installation([brainOnly])
    const running = startParley(line.split(' '), { env: { ...env, DISPLAY: '', WAYLAND_DISPLAY: '' } })
    await request
    expect(stalled.sockets()).toBe(1)
    const closed = stalled.nextClose()
    const atMs = performance.now()
    running.kill('SIGINT')
    const { code, stderr } = await running.result
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'Stopped.\n' })
    expect(performance.now() - atMs).toBeLessThan(1_000)
    await closed
    expect(stalled.sockets()).toBe(0)
  })
})

describe('parley services', () => {
  it('adds, lists, changes and removes', async () => {
    const env: Record<string, string> = { ...await installation([]), OPENAI_API_KEY: KEY }
    expect(await run(['services', 'add', 'openai'], { env })).toMatchObject({ code: 0, stderr: '', stdout: 'openai: https://api.openai.com/v1 (internet, key in OPENAI_API_KEY), chat gpt-4o-mini, asr gpt-4o-mini-transcribe, tts gpt-4o-mini-tts/alloy\nTry it: parley services test openai\n' })
    const desk = await run(['services', 'add', 'desk', '--base-url', brain.baseUrl, '--key-env', 'DESK_KEY', '--chat', 'small'], { env })
    expect(desk).toMatchObject({ code: 0, stderr: 'The variable DESK_KEY is not set: without its key the service may refuse to answer.\n' })
    expect((await run(['services', 'add', 'ollama'], { env })).stdout).toBe('ollama: http://127.0.0.1:11434/v1 (machine, no key), nothing yet\nSee what it has: parley services models ollama\nThen say what it is to do: parley services add ollama --chat MODEL\n')
    await run(['services', 'add', 'openai', '--tts', 'tts-1', '--voice', 'nova'], { env })
    const listed = await run(['services', 'list', '--json'], { env })
    expect(listed.events.map(({ id, key, privacy }) => [id, key, privacy])).toEqual([['openai', 'environment', 'internet'], ['desk', 'missing', 'machine'], ['ollama', 'none', 'machine']])
    expect(listed.events[0]).toMatchObject({ chat: { model: 'gpt-4o-mini' }, tts: { model: 'tts-1', voice: 'nova' } })
    const page = (await run(['services', 'list'], { env })).stdout
    expect(page).toContain(`desk            ${brain.baseUrl}  (machine, no key: DESK_KEY is not set)  chat small\n`)
    expect(page).toContain('openai (OPENAI_API_KEY is set)')
    expect(await run(['services', 'remove', 'desk', '--json'], { env })).toMatchObject({ code: 0, events: [{ type: 'removed', service: 'desk' }] })
    expect(await run(['services', 'remove', 'desk'], { env })).toMatchObject({ code: 2, stderr: 'There is no service called desk. Run: parley services list\n' })
    expect(await readFile(join(String(env['PARLEY_DATA_DIR']), 'settings.json'), 'utf8')).not.toContain(KEY)
  })

  it('takes address and key from the environment, the key by its name', async () => {
    const env = { ...await installation([]), OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${brain.baseUrl}/` }
    expect((await run(['services', 'list'], { env })).stdout).toContain(`The environment names ${brain.baseUrl}: parley services add NAME --from-env\n`)
    expect(await run(['services', 'add', 'work', '--from-env', '--chat', 'thinker'], { env })).toMatchObject({ code: 0, stderr: '' })
    const result = await run(['ask', '--text', 'Next?', '--chat', 'work', '--json'], { env })
    expect([result.code, brain.seen.at(-1)?.headers.authorization]).toEqual([0, `Bearer ${KEY}`])
    expect(await run(['services', 'add', 'work', '--from-env', '--base-url', FAR], { env })).toMatchObject({ code: 2 })
    expect(await run(['services', 'add', 'work', '--from-env'], { env: { ...env, OPENAI_API_KEY: '', OPENAI_BASE_URL: '' } })).toMatchObject({ code: 2, stderr: 'Neither OPENAI_BASE_URL nor OPENAI_API_KEY is set.\n' })
  })

  it('uses a key that is kept in the file of keys, and forgets it with its service', async () => {
    const env = await installation(allServices().map(service => ({ ...service, keyEnv: null })))
    const file = join(String(env['PARLEY_DATA_DIR']), 'secrets.json')
    const stored = (how: string): object => ({ how, value: Buffer.from(KEY).toString('base64') })
    const id = `brain@${new URL(brain.baseUrl).origin}`
    await writeFile(file, JSON.stringify({ version: 1, secrets: { [id]: stored('plain-file'), 'other@https://example.com': stored('keychain') } }))
    expect((await run(['services', 'list', '--json'], { env })).events.map(({ key }) => key)).toEqual(['file', 'none', 'none'])
    expect((await run(['ask', '--text', 'Next?'], { env })).code).toBe(0)
    expect(brain.seen.at(-1)?.headers.authorization).toBe(`Bearer ${KEY}`)
    expect((await run(['services', 'remove', 'brain'], { env })).code).toBe(0)
    expect(Object.keys((JSON.parse(await readFile(file, 'utf8')) as { secrets: object }).secrets)).toEqual(['other@https://example.com'])
  })

  it('tests each part and says what exactly failed', async () => {
    const all: Draft = { ...allServices()[0], id: 'brain', tts: { model: 'speaker', voice: 'ann', format: 'pcm', price: null } }
    const env = await installation([all, { id: 'idle', baseUrl: FAR }])
    brain.serve({ script: says('Yes.') }, { fault: { type: 'status', status: 404, body: JSON.stringify({ error: { message: `No such model for ${KEY}` } }) } })
    const result = await run(['services', 'test', 'brain'], { env })
    expect(result.code).toBe(1)
    expect(result.stdout).toMatch(/^chat {2}ok, first output after \d+ ms\ntts {3}failed: service-refused \(404\) No such model for …\n$/)
    brain.serve({ script: says('Yes.') }, { script: { contentType: 'audio/pcm', body: 'a sound', means: [] } })
    const good = await run(['services', 'test', 'brain', '--json'], { env })
    expect([good.code, good.events.map(({ part, ok }) => [part, ok])]).toEqual([0, [['chat', true], ['tts', true]]])
    expect(await run(['services', 'test', 'idle'], { env })).toMatchObject({ code: 2, stderr: 'idle is set up for no part. Add one: parley services add idle --chat MODEL\n' })
    expect(await run(['services', 'test', 'nobody'], { env })).toMatchObject({ code: 2, stderr: 'There is no service called nobody. Run: parley services list\n' })
  })

  it('lists the models of a service', async () => {
    const env = await installation(allServices())
    brain.serve({ script: { contentType: 'application/json', body: JSON.stringify({ data: [{ id: 'b' }, { id: 'a' }] }), means: [] } })
    expect(await run(['services', 'models', 'brain'], { env })).toMatchObject({ code: 0, stdout: 'a\nb\n' })
    brain.serve({ script: { contentType: 'text/html', body: '<html></html>', means: [] } })
    expect(await run(['services', 'models', 'brain'], { env })).toMatchObject({ code: 1, stderr: 'BRAIN did not answer with a list of models. Check its address; it often ends in /v1.\n' })
  })

  it('finds a server on this machine', async ({ skip }) => {
    const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: [{ id: 'small' }] })))
    const preset = SERVICE_PRESETS.find(({ id }) => id === 'lm-studio')
    const port = Number(new URL(preset?.baseUrl ?? '').port)
    const free = await new Promise<boolean>(resolve => server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)))
    if (!free)
      return skip('another program has its port')
    try {
      const env = await installation([])
      const found = await run(['services', 'find', '--json'], { env })
      expect(found.events).toContainEqual({ type: 'server', preset: 'lm-studio', name: 'LM Studio', baseUrl: preset?.baseUrl, models: ['small'] })
      expect((await run(['services', 'find'], { env })).stdout).toContain('To use it: parley services add lm-studio --chat small\n')
      await run(['services', 'add', 'lm-studio', '--chat', 'small'], { env })
      expect((await run(['services', 'find', '--json'], { env })).events.filter(event => event['preset'] === 'lm-studio')).toEqual([])
    }
    finally {
      await new Promise(resolve => server.close(resolve))
    }
  })
})

describe('parley doctor', () => {
  const findings = ({ events }: CliResult): Record<string, unknown> => Object.fromEntries(events.filter(({ check }) => String(check).startsWith('service')).map(({ check, state, detail }) => [check, `${state}: ${detail}`]))

  it('asks services only when it is told to', async () => {
    const dead = await deadAddress()
    const services = [...allServices().slice(0, 1), { id: 'dead', baseUrl: dead, chat: { model: 'm', completeOnly: false, price: null } }, { id: 'off', baseUrl: FAR, enabled: false }, { id: 'far', baseUrl: FAR }]
    const env = { ...await installation(services, { localOnly: true }), DISPLAY: '', WAYLAND_DISPLAY: '', PULSE_SERVER: `unix:${join(folder, 'nobody')}` }
    const before = brain.seen.length
    const quiet = await run(['doctor', '--json'], { env })
    expect(findings(quiet)).toEqual({ services: 'ok: 4 set up, 1 switched off; "local only" is on' })
    expect(brain.seen.length).toBe(before)
    // A service does it too.
    expect(quiet.events.find(({ check }) => check === 'model chat')).toMatchObject({ state: 'warning' })
    expect(quiet.events.find(({ check }) => check === 'model tts')).toMatchObject({ state: 'fault' })
    expect(findings(await run(['doctor', '--services', '--json'], { env }))).toEqual({
      'services': expect.any(String) as string,
      'service brain': expect.stringMatching(/^ok: chat ok, first output after \d+ ms$/) as string,
      'service dead': 'fault: chat failed: service-unreachable DEAD cannot be reached (ECONNREFUSED).',
      'service off': 'ok: switched off',
      'service far': 'ok: not asked: "local only" is on',
    })
  })
})

it('no key was printed anywhere', () => {
  expect(ran.length).toBeGreaterThan(40)
  for (const { stdout, stderr } of ran)
    expect(stdout + stderr).not.toContain(KEY)
})
