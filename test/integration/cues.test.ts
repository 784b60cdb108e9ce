import type { CuePlayer } from '../../src-main/audio/cues'
import type { AsrEvent } from '../../src-main/ports/asr-engine'
import type { PlayableChunk, PlaybackReport } from '../../src-main/ports/audio-device'
import type { StagedDevice } from '../support/audio-device'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { soundSpans } from '../../scripts/stage/index.mjs'
import { createCuePlayer, CUE_RATE_HZ, startCue } from '../../src-main/audio/cues'
import { loadAsr } from '../../src-main/inference/child/asr'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { buildAudioChild } from '../support/audio-child'
import { listen, stagedDevice, untilOpen } from '../support/audio-device'
import { MOONSHINE_BASE, MOONSHINE_TINY, SILERO } from '../support/local-models'
import { tone, useStage } from '../support/stage'

const CUE_MS = startCue().length / CUE_RATE_HZ * 1000

function db(value: number): number {
  return 20 * Math.log10(Math.max(value, 0.1) / 32768)
}

describe('cues in a room where the microphone hears the loudspeaker', () => {
  const stage = useStage({ display: false })
  let child: Awaited<ReturnType<typeof buildAudioChild>>
  let staged: StagedDevice
  let cues: CuePlayer
  beforeAll(async () => {
    child = await buildAudioChild()
  })
  beforeEach(async () => {
    await stage().startSound()
    await stage().pactl('load-module', 'module-loopback', 'source=spk.monitor', 'sink=micsink', 'latency_msec=20')
    staged = await stagedDevice(stage(), child.path)
    const { device } = staged
    await device.microphone.configure({ mode: 'warm', lingerMs: 0, deviceId: null })
    await device.start()
    await untilOpen(device)
    cues = createCuePlayer({ speaker: device.speaker, clock: systemClock, logger: silentLogger, settings: () => ({ on: true, volume: 1 }) })
  })
  afterEach(async () => {
    await staged[Symbol.asyncDispose]()
    await stage().killSound() // and the loop with it
  })
  afterAll(() => child.remove())

  /** Plays cues into a take; tells what the microphone's own source heard, and what is in the recording. */
  async function takeWith(play: () => void): Promise<{ readonly heard: Int16Array, readonly recorded: number[] }> {
    const room = await stage().recordSource('vmic')
    const take = await staged.device.microphone.startTake('t1')
    play()
    const frames = listen(take)
    await room.untilSound()
    await room.untilQuiet({ quietMs: 400 })
    await take.stop()
    return { heard: (await room.stop()).samples, recorded: await frames }
  }

  it('they are heard in the room and not in the recording, and the recogniser hears nothing', async () => {
    const { heard, recorded } = await takeWith(() => {
      cues.start()
      setTimeout(() => cues.stop(), 300)
      setTimeout(() => cues.fail(), 600)
    })
    expect(db(Math.max(...heard.map(Math.abs)))).toBeGreaterThan(-10)
    expect(recorded.length).toBeGreaterThan(16_000)
    const peakDb = db(recorded.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0))
    figure('peak of the cues in the recording, dBFS', peakDb)
    expect(peakDb).toBeLessThan(-60)
    expect(await recognise(Int16Array.from(recorded))).toEqual([])
  })

  it('sounds at once, and a reply that is being spoken is not disturbed', async () => {
    const room = await stage().recordSpeaker()
    const reply = tone(2_000, { sampleRateHz: 22_050 })
    let speaking: Promise<PlaybackReport> | undefined
    await new Promise<void>((resolve) => {
      speaking = staged.device.speaker.play(inOnePiece(reply), { signal: new AbortController().signal, onStarted: () => resolve() })
    })
    await new Promise(resolve => setTimeout(resolve, 300))
    const calledAtMs = systemClock.nowMs()
    cues.start()
    const report = await speaking
    await room.untilQuiet({ quietMs: 200 })
    const recording = await room.stop()
    expect(report && { ...report, playedMs: Math.round(report.playedMs) }).toEqual({ playedMs: 2_000, lastPieceIndex: 0, interrupted: false })
    const spans = soundSpans(recording, { minSilenceMs: 4 })
    expect(spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)).toBeGreaterThan(1_990)
    // A machine that is held up may put one pause into it.
    expect(spans.length).toBeLessThanOrEqual(2)
    const cue = soundSpans({ ...recording, samples: withoutLows(recording.samples) })
    expect(cue.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)).toBeGreaterThan(CUE_MS * 0.7)
    figure('cue → first sample at the monitor, during a reply, ms', (cue[0]?.fromMs ?? 0) - calledAtMs)
    expect((cue[0]?.fromMs ?? Infinity) - calledAtMs).toBeLessThan(150)
  })
})

async function* inOnePiece(samples: Int16Array): AsyncGenerator<PlayableChunk> {
  yield { samples, sampleRate: 22_050, pieceIndex: 0, last: true }
}

/** What a 440 Hz tone is, taken away: four differences are -98 dB at 440 Hz and +2 dB at 8.5 kHz. */
function withoutLows(samples: Int16Array): Int16Array {
  let rest = Float64Array.from(samples)
  for (let i = 0; i < 4; i++)
    rest = rest.map((sample, at) => sample - (rest[at - 1] ?? 0))
  return Int16Array.from(rest, sample => Math.max(-32768, Math.min(32767, sample / 4)))
}

async function recognise(samples: Int16Array): Promise<string[]> {
  const asr = await loadAsr({ asr: MOONSHINE_BASE, rescue: MOONSHINE_TINY, vad: SILERO }, { threads: 2 })
  const texts: string[] = []
  const session = asr.createSession({ emit: (event: AsrEvent) => 'text' in event && event.text !== '' && texts.push(event.text) })
  session.push(samples)
  await session.finish()
  await asr.dispose()
  return texts
}

function figure(name: string, value: number): void {
  if (process.env['PARLEY_FIGURES'])
    process.stdout.write(`${name}: ${value.toFixed(1)}\n`)
}
