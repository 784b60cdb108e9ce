import type { DictationEvent, DictationOptions, DictationRules, DictationRunner, DictationRunnerDeps, DictationViewState } from '../../../src-main/dictation/types'
import type { AudioFrame } from '../../../src-main/ports/audio-frame'
import type { Logger } from '../../../src-main/ports/logger'
import type { TextContext } from '../../../src-main/ports/text-context'
import type { FakeAudioDevice } from '../../fakes/fake-audio-device'
import type { FakeInjector, MemoryDictations } from '../../fakes/fake-dictation'
import type { FakeAsrEngine, FakeChatEngine } from '../../fakes/fake-engines'
import type { ManualClock } from '../../fakes/manual-clock'
import { createDictationRunner } from '../../../src-main/dictation/dictation-runner'
import { TRANSIT_MS } from '../../../src-main/dictation/dictation-take'
import { createFakeAudioDevice, frame } from '../../fakes/fake-audio-device'
import { createFakeInjector, createMemoryDictations } from '../../fakes/fake-dictation'
import { createFakeAsr, createFakeChat } from '../../fakes/fake-engines'
import { createManualClock } from '../../fakes/manual-clock'
import { flush } from '../conversation/harness'

export { flush }

export interface DictationHarness {
  readonly runner: DictationRunner
  readonly clock: ManualClock
  readonly audio: FakeAudioDevice
  readonly asr: FakeAsrEngine
  readonly chat: FakeChatEngine
  readonly injector: FakeInjector
  readonly store: MemoryDictations
  readonly events: DictationEvent[]
  readonly cues: string[]
  readonly media: string[]
  readonly deleted: string[]
  /** Recordings on disk, by path. */
  readonly takes: Map<string, readonly AudioFrame[]>
  keyIsDown: boolean
  mayBegin: boolean
  context: TextContext | null
  options: DictationOptions
  rules: DictationRules
  pass: (ms: number) => Promise<void>
  press: (key?: 'dictate' | 'edit') => Promise<void>
  release: (key?: 'dictate' | 'edit') => Promise<void>
  /** Holds the key while the voice is heard for so long. */
  dictate: (ms?: number, key?: 'dictate' | 'edit') => Promise<void>
  speak: (ms: number) => Promise<void>
  view: () => DictationViewState
  states: () => readonly string[]
}

const RULES: DictationRules = {
  never: false,
  mode: 'insert',
  method: 'auto',
  chord: null,
  newlines: false,
  cleanup: 'off',
  ownPrompt: '',
  language: null,
  spokenPunctuation: false,
  numbers: true,
  fillers: true,
  scratchThat: true,
  dictionary: [],
  snippets: [],
}

export interface DictationHarnessOptions {
  readonly asr?: FakeAsrEngine
  readonly chat?: FakeChatEngine
  readonly rules?: Partial<DictationRules>
  readonly options?: Partial<DictationOptions>
  readonly deps?: Partial<DictationRunnerDeps>
}

export function createDictationHarness(given: DictationHarnessOptions = {}): DictationHarness {
  const clock = createManualClock()
  const audio = createFakeAudioDevice({ clock })
  const asr = given.asr ?? createFakeAsr()
  const chat = given.chat ?? createFakeChat()
  const injector = createFakeInjector()
  const store = createMemoryDictations()
  const events: DictationEvent[] = []
  const cues: string[] = []
  const media: string[] = []
  const deleted: string[] = []
  const takes = new Map<string, readonly AudioFrame[]>()
  const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
  let ids = 0
  const harness: DictationHarness = {
    clock,
    audio,
    asr,
    chat,
    injector,
    store,
    events,
    cues,
    media,
    deleted,
    takes,
    keyIsDown: false,
    mayBegin: true,
    context: null,
    options: { keyMode: 'hold', media: 'leave', silenceStopMs: 0, limitMs: 900_000, learn: false, keepNothing: false, ...given.options },
    rules: { ...RULES, ...given.rules },
    runner: createDictationRunner({
      microphone: audio.microphone,
      asr,
      chat,
      injector,
      context: { read: async () => harness.context, async [Symbol.asyncDispose]() {} },
      store,
      media: { hold: how => media.push(how), release: () => media.push('release') },
      cues: { start: () => cues.push('start'), stop: () => cues.push('stop'), fail: () => cues.push('fail') },
      clock,
      logger,
      newId: () => `d-${ids++}`,
      mayBegin: () => harness.mayBegin,
      keyIsDown: async () => harness.keyIsDown,
      async* readTake(path) {
        yield* takes.get(path) ?? [frame(0)]
      },
      deleteTakes: async paths => deleted.push(...paths),
      options: () => harness.options,
      rulesFor: () => harness.rules,
      ...given.deps,
    }),
    async pass(ms) {
      await flush()
      for (let left = ms; left > 0; left -= 20) {
        clock.advance(Math.min(20, left))
        await flush()
      }
    },
    async press(key = 'dictate') {
      harness.keyIsDown = true
      harness.runner.keyDown(key, clock.nowMs())
      await flush()
    },
    async release(key = 'dictate') {
      harness.keyIsDown = false
      harness.runner.keyUp(key, clock.nowMs())
      await flush()
    },
    async speak(ms) {
      for (let left = ms; left > 0; left -= 20) {
        audio.speak(frame(clock.nowMs(), 1_000))
        await harness.pass(20)
      }
    },
    async dictate(ms = 1_000, key = 'dictate') {
      await harness.press(key)
      await harness.speak(ms)
      await harness.release(key)
      await harness.pass(TRANSIT_MS)
    },
    view: () => harness.runner.view(),
    states: () => events.flatMap(event => event.type === 'view' ? [event.view.state] : []).filter((state, index, all) => state !== all[index - 1]),
  }
  harness.runner.events.subscribe(event => events.push(event))
  return harness
}
