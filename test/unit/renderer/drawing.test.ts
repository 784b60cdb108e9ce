import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { clockText } from '../../../src-renderer/composables/elapsed'
import { useFrame } from '../../../src-renderer/composables/frame'
import { meterPath, meterWidthPx } from '../../../src-renderer/composables/meter'

const SHAPE = { heightPx: 22, barPx: 3, gapPx: 2 }

describe('painting', () => {
  const page = { hidden: false }

  beforeEach(() => {
    page.hidden = false
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    vi.stubGlobal('document', page)
    vi.stubGlobal('requestAnimationFrame', (run: () => void) => setTimeout(run, 16 - performance.now() % 16))
    vi.stubGlobal('cancelAnimationFrame', clearTimeout)
  })

  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  function painter(everyMs: number) {
    const scope = effectScope()
    const paintedAtMs: number[] = []
    const request = scope.run(() => useFrame(() => paintedAtMs.push(performance.now()), { everyMs })) as () => void
    return { scope, paintedAtMs, request }
  }

  it('happens once for many requests, and not again without one', () => {
    const { paintedAtMs, request } = painter(0)
    for (let times = 0; times < 5; times++)
      request()
    vi.advanceTimersByTime(1_000)
    expect([paintedAtMs.length, vi.getTimerCount()]).toEqual([1, 0])
  })

  it('happens no more often than allowed, and the last request is never lost', () => {
    const { paintedAtMs, request } = painter(48)
    let lastAskedMs = 0
    for (let step = 0; step < 100; step++) {
      vi.advanceTimersByTime(7)
      request()
      lastAskedMs = performance.now()
    }
    vi.advanceTimersByTime(100)
    const gaps = paintedAtMs.slice(1).map((atMs, index) => atMs - (paintedAtMs[index] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(48)
    expect(paintedAtMs.length).toBeGreaterThan(8)
    expect(paintedAtMs.at(-1)).toBeGreaterThanOrEqual(lastAskedMs)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('comes without frames in a hidden window, and never after its scope has ended', () => {
    page.hidden = true
    const { scope, paintedAtMs, request } = painter(0)
    vi.stubGlobal('requestAnimationFrame', () => {
      throw new Error('A hidden window has no frames.')
    })
    request()
    vi.advanceTimersByTime(200)
    expect(paintedAtMs.length).toBe(1)
    request()
    scope.stop()
    vi.advanceTimersByTime(200)
    expect([paintedAtMs.length, vi.getTimerCount()]).toEqual([1, 0])
  })
})

describe('meter', () => {
  it('draws silence as dots and the loudest as the whole height', () => {
    expect(meterPath([0, 0.5, 1], SHAPE)).toBe('M1.5 10.99V11.01M6.5 7.00V15.00M11.5 1.50V20.50')
    expect(meterWidthPx(3, SHAPE)).toBe(13)
  })

  it('stays in its box for whatever it is given', () => {
    fc.assert(fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 40 }), (heights) => {
      const edges = [...meterPath(heights, SHAPE).matchAll(/M([\d.]+) ([\d.]+)V([\d.]+)/g)].map(match => match.slice(1).map(Number))
      expect(edges.length).toBe(heights.length)
      for (const [x = 0, top = 0, bottom = 0] of edges)
        expect(x >= 1.5 && x <= meterWidthPx(heights.length, SHAPE) - 1.5 && top >= 1.5 && bottom <= 20.5 && top < bottom).toBe(true)
    }))
  })
})

describe('clock', () => {
  it.each([[-5, '0:00'], [0, '0:00'], [59_999, '0:59'], [60_000, '1:00'], [3_725_000, '62:05']])('shows %i ms as %s', (ms, text) => {
    expect(clockText(ms)).toBe(text)
  })
})
