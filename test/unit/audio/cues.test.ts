import type { PlayableChunk, PlayOptions } from '../../../src-main/ports/audio-device'
import { describe, expect, it } from 'vitest'
import { createCuePlayer, CUE_RATE_HZ, failCue, startCue, stopCue } from '../../../src-main/audio/cues'
import { resample } from '../../../src-main/lib/resampler'
import { silentLogger } from '../../../src-main/ports/logger'
import { createManualClock } from '../../fakes/manual-clock'

const CUES = [['start', startCue], ['stop', stopCue], ['fail', failCue]] as const
const BAND_HZ = 50

/** Energy of a band `BAND_HZ` wide around `hz` (Goertzel over the sound, with silence around it). */
function bandEnergy(samples: Int16Array, hz: number, rateHz: number): number {
  const coefficient = 2 * Math.cos(2 * Math.PI * hz / rateHz)
  let last = 0
  let former = 0
  for (const sample of samples)
    [former, last] = [last, sample + coefficient * last - former]
  return last * last + former * former - coefficient * last * former
}

/** Of the whole, in dB. Bands are narrower than what a sound of this length can resolve: none is left out. */
function energyDb(samples: Int16Array, fromHz: number, toHz: number): number {
  const step = Math.min(BAND_HZ, 1000 / (samples.length / CUE_RATE_HZ * 1000) / 2)
  let inside = 0
  let all = 0
  for (let hz = step; hz < CUE_RATE_HZ / 2; hz += step) {
    const energy = bandEnergy(samples, hz, CUE_RATE_HZ)
    all += energy
    inside += hz >= fromHz && hz < toHz ? energy : 0
  }
  return 10 * Math.log10(inside / all)
}

function fullScale(samples: Int16Array): Int16Array {
  const peak = Math.max(...samples.map(Math.abs))
  return samples.map(sample => Math.round(sample * 32767 / peak))
}

function peakDb(samples: ArrayLike<number>): number {
  return 20 * Math.log10(Math.max(1e-6, ...Array.from(samples, Math.abs)) / 32768)
}

/** A cue at full scale in the middle of 300 ms, at the rate of a microphone that would hear it. */
function inRoom(cue: Int16Array, rateHz: number, phaseSamples: number): Int16Array {
  const room = new Int16Array(CUE_RATE_HZ * 0.3)
  room.set(fullScale(cue), 3_000 + phaseSamples)
  return rateHz === CUE_RATE_HZ ? room : resample(room, CUE_RATE_HZ, rateHz)
}

describe.each(CUES)('the %s cue', (_, make) => {
  const cue = make()

  it('is short, and not loud enough to be cut when another one sounds', () => {
    const samples = Math.max(...cue.map(Math.abs))
    expect(cue.length / CUE_RATE_HZ).toBeLessThanOrEqual(0.12)
    expect(samples).toBeGreaterThan(0.4 * 32767)
    expect(samples).toBeLessThan(0.5 * 32767)
  })

  it('has all its sound between 8.2 and 11 kHz, the splatter of its edges included', () => {
    expect(energyDb(cue, 0, 8_200)).toBeLessThan(-70)
    expect(energyDb(cue, 11_000, 24_000)).toBeLessThan(-70)
    expect(energyDb(cue, 8_200, 11_000)).toBeGreaterThan(-0.01)
  })

  it('begins and ends without a step', () => {
    const room = [0, ...cue, 0]
    const atEdges = [...room.slice(0, 48), ...room.slice(-48)]
    expect(Math.max(...atEdges.map(Math.abs))).toBeLessThan(0.01 * 32767)
  })

  it.each([48_000, 44_100, 96_000])('is not in a recording of a microphone at %i Hz, even at full scale', (rateHz) => {
    for (const phase of [0, 1, 2, 7]) {
      const room = inRoom(cue, rateHz, phase)
      expect(peakDb(room)).toBeGreaterThan(-0.5)
      expect(peakDb(resample(room, rateHz, 16_000))).toBeLessThan(-60)
    }
  })

  it('leaves what is said at the same time as it is', () => {
    const voice = Int16Array.from({ length: CUE_RATE_HZ * 0.3 }, (_, i) => Math.round(9_000 * Math.sin(2 * Math.PI * 700 * i / CUE_RATE_HZ)))
    const quieter = inRoom(cue, CUE_RATE_HZ, 0).map(sample => sample * 0.7)
    const together = resample(voice.map((sample, i) => sample + (quieter[i] as number)), CUE_RATE_HZ, 16_000)
    const alone = resample(voice, CUE_RATE_HZ, 16_000)
    expect(peakDb(together.map((sample, i) => sample - (alone[i] as number)))).toBeLessThan(-60)
  })
})

