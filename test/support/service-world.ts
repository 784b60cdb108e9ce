import type { ServiceSettings } from '../../src-main/contract'
import type { RunnerEvent, TurnRunner } from '../../src-main/conversation/runner-types'
import type { OwnEngines } from '../../src-main/core/services/service-registry'
import type { AudioFrame } from '../../src-main/ports/audio-frame'
import type { StoredTurn } from '../../src-main/ports/conversation-store'
import type { EnginePart, RouteAttempt } from '../../src-main/ports/route'
import type { SkippingClock } from './service-world-clock'
import type { HeardWord } from './service-world-voice'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { routingSchema, serviceSchema } from '../../src-main/contract'
import { createTurnRunner } from '../../src-main/conversation/turn-runner'
import { createRoutedEngines } from '../../src-main/core/services/routed-engines'
import { createServiceRegistry } from '../../src-main/core/services/service-registry'
import { RouteMemory } from '../../src-main/engines/router/route-memory'
import { openHistory } from '../../src-main/storage/history-store'
import { createSpeechText } from '../../src-main/text/speech-text'
import { createFakeAudioDevice } from '../fakes/fake-audio-device'
import { createFakeAsr, createFakeChat } from '../fakes/fake-engines'
import { hear, speak } from '../fakes/service-server/spoken-words'
import { createOwnVoice, heardFrom } from './service-world-voice'

/** The service's answer and that of the own model: not a word of the one is in the other. */
export const SERVICE_REPLY = 'One two three four. Five six seven. Eight nine ten eleven.'
export const OWN_REPLY = 'Twelve thirteen. Fourteen fifteen.'
/** The own recogniser writes in capitals, so that a text of two recognisers would be seen. */
export const QUESTION = ['two', 'four', 'six', 'eight', 'ten'] as const
export const SERVICE_TRANSCRIPT = QUESTION.join(' ')
export const OWN_TRANSCRIPT = SERVICE_TRANSCRIPT.toUpperCase()

export interface ServiceWorldOptions {
  readonly clock: SkippingClock
  /** What is to go wrong: everything else is done by the own models. */
  readonly part: EnginePart
  readonly service: Pick<ServiceSettings, 'baseUrl'> & Partial<ServiceSettings>
  /** Whether the own models can do the part as well. */
  readonly reserve: boolean
  /** The reply is to be heard. */
  readonly aloud: boolean
  /** The own voice makes no sound. */
  readonly mute?: boolean
}

/** What came of a turn, for the person and on disk. */
export interface TurnOutcome {
  readonly end: StoredTurn['end']
  readonly errorCode: string | null
  /** As stored. */
  readonly question: string
  readonly reply: string
  /** Tokens as they were shown, put together; checked to follow each other. */
  readonly shown: string
  /** How often something that was shown was taken back. */
  readonly takenBack: number
  readonly heard: readonly HeardWord[]
  readonly notices: readonly string[]
  readonly served: string | null | undefined
  /** `service failed timeout`, in their order. */
  readonly attempts: readonly string[]
  /** Texts of the question while it was not final; none after it. */
  readonly partials: readonly string[]
}

export interface ServiceWorld extends AsyncDisposable {
  readonly runner: TurnRunner
  /** A typed question, to its end. */
  readonly ask: () => Promise<TurnOutcome>
  /** A spoken one; `pause`: what happens while the key is held, in the middle. */
  readonly say: (pause?: () => Promise<void>) => Promise<TurnOutcome>
  /** Requests to the own model for the part. */
  readonly ownCalls: () => number
}

