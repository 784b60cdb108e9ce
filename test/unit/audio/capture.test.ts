import type { NativeAudio, NativeStream } from '../../../src-main/audio/child/native'
import type { FromAudioChild } from '../../../src-main/audio/protocol'
import { Buffer } from 'node:buffer'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { blocksToRead, Capture } from '../../../src-main/audio/child/capture'

const RATE_HZ = 48_000
const BLOCK_MS = 20
const BLOCK_SAMPLES = (RATE_HZ * BLOCK_MS) / 1000

type Sound = Extract<FromAudioChild, { type: 'capture-sound' }>

/** A device that gives a block every 20 ms of its own clock, which may go wrong by `ppm`; each block counts up. */
function device(ppm = 0) {
  const startedAtMs = performance.now()
  const blockMs = BLOCK_MS / (1 + ppm / 1e6)
  let taken = 0
  let reads = 0
  const stream: NativeStream = {
    start() {},
    async read(bytes) {
      reads++
      const from = taken
      taken += bytes / 2
      const thereAtMs = startedAtMs + Math.ceil(taken / BLOCK_SAMPLES) * blockMs
      const waitMs = thereAtMs - performance.now()
      if (waitMs > 0)
        await new Promise(resolve => setTimeout(resolve, waitMs))
      return { buf: Buffer.from(Int16Array.from({ length: bytes / 2 }, (_, i) => Math.floor((from + i) / BLOCK_SAMPLES)).buffer) }
    },
    write: async () => undefined,
    async quit() {},
  }
  const native: NativeAudio = {
    create: () => stream,
    getDevices: () => [{ id: 0, name: 'a microphone', hostAPIName: 'a system', maxInputChannels: 1, maxOutputChannels: 0, defaultSampleRate: RATE_HZ }],
    getHostAPIs: () => ({ defaultHostAPI: 0, HostAPIs: [{ name: 'a system', defaultInput: 0, defaultOutput: -1 }] }),
  }
  return {
    native,
    readCount: () => reads,
    /** Sound that the device has given and nobody has fetched. */
    waitingMs: () => (performance.now() - startedAtMs) * (1 + ppm / 1e6) - (taken / RATE_HZ) * 1000,
  }
}

function open(pace: 'live' | 'idle', ppm = 0) {
  const source = device(ppm)
  const sounds: (Sound & { readonly atMs: number })[] = []
  const capture = new Capture(1, pace, (message) => {
    expect(message.type).toBe('capture-sound')
    sounds.push({ ...message as Sound, atMs: performance.now() })
  })
  capture.open(source.native, { pulseName: null, portAudio: { name: 'a microphone', hostApi: 'a system' }, rateHz: RATE_HZ })
  return { ...source, sounds, capture }
}

const blocksOf = ({ samples }: Sound) => samples.length / BLOCK_SAMPLES
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('capture', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('at the idle pace fetches ten times a second what has gathered, whole and in order', async () => {
    const { sounds, readCount, capture } = open('idle')
    await pass(10_000)
    await capture.close()
    expect(readCount()).toBeLessThanOrEqual(102)
    const all = sounds.flatMap(({ samples }) => [...samples].filter((_, i) => i % BLOCK_SAMPLES === 0))
    expect(all).toEqual(Array.from({ length: all.length }, (_, i) => i))
    expect(all.length).toBeGreaterThan(490)
    // Dated by when it was there: the first sample of a message is as old as the message is long.
    for (const sound of sounds.slice(1))
      expect(Math.abs(sound.atMs - sound.capturedAtMs - blocksOf(sound) * BLOCK_MS)).toBeLessThan(2)
  })

  it('gives at once what has gathered when somebody begins to listen, and then each block as it comes', async () => {
    const { sounds, capture } = open('idle')
    await pass(1_065)
    const before = sounds.length
    capture.setPace('live')
    await pass(0)
    const gathered = sounds.slice(before)
    expect(gathered.length).toBe(1)
    const end = sounds.reduce((sum, sound) => sum + blocksOf(sound), 0)
    expect(end).toBe(Math.floor(1_065 / BLOCK_MS))
    await pass(200)
    await capture.close()
    expect(sounds.slice(before + 1).map(blocksOf)).toEqual(Array.from({ length: 10 }).fill(1))
  })

  it.each([1_000, -1_000, 0])('a device whose clock is %i ppm off piles nothing up while it idles', async (ppm) => {
    const { waitingMs, capture, sounds } = open('idle', ppm)
    let mostMs = 0
    // What piles up in six minutes at this drift is twice the bound.
    for (let minute = 0; minute < 6; minute++) {
      await pass(60_000)
      sounds.length = 0
      mostMs = Math.max(mostMs, waitingMs())
    }
    await capture.close()
    expect(mostMs).toBeLessThan(150)
  })

  it('ends while it waits', async () => {
    const { sounds, readCount, capture } = open('idle')
    await pass(550)
    const before = { sounds: sounds.length, reads: readCount() }
    await capture.close()
    await pass(1_000)
    // A stream that was ended must not be read: the native library would never answer.
    expect({ sounds: sounds.length, reads: readCount() }).toEqual(before)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('blocks to read', () => {
  it('live: what is there, or the next one; idle: what is there and the next one; never more than half the queue', () => {
    const at = [0, 19.9, 20, 59, 60, 100, 10_000]
    expect(at.map(ms => blocksToRead(ms, 'live'))).toEqual([1, 1, 1, 2, 3, 5, 50])
    expect(at.map(ms => blocksToRead(ms, 'idle'))).toEqual([1, 1, 2, 3, 4, 6, 50])
  })
})