it('the cues differ: up, down, and the same twice', () => {
  const pitch = (samples: Int16Array): number => energyDb(samples, 8_200, 9_500) > energyDb(samples, 9_500, 11_000) ? 1 : 2
  const halves = (cue: Int16Array): number[] => [pitch(cue.slice(0, cue.length / 2)), pitch(cue.slice(cue.length / 2))]
  expect(CUES.map(([, make]) => halves(make()))).toEqual([[1, 2], [2, 1], [1, 1]])
})

describe('playing cues', () => {
  interface Play { readonly chunks: AsyncIterable<PlayableChunk>, readonly options: PlayOptions, readonly fail: (error: Error) => void }

  function stand(settings = { on: true, volume: 0.5 }) {
    const clock = createManualClock()
    const plays: Play[] = []
    const player = createCuePlayer({
      clock,
      logger: silentLogger,
      settings: () => settings,
      speaker: {
        play: (chunks, options) => new Promise((resolve, reject) => {
          plays.push({ chunks, options, fail: reject })
          options.signal.addEventListener('abort', () => resolve({ playedMs: 0, lastPieceIndex: null, interrupted: true }))
        }),
      },
    })
    return { clock, plays, player, settings }
  }

  it('plays the right one, at the set volume', async () => {
    const { player, plays, settings } = stand()
    player.start()
    settings.volume = 0.2
    player.stop()
    player.fail()
    const sounds = await Promise.all(plays.map(async ({ chunks, options }) => {
      const all: PlayableChunk[] = []
      for await (const chunk of chunks)
        all.push(chunk)
      return { all, volume: options.volume }
    }))
    const expected = (samples: Int16Array, volume: number) => ({ all: [{ samples, sampleRate: 48_000, pieceIndex: 0, last: true }], volume })
    expect(sounds).toEqual([expected(startCue(), 0.5), expected(stopCue(), 0.2), expected(failCue(), 0.2)])
  })

  it('does nothing when off, or at no volume', () => {
    for (const settings of [{ on: false, volume: 1 }, { on: true, volume: 0 }]) {
      const { player, plays } = stand(settings)
      player.start()
      player.stop()
      player.fail()
      expect(plays).toEqual([])
    }
  })

  it('one that is not heard yet gives way to the next, one that sounds runs out', () => {
    const { player, plays } = stand()
    player.start()
    player.stop()
    expect(plays.map(({ options }) => options.signal.aborted)).toEqual([true, false])
    plays[1]?.options.onStarted?.(0)
    player.fail()
    expect(plays.map(({ options }) => options.signal.aborted)).toEqual([true, false, false])
  })

  it('comes at once or not at all', () => {
    const { clock, player, plays } = stand()
    player.start()
    clock.advance(249)
    expect(plays[0]?.options.signal.aborted).toBe(false)
    clock.advance(1)
    expect(plays[0]?.options.signal.aborted).toBe(true)
    player.stop()
    plays[1]?.options.onStarted?.(0)
    clock.advance(300)
    expect(plays[1]?.options.signal.aborted).toBe(false)
  })

  it('never throws: no loudspeaker is no cue', async () => {
    const { clock, player, plays } = stand()
    player.start()
    plays[0]?.fail(new Error('no loudspeaker'))
    await new Promise(resolve => setImmediate(resolve))
    expect(clock.pending).toBe(0)
    const broken = createCuePlayer({ clock, logger: silentLogger, settings: () => {
      throw new Error('no settings')
    }, speaker: { play: () => {
      throw new Error('broken')
    } } })
    expect(() => {
      broken.start()
      broken.fail()
    }).not.toThrow()
  })
})
