import type { LatencyKey } from '../../../../src-main/engines/router/latency'
import { describe, expect, it } from 'vitest'
import { LatencyBook, PRIOR_MS, STALE_TURNS } from '../../../../src-main/engines/router/latency'

const key: LatencyKey = { serviceId: 's', model: 'm', part: 'chat', connection: 'warm' }

function bookOf(...times: number[]): { readonly book: LatencyBook, readonly turn: number } {
  const book = new LatencyBook()
  times.forEach((ms, index) => book.observe(key, ms, index + 1))
  return { book, turn: times.length + 1 }
}

describe('the expected time to the first output', () => {
  it('is the hope of its privacy class before anything was measured', () => {
    expect(new LatencyBook().estimate(key, 'internet', 1)).toEqual({ expectedMs: PRIOR_MS.internet, p95Ms: null, measured: false })
  })

  it('takes one slow answer for chance, and two in a row for the rule', () => {
    const one = bookOf(200, 210, 190, 205, 1000)
    expect(one.book.estimate(key, 'internet', one.turn).expectedMs).toBeLessThan(250)
    const two = bookOf(200, 210, 190, 205, 1000, 1000)
    expect(two.book.estimate(key, 'internet', two.turn).expectedMs).toBe(1000)
  })

  it('knows what is late from the slowest of the last ones', () => {
    const { book, turn } = bookOf(200, 210, 400, 205)
    expect(book.estimate(key, 'internet', turn).p95Ms).toBe(400)
  })

  it('grows stale with turns in which it is not used, down to the hope', () => {
    const { book, turn } = bookOf(1060, 1060)
    const expected = [0, STALE_TURNS / 2, STALE_TURNS, STALE_TURNS * 3].map(unused => book.estimate(key, 'internet', turn + unused).expectedMs)
    expect(expected).toEqual([1060, 810, 60, 60])
  })

  it('hopes for no more than it was seen to do', () => {
    const { book, turn } = bookOf(10, 500, 500, 500)
    expect(book.estimate(key, 'internet', turn + STALE_TURNS).expectedMs).toBe(10)
  })

  it('a fresh answer counts for more than old ones that went stale', () => {
    const { book, turn } = bookOf(1000, 1000, 1000, 1000)
    book.observe(key, 100, turn + STALE_TURNS - 4)
    expect(book.estimate(key, 'internet', turn + STALE_TURNS - 3).expectedMs).toBe(100)
  })

  it('keeps a new connection apart from an open one, and guesses the one from the other', () => {
    const { book, turn } = bookOf(200)
    expect(book.estimate({ ...key, connection: 'cold' }, 'internet', turn).expectedMs).toBe(320)
    book.observe({ ...key, connection: 'cold' }, 900, turn)
    expect(book.estimate({ ...key, connection: 'cold' }, 'internet', turn + 1).expectedMs).toBe(900)
    expect(book.estimate(key, 'internet', turn).expectedMs).toBe(200)
  })

  it('keeps parts and models apart', () => {
    const { book, turn } = bookOf(200)
    expect(book.estimate({ ...key, part: 'tts' }, 'internet', turn).measured).toBe(false)
    expect(book.estimate({ ...key, model: 'other' }, 'internet', turn).measured).toBe(false)
  })

  it('learns from one that was given up only when it took longer than expected', () => {
    const { book, turn } = bookOf(200, 200)
    book.observeAtLeast(key, 150, 'internet', turn)
    expect(book.estimate(key, 'internet', turn).expectedMs).toBe(200)
    book.observeAtLeast(key, 900, 'internet', turn)
    book.observeAtLeast(key, 900, 'internet', turn + 1)
    expect(book.estimate(key, 'internet', turn + 2)).toMatchObject({ expectedMs: 900 })
  })
})
