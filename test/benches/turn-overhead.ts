import type { RoutedEngines } from '../../src-main/core/services/routed-engines'
import type { HopTimes } from '../../src-main/ports/conversation-store'
import { defaultSettings } from '../../src-main/contract'
import { createTurnRunner } from '../../src-main/conversation/turn-runner'
import { createRoutedEngines } from '../../src-main/core/services/routed-engines'
import { createServiceRegistry } from '../../src-main/core/services/service-registry'
import { RouteMemory } from '../../src-main/engines/router/route-memory'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { createSpeechText } from '../../src-main/text/speech-text'
import { createFakeAudioDevice, frame } from '../fakes/fake-audio-device'
import { createFakeAsr, createFakeChat, createFakeTts } from '../fakes/fake-engines'
import { createMemoryStore } from '../unit/conversation/memory-store'

/** Two seconds of speech. */
const FRAMES_OF_A_TAKE = 100
const REPLY = 'The capital of France is **Paris**, a city on the Seine. It has about two million people. '.repeat(4)

export interface OverheadTurn {
  /** Key up to the first sample that the loudspeaker was handed. */
  readonly toFirstSampleMs: number
  readonly hops: HopTimes
}

/**
 * Whole turns through the real runner on the real clock, around engines that answer at once: what is measured is
 * ours alone. Speculation cannot help: the recogniser says nothing before the recording has ended.
 */
export async function measureTurns(count: number): Promise<OverheadTurn[]> {
  const audio = createFakeAudioDevice({ clock: systemClock, playback: 'instant' })
  const store = createMemoryStore()
  let firstSampleAtMs = 0
  let ids = 0
  const runner = createTurnRunner({
    microphone: audio.microphone,
    speaker: {
      play: (chunks, options) => audio.speaker.play(chunks, {
        ...options,
        onStarted(atMs) {
          firstSampleAtMs = systemClock.nowMs()
          options.onStarted?.(atMs)
        },
      }),
    },
    ...routed(),
    store,
    clock: systemClock,
    logger: silentLogger,
    createSpeechText,
    keyIsDown: async () => true,
    async* readTake() {},
    settings: () => ({ mode: 'hold', voiceEnabled: true, speed: 1, volume: 1, maxTokens: 512, systemPrompt: 'You are a helpful voice assistant.' }),
    newId: () => `id-${ids++}`,
  })

  const turns: OverheadTurn[] = []
  for (let i = 0; i < count; i++) {
    runner.keyDown(systemClock.nowMs())
    await nextRound()
    for (let n = 0; n < FRAMES_OF_A_TAKE; n++)
      audio.speak(frame(systemClock.nowMs(), 1_000))
    await nextRound()
    const upAtMs = systemClock.nowMs()
    runner.keyUp(upAtMs)
    await runner.settled()
    const turn = store.turns(runner.conversationId).at(-1)
    if (turn?.end !== 'complete' || turn.replyText !== REPLY)
      throw new Error(`Turn ${i} did not come to its end.`)
    turns.push({ toFirstSampleMs: firstSampleAtMs - upAtMs, hops: turn.hops })
  }
  await runner.dispose()
  return turns
}

/** As in the program: each part goes through the router, which has one candidate. */
function routed(): Pick<RoutedEngines, 'asr' | 'chat' | 'tts'> {
  const memory = new RouteMemory({ clock: systemClock })
  const ready = (): boolean => true
  const registry = createServiceRegistry({
    settings: () => defaultSettings,
    vault: { get: () => null },
    env: {},
    clock: systemClock,
    memory,
    own: () => ({
      asr: { engine: createFakeAsr({ hears: 'What is the capital of France?' }), model: 'asr', ready },
      chat: { engine: createFakeChat({ reply: REPLY }), model: 'chat', ready },
      tts: { engine: createFakeTts(), model: 'tts', ready },
    }),
  })
  return createRoutedEngines({ registry, memory, clock: systemClock })
}

/** Frames come in rounds of the event loop, as they do from a device. */
function nextRound(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
