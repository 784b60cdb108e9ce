import type { CliContext } from '../../src-main/cli/context'
import type { EngineChoice } from '../../src-main/cli/turn-engines'
import type { Settings } from '../../src-main/contract'
import type { InferenceHost, LocalModels } from '../../src-main/inference/inference-host'
import type { ChatEngine } from '../../src-main/ports/chat-engine'
import type { EnginePart } from '../../src-main/ports/route'
import type { ManualClock } from '../fakes/manual-clock'
import type { Listening } from '../fakes/service-server/listen'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTurnEngines } from '../../src-main/cli/turn-engines'
import { settingsSchema } from '../../src-main/contract'
import { AppError } from '../../src-main/lib/app-error'
import { createManualClock } from '../fakes/manual-clock'
import { listen } from '../fakes/service-server/listen'
import { LOCAL_MODELS } from '../support/local-models'

/** Later than anything unmeasured is called late, and sooner than any deadline. */
const LATE_MS = 2_000

/** The models of this machine, which load when the test says so. Its chat says `Own.` */
class OwnModels {
  readonly log: string[] = []
  readonly #loaded = new Map<EnginePart, PromiseWithLoad>()
  readonly #ready = new Set<EnginePart>()

  load(part: EnginePart): void {
    this.#ready.add(part)
    this.#of(part).resolve()
  }

  fail(part: EnginePart, error: AppError): void {
    this.#of(part).reject(error)
  }

  host(): InferenceHost {
    const chat: ChatEngine = {
      id: 'own',
      async* complete() {
        yield { type: 'text', text: 'Own.' }
        yield { type: 'finish', reason: 'stop' }
      },
    }
    const host: Partial<InferenceHost> = {
      start: () => void this.log.push('start'),
      state: kind => ({ kind, state: this.#ready.has(kind) ? 'ready' : 'loading' }),
      ready: (kind) => {
        this.log.push(`wait ${kind}`)
        return this.#of(kind).promise
      },
      chat: { ...chat, prime: async () => {} },
      [Symbol.asyncDispose]: async () => void this.log.push('dispose'),
    }
    return host as InferenceHost
  }

  #of(part: EnginePart): PromiseWithLoad {
    const known = this.#loaded.get(part)
    if (known)
      return known
    let [resolve, reject]: [() => void, (error: unknown) => void] = [() => {}, () => {}]
    const promise = new Promise<void>((done, failed) => [resolve, reject] = [done, failed])
    const made = { promise, resolve, reject }
    this.#loaded.set(part, made)
    return made
  }
}

interface PromiseWithLoad {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

let own: OwnModels
let clock: ManualClock
let server: Listening
let asked: Promise<void>
let answer: () => void

beforeEach(async () => {
  own = new OwnModels()
  clock = createManualClock()
  let heard = (): void => {}
  asked = new Promise(resolve => heard = resolve)
  const held = new Promise<void>(resolve => answer = resolve)
  server = await listen((request, response) => {
    request.resume()
    heard()
    void held.then(() => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ choices: [{ message: { content: 'Late.' }, finish_reason: 'stop' }] })))
  })
})

afterEach(() => server.close())

function context(settings: object, models: LocalModels): CliContext {
  const whole = settingsSchema.parse(settings)
  const parts: Partial<CliContext> = {
    settings: { get: () => whole } as CliContext['settings'],
    env: {},
    clock,
    signal: new AbortController().signal,
    openVault: async () => ({ get: () => null }) as unknown as Awaited<ReturnType<CliContext['openVault']>>,
    own: {
      preferred: () => whole.models,
      installed: async () => models,
      require: async (needs) => {
        const missing = needs.find(part => models[part] === undefined)
        if (missing)
          throw new AppError('model-missing', `No ${missing}`)
      },
      host: () => own.host(),
    },
  }
  return parts as CliContext
}

const NO_MODELS: LocalModels = {}
function withBrain(routing: object = {}): Pick<Settings, 'services'> {
  return settingsSchema.parse({ services: [{ id: 'brain', name: 'Brain', baseUrl: `${server.origin}/v1`, chat: { model: 'm' } }], routing })
}