/** The main process's whole turn with one service, and a person, a microphone, a loudspeaker and own models that are simulated. */
export function createServiceWorld({ clock, part, service, reserve, aloud, mute = false }: ServiceWorldOptions): ServiceWorld {
  const folder = mkdtempSync(join(tmpdir(), 'parley-faults-'))
  const file = join(folder, 'history.sqlite')
  const { store } = openHistory(file)
  const settings = { services: [serviceSchema.parse({ id: 'service', name: 'Service', ...service })], routing: routingSchema.parse({}) }
  const memory = new RouteMemory({ clock })
  const audio = createFakeAudioDevice({ clock })
  const asr = createFakeAsr({ hears: call => wordsOf(asr.calls[call]?.frames ?? []).toUpperCase() })
  const chat = createFakeChat({ reply: part === 'chat' ? OWN_REPLY : SERVICE_REPLY })
  const tts = createOwnVoice(mute)
  const own: OwnEngines = { asr: { engine: asr, model: 'own', ready: () => true }, chat: { engine: chat, model: 'own', ready: () => true }, tts: { engine: tts, model: 'own', ready: () => true } }
  const registry = createServiceRegistry({
    settings: () => settings,
    vault: { get: () => 'sk-test-1234567890' },
    env: {},
    clock,
    memory,
    own: () => {
      const { [part]: others, ...rest } = own
      return reserve ? { ...rest, [part]: others } : rest
    },
  })
  const takes = new Map<string, AudioFrame[]>()
  const events: RunnerEvent[] = []
  let ids = 0
  const runner = createTurnRunner({
    microphone: audio.microphone,
    speaker: audio.speaker,
    ...createRoutedEngines({ registry, memory, clock }),
    store,
    clock,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    createSpeechText: () => createSpeechText(),
    keyIsDown: async () => true,
    async* readTake(path) {
      yield* takes.get(path) ?? []
    },
    settings: () => ({ mode: 'hold', voiceEnabled: aloud, speed: 1, volume: 1, maxTokens: 100, systemPrompt: '' }),
    newId: () => `id-${ids++}`,
  })
  runner.events.subscribe(event => events.push(event))

  async function outcome(): Promise<TurnOutcome> {
    await clock.until(runner.settled())
    const turn = stored()
    const route = turn.routes[part]
    return {
      end: turn.end,
      errorCode: turn.errorCode,
      question: turn.userText,
      reply: turn.replyText,
      ...shownIn(events),
      heard: heardFrom(audio.playbacks.flatMap(({ chunks }) => chunks)),
      notices: events.flatMap(event => event.type === 'notice' ? [event.code] : []),
      served: route?.servedBy,
      attempts: route?.attempts.map(described) ?? [],
      partials: partialsIn(events),
    }
  }

  /** Read by another connection to the file, as the next start of the program would. */
  function stored(): StoredTurn {
    using again = openHistory(file).store
    const turns = again.listConversations().flatMap(({ id }) => again.turns(id))
    const [turn] = turns
    if (!turn || turns.length > 1)
      throw new Error(`There are ${turns.length} turns on disk.`)
    return turn
  }

  return {
    runner,
    ask() {
      runner.ask('How many?')
      return outcome()
    },
    async say(pause) {
      runner.keyDown(clock.nowMs())
      await clock.quiet()
      const frames = speak([100, ...QUESTION, 100]).map(frame => ({ ...frame, capturedAtMs: clock.nowMs() + frame.capturedAtMs }))
      takes.set('/takes/id-1.wav', frames)
      audio.speak(...frames.slice(0, frames.length / 2))
      await clock.quiet()
      await pause?.()
      audio.speak(...frames.slice(frames.length / 2))
      await clock.quiet()
      runner.keyUp(clock.nowMs())
      return outcome()
    },
    ownCalls: () => ({ asr: asr.calls.length, chat: chat.calls.length, tts: tts.pieces.length })[part],
    async [Symbol.asyncDispose]() {
      await clock.until(runner.dispose())
      await clock.until(Promise.resolve(registry[Symbol.asyncDispose]()))
      await clock.quiet()
      store[Symbol.dispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function wordsOf(frames: readonly AudioFrame[]): string {
  return hear(Int16Array.from(frames.flatMap(({ samples }) => [...samples])), 16_000).join(' ')
}

function described({ serviceId, outcome, errorCode, hedge }: RouteAttempt): string {
  return [serviceId, outcome, errorCode, hedge ? '(hedge)' : null].filter(word => word !== null).join(' ')
}

/** What a window would show, as the window does it. */
function shownIn(events: readonly RunnerEvent[]): Pick<TurnOutcome, 'shown' | 'takenBack'> {
  let shown = ''
  let takenBack = 0
  for (const event of events) {
    if (event.type === 'turn' && event.turn.end === 'pending' && event.turn.replyText === '' && shown !== '') {
      shown = ''
      takenBack++
    }
    if (event.type !== 'tokens' || event.kind !== 'text')
      continue
    if (event.offset !== shown.length)
      throw new Error(`A text that begins at ${event.offset} came after ${shown.length} characters.`)
    shown += event.text
  }
  return { shown, takenBack }
}

function partialsIn(events: readonly RunnerEvent[]): string[] {
  const partials: string[] = []
  let over = false
  for (const event of events) {
    if (event.type !== 'partial')
      continue
    if (event.partial && over)
      throw new Error('The question was shown again after its final text.')
    over = event.partial === null
    if (event.partial && event.partial.text !== partials.at(-1))
      partials.push(event.partial.text)
  }
  return partials
}
