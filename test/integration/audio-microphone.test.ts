import type { StageRecording } from '../../scripts/stage/index.mjs'
import type { StagedDevice } from '../support/audio-device'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { firstSoundMs, lastSoundMs, monotonicMs } from '../../scripts/stage/index.mjs'
import { readAudio } from '../../src-main/audio/read-audio'
import { buildAudioChild } from '../support/audio-child'
import { isAlive, listen, stagedDevice, untilOpen } from '../support/audio-device'
import { tone, useStage } from '../support/stage'

const stage = useStage({ display: false })
let child: Awaited<ReturnType<typeof buildAudioChild>>
let staged: StagedDevice
beforeAll(async () => {
  child = await buildAudioChild()
})
beforeEach(async () => {
  await stage().startSound() // where a failed test left it dead
  staged = await stagedDevice(stage(), child.path)
})
afterEach(async () => {
  await staged[Symbol.asyncDispose]()
  expect(staged.pids.filter(isAlive)).toEqual([])
})
afterAll(() => child.remove())

async function warm(): Promise<StagedDevice> {
  await staged.device.microphone.configure({ mode: 'warm', lingerMs: 0, deviceId: null })
  await staged.device.start()
  await untilOpen(staged.device)
  return staged
}

const LOUD = 1500
const loudMs = (samples: readonly number[]) => samples.filter(sample => Math.abs(sample) > LOUD / 4).length / 16
const isLoud = (samples: readonly number[]) => samples.some(sample => Math.abs(sample) > LOUD)
/** The sound of the tone has come and gone. */
const heardAll = (samples: readonly number[]) => isLoud(samples) && !isLoud(samples.slice(-1600))

const SOUND = { samples: tone(600), sampleRateHz: 48_000 }

/** From the first to the last loud sample, in ms. */
function spanMs(samples: readonly number[]): number {
  const first = samples.findIndex(sample => Math.abs(sample) > LOUD / 4)
  const last = samples.findLastIndex(sample => Math.abs(sample) > LOUD / 4)
  return first < 0 ? 0 : (last - first) / 16
}

function spanOf(recording: StageRecording): number {
  const options = { thresholdDb: 20 * Math.log10(LOUD / 4 / 32768) }
  return (lastSoundMs(recording, options) ?? 0) - (firstSoundMs(recording, options) ?? 0)
}

async function onDisk(path: string): Promise<number[]> {
  const all: number[] = []
  for await (const { samples } of readAudio(path))
    all.push(...samples)
  return all
}