async function replyOf(settings: object, choice: EngineChoice, meanwhile: () => void): Promise<string> {
  await using engines = await openTurnEngines(context(settings, LOCAL_MODELS), ['chat'], choice)
  own.load('chat')
  let text = ''
  const read = (async () => {
    for await (const event of engines.chat.complete([{ role: 'user', content: 'Hello' }], { signal: new AbortController().signal }))
      text += event.type === 'text' ? event.text : ''
  })()
  await asked
  meanwhile()
  // Whoever has answered by now is heard before the service is.
  await new Promise(resolve => setImmediate(resolve))
  answer()
  await read
  return text
}

describe('whom a command waits for', () => {
  it('for its own models where nobody else is asked first', async () => {
    const opening = openTurnEngines(context({}, LOCAL_MODELS), ['chat', 'tts'], {})
    own.load('chat')
    own.load('tts')
    await using engines = await opening
    expect([engines.isNear('chat'), own.log]).toEqual([true, ['start', 'wait chat', 'wait tts']])
  })

  it('for none of them where a service is; they are loaded all the same, and put away at the end', async () => {
    const engines = await openTurnEngines(context(withBrain(), LOCAL_MODELS), ['chat'], {})
    expect(own.log).toEqual(['start'])
    await engines[Symbol.asyncDispose]()
    expect(own.log).toEqual(['start', 'dispose'])
  })

  it('for its own model when it is named, is the fastest, or is all that "local only" leaves', async () => {
    const far = settingsSchema.parse({ services: [{ id: 'far', name: 'Far', baseUrl: 'https://far.example/v1', chat: { model: 'm' } }] })
    const order = { chat: { prefer: 'order', order: ['local', 'brain'] } }
    const cases: [object, EngineChoice][] = [[withBrain(), { chat: 'local' }], [withBrain(order), {}], [far, { localOnly: true }], [{ ...far, routing: { localOnly: true } }, { chat: 'far' }]]
    for (const [settings, choice] of cases) {
      own = new OwnModels()
      own.load('chat')
      await using _ = await openTurnEngines(context(settings, LOCAL_MODELS), ['chat'], choice)
      expect(own.log).toEqual(['start', 'wait chat'])
    }
  })

  it('nothing is started where no model is installed, and a service works alone', async () => {
    await using _ = await openTurnEngines(context(withBrain(), NO_MODELS), ['chat'], { chat: 'brain' })
    expect(own.log).toEqual([])
  })

  it('a model that is missing or does not load is a failure where there is nobody else', async () => {
    await expect(openTurnEngines(context(withBrain(), NO_MODELS), ['chat'], { chat: 'local' })).rejects.toMatchObject({ code: 'model-missing' })
    expect(own.log).toEqual(['dispose'])
    own = new OwnModels()
    own.fail('chat', new AppError('model-corrupt', 'Damaged'))
    await expect(openTurnEngines(context({}, LOCAL_MODELS), ['chat'], {})).rejects.toMatchObject({ code: 'model-corrupt' })
    expect(own.log).toEqual(['start', 'wait chat', 'dispose'])
    own = new OwnModels()
    own.fail('chat', new AppError('model-corrupt', 'Damaged'))
    await using _ = await openTurnEngines(context(withBrain({ chat: { prefer: 'order', order: ['local', 'brain'] } }), LOCAL_MODELS), ['chat'], {})
    expect(own.log).toEqual(['start', 'wait chat'])
  })

  it('without a voice detector there is no recogniser', async () => {
    const { vad: _, ...deaf } = LOCAL_MODELS
    const ears = settingsSchema.parse({ services: [{ id: 'ear', name: 'Ear', baseUrl: `${server.origin}/v1`, asr: { model: 'm' } }], routing: { asr: { prefer: 'order', order: ['local', 'ear'] } } })
    await using engines = await openTurnEngines(context(ears, deaf), ['asr'], {})
    expect([own.log.includes('wait asr'), engines.isNear('asr')]).toEqual([false, true])
  })
})

describe('a service that takes its time', () => {
  it('is waited for when it was named', async () => {
    expect(await replyOf(withBrain(), { chat: 'brain' }, () => clock.advance(LATE_MS))).toBe('Late.')
  })

  it('is not, when it was not', async () => {
    expect(await replyOf(withBrain(), {}, () => clock.advance(LATE_MS))).toBe('Own.')
  })
})
