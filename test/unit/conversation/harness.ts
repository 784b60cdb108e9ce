import type { RunnerEvent, RunnerSettings, TurnRunner, TurnRunnerDeps } from '../../../src-main/conversation/runner-types'
import type { AudioFrame } from '../../../src-main/ports/audio-frame'
import type { StoredTurn } from '../../../src-main/ports/conversation-store'
import type { Logger } from '../../../src-main/ports/logger'
import type { CreateSpeechText, SpeechSegment } from '../../../src-main/ports/speech-text'
import type { FakeAudioDevice } from '../../fakes/fake-audio-device'
import type { FakeAsrEngine, FakeChatEngine, FakeTiming, FakeTtsEngine } from '../../fakes/fake-engines'
import type { ManualClock } from '../../fakes/manual-clock'
import type { MemoryStore } from './memory-store'
import { createTurnRunner } from '../../../src-main/conversation/turn-runner'
import { createFakeAudioDevice, frame } from '../../fakes/fake-audio-device'
import { createFakeAsr, createFakeChat, createFakeTts } from '../../fakes/fake-engines'
import { createManualClock } from '../../fakes/manual-clock'
import { createMemoryStore } from './memory-store'

/** Lets everything that waits on nothing but promises go on. */
export async function flush(): Promise<void> {
  for (let i = 0; i < 8; i++)
    await new Promise(resolve => setImmediate(resolve))
}

/** Cuts after each full stop, question or exclamation mark; what is idle is said as it is. */
export const sentencePieces: CreateSpeechText = () => {
  let waiting = ''
  let start = 0
  const take = (length: number): SpeechSegment => {
    const text = waiting.slice(0, length)
    waiting = waiting.slice(length)
    start += length
    return { text, sourceStart: start - length, sourceEnd: start }
  }
  const rest = (): SpeechSegment[] => waiting.trim() === '' ? [] : [take(waiting.length)]
  return {
    push(delta) {
      waiting += delta
      const cut: SpeechSegment[] = []
      for (let end = waiting.search(/[.?!]/); end >= 0; end = waiting.search(/[.?!]/))
        cut.push(take(end + 1))
      return cut
    },
    flushIdle: rest,
    end: rest,
  }
}

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface Harness {
  readonly runner: TurnRunner
  readonly clock: ManualClock
  readonly audio: FakeAudioDevice
  readonly asr: FakeAsrEngine
  readonly chat: FakeChatEngine
  readonly tts: FakeTtsEngine
  readonly store: MemoryStore
  readonly events: RunnerEvent[]
  readonly logs: LogLine[]
  /** Recordings on disk, by path. */
  readonly takes: Map<string, readonly AudioFrame[]>
  /** Physical state of the talk key. */
  keyDown: boolean
  settings: RunnerSettings
  /** Moves the clock in steps of at most 20 ms, so that what a step sets going is seen by the next. */
  pass: (ms: number) => Promise<void>
  press: () => Promise<void>
  release: () => Promise<void>
  /** The voice is heard for so long. */
  speak: (ms: number) => Promise<void>
  eventsOf: <T extends RunnerEvent['type']>(type: T) => Extract<RunnerEvent, { type: T }>[]
  state: () => string
  turns: () => readonly StoredTurn[]
}

export interface HarnessOptions {
  readonly asr?: FakeAsrEngine
  readonly chat?: FakeChatEngine
  readonly tts?: FakeTtsEngine
  readonly timing?: FakeTiming
  readonly settings?: Partial<RunnerSettings>
  readonly deps?: Partial<TurnRunnerDeps>
  /** Puts a watcher between the runner and the loudspeaker. */
  readonly watchSpeaker?: (speaker: TurnRunnerDeps['speaker']) => TurnRunnerDeps['speaker']
}

export function createHarness(options: HarnessOptions = {}): Harness {
  const timing = options.timing ?? 'instant'
  const clock = createManualClock()
  const audio = createFakeAudioDevice({ clock })
  const asr = options.asr ?? createFakeAsr({ timing })
  const chat = options.chat ?? createFakeChat({ timing })
  const tts = options.tts ?? createFakeTts({ timing })
  const store = createMemoryStore()
  const events: RunnerEvent[] = []
  const logs: LogLine[] = []
  const takes = new Map<string, readonly AudioFrame[]>()
  const log = (level: string) => (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
    logs.push({ level, message, fields })
  }
  const logger: Logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
  let ids = 0
  const harness: Harness = {
    clock,
    audio,
    asr,
    chat,
    tts,
    store,
    events,
    logs,
    takes,
    keyDown: false,
    settings: { mode: 'hold', voiceEnabled: true, speed: 1, volume: 1, maxTokens: 100, systemPrompt: 'Be brief.', ...options.settings },
    runner: createTurnRunner({
      microphone: audio.microphone,
      speaker: options.watchSpeaker?.(audio.speaker) ?? audio.speaker,
      asr,
      chat,
      tts,
      store,
      clock,
      logger,
      createSpeechText: sentencePieces,
      keyIsDown: async () => harness.keyDown,
      async* readTake(path) {
        yield* takes.get(path) ?? [frame(0)]
      },
      settings: () => harness.settings,
      newId: () => `id-${ids++}`,
      ...options.deps,
    }),
    async pass(ms) {
      await flush()
      for (let left = ms; left > 0; left -= 20) {
        clock.advance(Math.min(20, left))
        await flush()
      }
    },
    async press() {
      harness.keyDown = true
      harness.runner.keyDown(clock.nowMs())
      await flush()
    },
    async release() {
      harness.keyDown = false
      harness.runner.keyUp(clock.nowMs())
      await flush()
    },
    async speak(ms) {
      for (let left = ms; left > 0; left -= 20) {
        audio.speak(frame(clock.nowMs(), 1_000))
        await harness.pass(20)
      }
    },
    eventsOf: type => events.filter(event => event.type === type) as never,
    state: () => harness.eventsOf('state').at(-1)?.state ?? 'idle',
    turns: () => store.listConversations().flatMap(({ id }) => store.turns(id)),
  }
  harness.runner.events.subscribe(event => events.push(event))
  return harness
}
