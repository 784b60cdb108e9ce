import type { FromAudioChild, ToAudioChild } from '../../../src-main/audio/protocol'
import type { AudioNotice } from '../../../src-main/ports/audio-device'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MicrophoneController } from '../../../src-main/audio/microphone'
import { SoundSystem } from '../../../src-main/audio/sound-system'
import { Supervisor } from '../../../src-main/audio/supervisor'
import { Emitter } from '../../../src-main/lib/emitter'
import { silentLogger } from '../../../src-main/ports/logger'
import { createManualClock } from '../../fakes/manual-clock'

let takesDir: string
beforeEach(async () => {
  takesDir = await mkdtemp(join(tmpdir(), 'parley-mic-'))
})
afterEach(() => rm(takesDir, { recursive: true, force: true }))

/** A machine with one sound card and no sound server; its child says what the test makes it say. */
function world(rateHz = 48_000) {
  const clock = createManualClock()
  const sent: ToAudioChild[] = []
  const child = { pid: 1, messages: new Emitter<unknown>(), exits: new Emitter<{ code: number | null }>(), send: (message: unknown) => void sent.push(message as ToAudioChild), kill() {} }
  const notices = new Emitter<AudioNotice>()
  const states: string[] = []
  notices.subscribe(notice => notice.type === 'microphone' && states.push(notice.state))
  const supervisor = new Supervisor({ clock, logger: silentLogger, spawn: () => child })
  const system = new SoundSystem({ clock, logger: silentLogger, findAddress: async () => undefined, cardsDenied: async () => undefined })
  const microphone = new MicrophoneController({ supervisor, system, clock, logger: silentLogger, takesDir, notices })
  const list = (defaultSampleRateHz: number): void => system.setPortAudioDevices([{ name: 'Headset', hostApi: 'ALSA', maxInputChannels: 1, maxOutputChannels: 0, defaultSampleRateHz, isDefaultInput: true, isDefaultOutput: false }])
  const say = (message: FromAudioChild): void => child.messages.emit(message)
  const opened = () => sent.filter(message => message.type === 'open-capture').map(({ captureId, target }) => ({ captureId, rateHz: target.rateHz }))
  async function warm(): Promise<void> {
    await microphone.configure({ mode: 'warm', lingerMs: 0, deviceId: null })
    supervisor.start()
    say({ type: 'ready' })
    microphone.start()
    list(rateHz)
  }
  async function close(): Promise<void> {
    await microphone.close()
    const closing = supervisor.close()
    child.exits.emit({ code: 0 })
    await closing
  }
  return { clock, list, microphone, opened, say, states, warm, close }
}

describe('microphone', () => {
  it('field 25: counts as open at its first sample, and no sooner', async () => {
    const { microphone, opened, say, states, warm, close } = world()
    await warm()
    expect([opened(), microphone.state]).toEqual([[{ captureId: 1, rateHz: 48_000 }], 'opening'])
    say({ type: 'heartbeat' })
    // Sound of a stream that is not this one.
    say({ type: 'capture-sound', captureId: 7, samples: new Int16Array(480), rateHz: 48_000, capturedAtMs: 0 })
    expect(microphone.state).toBe('opening')
    say({ type: 'capture-sound', captureId: 1, samples: new Int16Array(480), rateHz: 48_000, capturedAtMs: 0 })
    expect(states).toEqual(['opening', 'open'])
    await close()
  })

  it('field 30: one that could not be opened at a stale rate is opened at the rate that it has by then', async () => {
    const { clock, list, opened, say, warm, close } = world(48_000)
    await warm()
    say({ type: 'capture-failed', captureId: 1, message: 'Invalid sample rate' })
    list(16_000)
    clock.advance(100)
    expect(opened()).toEqual([{ captureId: 1, rateHz: 48_000 }, { captureId: 2, rateHz: 16_000 }])
    await close()
  })
})
