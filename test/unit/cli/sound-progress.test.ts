import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createSoundProgress, progressLine } from '../../../src-main/cli/sound-progress'
import { createManualClock } from '../../fakes/manual-clock'

function terminal(isTTY: boolean): { readonly stream: PassThrough & { readonly isTTY: boolean, readonly columns: number }, readonly written: () => string } {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 40 })
  return { stream, written: () => String(stream.read() ?? '') }
}

describe('the progress of a sound', () => {
  it.each<[number, number | null, number, string]>([
    [0, 60_000, 0, '  0 %  0:00 of 1:00  talk.wav'],
    [15_000, 60_000, 1_000, ' 25 %  0:15 of 1:00  talk.wav'],
    [15_000, 60_000, 10_000, ' 25 %  0:15 of 1:00  about 0:30 left  talk.wav'],
    [3_661_000, 7_322_000, 120_000, ' 50 %  1:01:01 of 2:02:02  about 2:00 left  talk.wav'],
    [60_500, 60_000, 10_000, '100 %  1:00 of 1:00  talk.wav'],
    [61_000, null, 10_000, '1:01  talk.wav'],
  ])('%i of %j ms after %i ms is %j', (doneMs, lengthMs, elapsedMs, line) => {
    expect(progressLine('talk.wav', doneMs, lengthMs, elapsedMs)).toBe(line)
  })

  it('is drawn a few times a second, no wider than the terminal, and taken off again', () => {
    const clock = createManualClock()
    const { stream, written } = terminal(true)
    const progress = createSoundProgress(stream, 'a/very/long/path/to/some/talk.wav', 60_000, clock)
    progress.clear()
    for (let ms = 0; ms < 400; ms += 20) {
      progress.report(ms)
      clock.advance(20)
    }
    expect(written().split('\r\x1B[2K').slice(1)).toEqual(['  0 %  0:00 of 1:00  a/very/long/path/t', '  0 %  0:00 of 1:00  a/very/long/path/t'])
    progress.clear()
    progress.clear()
    expect(written()).toBe('\r\x1B[2K')
  })

  it('is not written where nobody looks', () => {
    const { stream, written } = terminal(false)
    const progress = createSoundProgress(stream, 'talk.wav', 60_000, createManualClock())
    progress.report(1)
    progress.clear()
    expect(written()).toBe('')
  })
})
