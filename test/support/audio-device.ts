import type { Stage } from '../../scripts/stage/index.mjs'
import type { AudioDeviceOptions } from '../../src-main/audio/naudiodon-device'
import type { AudioDevice, AudioNotice, Take } from '../../src-main/ports/audio-device'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { createAudioDevice } from '../../src-main/audio/naudiodon-device'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { spawnFrom } from './audio-child'

export interface StagedDevice extends AsyncDisposable {
  readonly device: AudioDevice
  readonly notices: AudioNotice[]
  /** Every audio child that was started, in order. */
  readonly pids: number[]
  readonly takesDir: string
  /** Resolves at the next notice of this type. */
  readonly until: <T extends AudioNotice['type']>(type: T, timeoutMs?: number) => Promise<Extract<AudioNotice, { type: T }>>
}

/** A real device on a stage, with a folder for its takes. */
export async function stagedDevice(stage: Stage, childPath: string, options: Partial<AudioDeviceOptions> = {}): Promise<StagedDevice> {
  const takesDir = await mkdtemp(join(stage.dir, 'takes-'))
  const pids: number[] = []
  const device = createAudioDevice({
    spawn: spawnFrom(childPath, stage.env, pids),
    clock: systemClock,
    logger: silentLogger,
    takesDir,
    pulse: { path: join(stage.dir, 'pulse.sock') },
    ...options,
  })
  const notices: AudioNotice[] = []
  device.notices.subscribe(notice => notices.push(notice))
  return {
    device,
    notices,
    pids,
    takesDir,
    until: (type, timeoutMs = 5000) => new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        off()
        reject(new Error(`no notice ${type} within ${timeoutMs} ms; there were ${JSON.stringify(notices.map(notice => notice.type))}`))
      }, timeoutMs)
      const off = device.notices.subscribe((notice) => {
        if (notice.type !== type)
          return
        clearTimeout(timer)
        off()
        resolve(notice as Extract<AudioNotice, { type: typeof type }>)
      })
    }),
    async [Symbol.asyncDispose]() {
      await device[Symbol.asyncDispose]()
      await rm(takesDir, { recursive: true, force: true })
    },
  }
}

/** Resolves when the microphone delivers. */
export async function untilOpen(device: AudioDevice): Promise<void> {
  while (device.microphone.state !== 'open')
    await new Promise(resolve => setTimeout(resolve, 5))
}

/** Reads a take to its end; `until` is called with all samples so far, and its `true` ends the take. */
export async function listen(take: Take, until?: (samples: number[]) => boolean): Promise<number[]> {
  const samples: number[] = []
  for await (const frame of take.frames()) {
    samples.push(...frame.samples)
    if (until?.(samples))
      void take.stop()
  }
  return samples
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  }
  catch {
    return false
  }
}
