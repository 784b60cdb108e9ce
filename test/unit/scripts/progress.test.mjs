import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgress, formatBytes } from '../../../scripts/lib/progress.mjs'

function createSink(isTTY) {
  const written = []
  return { isTTY, columns: 120, written, write: text => written.push(text) }
}

describe('progress', () => {
  let ci
  beforeEach(() => {
    ci = process.env.CI
    delete process.env.CI
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
    if (ci !== undefined)
      process.env.CI = ci
  })

  it('prints few lines where it is no terminal', () => {
    const sink = createSink(false)
    let atMs = 0
    const progress = createProgress('File', { unit: 'bytes', total: 200_000_000, stream: sink, nowMs: () => atMs })
    for (atMs = 0; atMs < 25_000; atMs += 100)
      progress.update(atMs / 25_000 * 200_000_000)
    progress.done('verified')
    expect(sink.written).toEqual([
      '  File  0 %  0 kB of 200 MB\n',
      '  File  40 %  80 MB of 200 MB  10 s\n',
      '  File  80 %  160 MB of 200 MB  20 s\n',
      '✓ File: verified  (25 s)\n',
    ])
  })

  it('redraws one line in a terminal, at most ten times a second', () => {
    const sink = createSink(true)
    let atMs = 0
    const progress = createProgress('Files', { total: 4, stream: sink, nowMs: () => atMs })
    for (atMs = 0; atMs <= 1000; atMs += 10)
      progress.update(Math.floor(atMs / 250))
    progress.fail('no space')
    expect(sink.written.length).toBeLessThan(14)
    expect(sink.written.slice(0, -1).every(text => text.startsWith('\r') && !text.includes('\n'))).toBe(true)
    expect(sink.written.join('')).toContain('[██████████████████······]  75 %  3/4')
    expect(sink.written.at(-1)).toBe('✗ Files: no space\n')
  })

  it('goes on by itself while nothing happens', () => {
    const sink = createSink(true)
    let atMs = 0
    const progress = createProgress('Waiting', { stream: sink, nowMs: () => atMs })
    atMs = 3000
    vi.advanceTimersByTime(500)
    expect(sink.written.at(-1)).toContain('Waiting  3.0 s')
    progress.clear()
    const after = sink.written.length
    vi.advanceTimersByTime(10_000)
    expect(sink.written.length).toBe(after)
  })

  it('says how much in the unit that fits', () => {
    expect([0, 999_499, 1_500_000, 196_264_810].map(formatBytes)).toEqual(['0 kB', '999 kB', '1.5 MB', '196 MB'])
  })
})
