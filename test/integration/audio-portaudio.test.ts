import type { StagedDevice } from '../support/audio-device'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { firstSoundMs, lastSoundMs, monotonicMs } from '../../scripts/stage/index.mjs'
import { buildAudioChild } from '../support/audio-child'
import { listen, stagedDevice, untilOpen } from '../support/audio-device'
import { tone, useStage } from '../support/stage'

const stage = useStage({ display: false })
let child: Awaited<ReturnType<typeof buildAudioChild>>
let staged: StagedDevice
beforeAll(async () => {
  child = await buildAudioChild()
})
beforeEach(async () => {
  staged = await stagedDevice(stage(), child.path, { pulse: null })
  await staged.device.start()
})
afterEach(() => staged[Symbol.asyncDispose]())
afterAll(() => child.remove())

/** What Windows, macOS and a Linux without a sound server have: PortAudio's own list. */
describe('sound with no server to ask', () => {
  it('field 29: lists what PortAudio finds, also asked at once, and while the microphone is warm', async () => {
    const { device } = staged
    const first = await device.devices()
    expect(first.filter(({ kind }) => kind === 'input').map(({ id }) => id)).toContain('portaudio:ALSA:vmic')
    expect(first.filter(({ kind, isDefault }) => kind === 'output' && isDefault).length).toBe(1)
    await device.microphone.configure({ mode: 'warm', lingerMs: 0, deviceId: null })
    await untilOpen(device)
    expect(await device.devices()).toEqual(first)
    await untilOpen(device)
    // A new child has looked anew, and nobody was told of a loss.
    expect(staged.pids.length).toBeGreaterThanOrEqual(2)
    expect(staged.notices.map(({ type }) => type)).not.toContain('child-lost')
  })

  it('records from the chosen device and plays at once after the start', async () => {
    const { device } = staged
    const recorder = await stage().recordSpeaker()
    async function* sound() {
      yield { samples: tone(400, { sampleRateHz: 22_050 }), sampleRate: 22_050, pieceIndex: 0, last: true }
    }
    const report = await device.speaker.play(sound(), { signal: new AbortController().signal })
    const resolvedAtMs = monotonicMs()
    await recorder.untilQuiet({ quietMs: 200 })
    const recording = await recorder.stop()
    // It resolves when all was heard, not before.
    expect((lastSoundMs(recording) ?? Infinity) - resolvedAtMs).toBeLessThan(10)
    expect({ ...report, playedMs: Math.round(report.playedMs) }).toEqual({ playedMs: 400, lastPieceIndex: 0, interrupted: false })
    expect((lastSoundMs(recording) ?? 0) - (firstSoundMs(recording) ?? 0)).toBeGreaterThan(385)
    await device.microphone.configure({ mode: 'warm', lingerMs: 0, deviceId: 'portaudio:ALSA:vmic' })
    await untilOpen(device)
    const take = await device.microphone.startTake('t1')
    const heard = listen(take, samples => samples.some(sample => Math.abs(sample) > 1500))
    await stage().playMicPcm({ samples: tone(300), sampleRateHz: 48_000 })
    expect((await heard).length).toBeGreaterThan(320)
  })

  it('the server behind it dies: the silence is noticed, the child replaced, and the take goes on when it is back', async () => {
    const { device, until } = staged
    await device.microphone.configure({ mode: 'warm', lingerMs: 0, deviceId: null })
    await untilOpen(device)
    const take = await device.microphone.startTake('t1')
    const lost = until('child-lost')
    const killed = stage().killSound()
    expect((await lost).reason).toBe('hung')
    await killed
    const back = until('child-restored', 15_000)
    await stage().startSound()
    await back
    const heard = listen(take, samples => samples.some(sample => Math.abs(sample) > 1500))
    await stage().playMicPcm({ samples: tone(300), sampleRateHz: 48_000 })
    await heard
    expect((await take.stop()).missingFrames).toBeGreaterThan(0)
  })
})