describe('microphone on the stage', () => {
  it('field 28: hears what is played, at the rate of the device, converted to 16 kHz, and writes the same to the take', async () => {
    const { device } = await warm()
    const reference = await stage().recordSource('vmic')
    const take = await device.microphone.startTake('t1')
    const heard = listen(take, heardAll)
    await stage().playMicPcm(SOUND)
    const samples = await heard
    // Against another listener at the same source: on a busy machine the player itself may stutter.
    const playedMs = spanOf(await reference.stop())
    expect(Math.abs(spanMs(samples) - playedMs)).toBeLessThan(15)
    expect(playedMs).toBeGreaterThan(590)
    const counters = await take.stop()
    expect(counters).toEqual({ durationMs: samples.length / 16, preRollMs: counters.preRollMs, missingFrames: 0 })
    expect(await onDisk(take.path)).toEqual(samples)
  })

  it('field 25: keeps the first word: what was said 300 ms before the key is in the take', async () => {
    const { device } = await warm()
    await new Promise(resolve => setTimeout(resolve, 600)) // the pre-roll is full
    const playing = stage().startMicPcm({ samples: tone(2000), sampleRateHz: 48_000 })
    await new Promise<void>((resolve) => {
      const off = device.microphone.levels.subscribe(({ peakDb }) => {
        if (peakDb < -30)
          return
        off()
        setTimeout(resolve, 300)
      })
    })
    const take = await device.microphone.startTake('t1')
    const samples = await listen(take, all => all.length > 16_000)
    await playing.stop()
    const counters = await take.stop()
    const silenceMs = samples.findIndex(sample => Math.abs(sample) > LOUD / 4) / 16
    expect(counters.preRollMs).toBe(500)
    // The tone began 300 ms and some before the start: there must be silence before it in 500 ms of pre-roll, and
    // it must begin within the pre-roll (frames held up on a busy machine come after it, and make it begin later).
    expect(silenceMs).toBeGreaterThan(40)
    expect(silenceMs).toBeLessThan(480)
    expect(loudMs(samples.slice(Math.round(silenceMs * 16), 16_000))).toBeGreaterThan(0.7 * (1000 - silenceMs))
  })

  it('field 4: starting the same take twice, at once or later, is one take', async () => {
    const { device, takesDir } = await warm()
    const [a, b] = await Promise.all([device.microphone.startTake('same'), device.microphone.startTake('same')])
    const c = await device.microphone.startTake('same')
    expect([b, c]).toEqual([a, a])
    await listen(a, samples => samples.length > 3200)
    expect(await readdir(takesDir)).toEqual(['same.wav'])
    expect(await a.stop()).toEqual(await a.stop())
  })

  it('twenty takes in a row leave nothing open', async () => {
    const { device, takesDir, pids } = await warm()
    const before = await openFiles()
    for (let i = 0; i < 20; i++) {
      const take = await device.microphone.startTake(`take-${i}`)
      await listen(take, samples => samples.length > 1600)
      expect((await take.stop()).missingFrames).toBe(0)
    }
    expect((await readdir(takesDir)).length).toBe(20)
    expect(pids.length).toBe(1)
    expect(await openFiles()).toBeLessThanOrEqual(before)
  })

  it('cold: nothing is open until a take starts, and again after it', async () => {
    const { device } = staged
    await device.microphone.configure({ mode: 'cold', lingerMs: 0, deviceId: null })
    await device.start()
    expect(device.microphone.state).toBe('closed')
    const take = await device.microphone.startTake('t1')
    expect(device.microphone.state).toBe('opening')
    await listen(take, samples => samples.length > 3200)
    expect((await take.stop()).preRollMs).toBe(0)
    expect(device.microphone.state).toBe('closed')
    const captures = await stage().pactl('list', 'short', 'source-outputs')
    expect(captures.split('\n').filter(line => line.includes('s16le 1ch 48000Hz')).length).toBeLessThanOrEqual(3)
  })

  it('linger: stays open for a while after a take, then closes', async () => {
    const { device } = staged
    await device.microphone.configure({ mode: 'linger', lingerMs: 300, deviceId: null })
    await device.start()
    const take = await device.microphone.startTake('t1')
    await listen(take, samples => samples.length > 3200)
    const stoppedAtMs = monotonicMs()
    await take.stop()
    expect(device.microphone.state).toBe('open')
    while (device.microphone.state !== 'closed')
      await new Promise(resolve => setTimeout(resolve, 5))
    expect(monotonicMs() - stoppedAtMs).toBeGreaterThan(290)
  })

  it.each(['SIGKILL', 'SIGSTOP'] as const)('a child that gets %s in a take is replaced; the take goes on in the same file', async (signal) => {
    const { device, pids, until, notices } = await warm()
    const take = await device.microphone.startTake('t1')
    let after = 0
    let restored = false
    const heard = listen(take, (samples) => {
      after = restored ? after || samples.length : 0
      return after > 0 && samples.length > after + 8000
    })
    await new Promise(resolve => setTimeout(resolve, 200))
    const lost = until('child-lost')
    const back = until('child-restored')
    const strikeAtMs = monotonicMs()
    process.kill(pids[0] as number, signal)
    expect((await lost).reason).toBe(signal === 'SIGKILL' ? 'exited' : 'hung')
    const noticedMs = monotonicMs() - strikeAtMs
    const { downMs } = await back
    restored = true
    const samples = await heard
    const counters = await take.stop()
    report(`child ${signal}`, { noticedMs, downMs, missingFrames: counters.missingFrames })
    expect(noticedMs).toBeLessThan(500)
    expect(downMs).toBeLessThan(500)
    expect(counters.durationMs).toBe(samples.length / 16)
    // What was not delivered is counted: about the time it was down.
    expect(counters.missingFrames * 20).toBeGreaterThan(downMs - 60)
    expect(counters.missingFrames * 20).toBeLessThan(noticedMs + downMs + 150)
    expect(await onDisk(take.path)).toEqual(samples)
    expect(pids.length).toBe(2)
    expect(notices.filter(({ type }) => type === 'child-lost').length).toBe(1)
  })

  it('the sound server dies in the middle of a take and comes back: what was captured is kept, the take goes on', async () => {
    const { device, until } = await warm()
    const take = await device.microphone.startTake('t1')
    const samples: number[] = []
    const reading = (async () => {
      for await (const frame of take.frames())
        samples.push(...frame.samples)
    })()
    const reference = await stage().recordSource('vmic')
    await stage().playMicPcm(SOUND)
    await new Promise(resolve => setTimeout(resolve, 100))
    const playedMs = spanOf(await reference.stop())
    const lost = until('child-lost')
    const killedAtMs = monotonicMs()
    await stage().killSound()
    expect((await lost).reason).toBe('server-lost')
    expect(monotonicMs() - killedAtMs).toBeLessThan(500)
    const before = samples.length
    expect(Math.abs(spanMs(samples) - playedMs)).toBeLessThan(15)
    const back = until('child-restored')
    await stage().startSound()
    const serverBackAtMs = monotonicMs()
    await back
    report('server back to first sample', { ms: monotonicMs() - serverBackAtMs })
    await stage().playMicPcm(SOUND)
    await new Promise(resolve => setTimeout(resolve, 150))
    const counters = await take.stop()
    await reading
    expect(spanMs(samples.slice(before + 320))).toBeGreaterThan(570)
    expect(counters.missingFrames).toBeGreaterThan(0)
    expect(await onDisk(take.path)).toEqual(samples)
  })

  it('without a sound server for long, a start says so within its bound; the file is whole and empty', async () => {
    const { device, takesDir, until } = await warm()
    const lost = until('child-lost')
    await stage().killSound()
    await lost
    await new Promise(resolve => setTimeout(resolve, 350)) // what was heard before is no pre-roll any more
    const fromMs = monotonicMs()
    await expect(device.microphone.startTake('t1')).rejects.toMatchObject({ code: 'no-microphone', retryable: true })
    expect(monotonicMs() - fromMs).toBeLessThan(1500)
    const bytes = await readFile(`${takesDir}/t1.wav`)
    expect({ length: bytes.length, riff: bytes.toString('latin1', 0, 4), data: bytes.readUInt32LE(40) }).toEqual({ length: 44, riff: 'RIFF', data: 0 })
    const back = until('child-restored', 10_000)
    await stage().startSound()
    await back
    const take = await device.microphone.startTake('t1')
    // The id that failed is free again, but its file is kept: a take is never overwritten.
    expect((await listen(take, samples => samples.length > 1600)).length).toBeGreaterThan(1600)
    await take.stop()
  })

  it('field 27: a microphone that is unplugged in a take: the program never hears the loudspeaker instead, and takes the other one', async () => {
    const { device, until, notices } = await warm()
    const take = await device.microphone.startTake('t1')
    const samples: number[] = []
    const reading = (async () => {
      for await (const frame of take.frames())
        samples.push(...frame.samples)
    })()
    // The loudspeaker talks all the time; the server moves a stream that lost its source to the speaker's monitor.
    const talk = stage().startSpeaker({ samples: tone(4000, { hz: 1000 }), sampleRateHz: 48_000 })
    await new Promise(resolve => setTimeout(resolve, 300))
    const lost = until('device-lost')
    await stage().unloadSource()
    expect(await lost).toMatchObject({ kind: 'input', name: 'Stage_microphone' })
    await new Promise(resolve => setTimeout(resolve, 500))
    const changed = until('device-changed')
    await stage().loadSource()
    expect(await changed).toMatchObject({ kind: 'input', name: 'vmic' })
    await untilOpen(device)
    await stage().playMicPcm(SOUND)
    await new Promise(resolve => setTimeout(resolve, 150))
    await talk.stop()
    const counters = await take.stop()
    await reading
    expect(Math.abs(loudMs(samples) - 0.92 * 600)).toBeLessThan(60)
    expect(counters.missingFrames).toBeGreaterThan(15)
    expect(notices.map(({ type }) => type)).not.toContain('child-lost')
  })

  it('field 29: lists devices, remembers a choice, and comes back to it when it returns', async () => {
    await stage().loadSource('usbmic', { makeDefault: false })
    const { device, until } = staged
    await device.microphone.configure({ mode: 'warm', lingerMs: 0, deviceId: 'pulse:usbmic' })
    await device.start()
    await untilOpen(device)
    expect((await device.devices()).filter(({ kind, isMonitor }) => kind === 'input' && !isMonitor)).toEqual([
      { id: 'pulse:vmic', name: expect.any(String), kind: 'input', isDefault: true, isMonitor: false },
      { id: 'pulse:usbmic', name: 'usbmic', kind: 'input', isDefault: false, isMonitor: false },
    ])
    const on = async () => {
      const rows = await stage().pactl('list', 'source-outputs')
      const mine = rows.split('Source Output #').find(row => row.includes(`application.process.id = "${staged.pids[0]}"`))
      const index = /Source: (\d+)/.exec(mine ?? '')?.[1]
      const sources = await stage().pactl('list', 'short', 'sources')
      return sources.split('\n').find(row => row.split('\t')[0] === index)?.split('\t')[1]
    }
    expect(await on()).toBe('usbmic')
    const fallback = until('device-changed')
    await stage().unloadSource('usbmic')
    await fallback
    await untilOpen(device)
    expect(await on()).toBe('vmic')
    const back = until('device-changed')
    await stage().loadSource('usbmic', { makeDefault: false })
    await back
    await untilOpen(device)
    expect(await on()).toBe('usbmic')
    await stage().unloadSource('usbmic')
  })

  it('field 30: a microphone that comes back with another rate, as a headset does, is heard at its pitch', async () => {
    const { device, until } = await warm()
    const lost = until('device-lost')
    await stage().unloadSource()
    await lost
    await stage().pactl('load-module', 'module-remap-source', 'master=micsink.monitor', 'source_name=vmic', 'rate=8000', 'source_properties=device.description=Headset')
    await stage().pactl('set-default-source', 'vmic')
    try {
      expect(await stage().pactl('list', 'short', 'sources')).toMatch(/vmic\t.*8000Hz/)
      await untilOpen(device)
      const take = await device.microphone.startTake('t1')
      const heard = listen(take, heardAll)
      await stage().playMicPcm(SOUND)
      const samples = (await heard).filter((_, i, all) => Math.abs(all[i] ?? 0) > 0)
      const loud = samples.slice(samples.findIndex(sample => Math.abs(sample) > LOUD))
      const ups = loud.slice(0, 3200).filter((sample, i, all) => sample > 0 && (all[i - 1] ?? 1) <= 0).length
      // 440 Hz for 200 ms.
      expect(Math.abs(ups - 88)).toBeLessThan(5)
    }
    finally {
      await stage().unloadSource()
      await stage().loadSource()
    }
  })

  it('field 31: delivers soon after the start, for no device is probed before', async () => {
    const { device } = staged
    await device.microphone.configure({ mode: 'warm', lingerMs: 0, deviceId: null })
    const fromMs = monotonicMs()
    await device.start()
    await untilOpen(device)
    expect(monotonicMs() - fromMs).toBeLessThan(2000)
  })

  it('a folder for takes that cannot be written: told once, the frames come all the same', async () => {
    await staged[Symbol.asyncDispose]()
    const file = join(stage().dir, 'a-file')
    await writeFile(file, '')
    staged = await stagedDevice(stage(), child.path, { takesDir: join(file, 'takes') })
    const { device } = await warm()
    const take = await device.microphone.startTake('t1')
    const samples = await listen(take, all => all.length > 4800)
    expect(samples.length).toBeGreaterThan(4800)
    const counters = await take.stop()
    expect(await take.fileFailure).toBe(counters.fileError)
    expect(counters.fileError?.code).toBeDefined()
    expect(device.microphone.state).toBe('open')
  })

  it('levels are read at most 30 times a second, and only while somebody looks', async () => {
    const { device } = await warm()
    const playing = stage().startMicPcm({ samples: tone(1500), sampleRateHz: 48_000 })
    await new Promise(resolve => setTimeout(resolve, 200))
    const readings: number[] = []
    const off = device.microphone.levels.subscribe(({ peakDb }) => readings.push(peakDb))
    await new Promise(resolve => setTimeout(resolve, 1000))
    off()
    const count = readings.length
    await playing.stop()
    expect(count).toBeGreaterThan(15)
    expect(count).toBeLessThanOrEqual(31)
    expect(Math.max(...readings)).toBeCloseTo(-12.2, 0)
    expect(readings.length).toBe(count)
  })
})

async function openFiles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length
}

function report(what: string, figures: Record<string, number>): void {
  if (process.env['PARLEY_FIGURES'] === '1')
    console.warn(what, Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, Math.round(value * 10) / 10])))
}
