import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { watchDeadlines } from '../../../../src-main/engines/connection/deadlines'
import { abortReason } from '../../../../src-main/lib/abort'
import { createManualClock } from '../../../fakes/manual-clock'

const DEADLINES = { firstByteMs: 100, betweenMs: 50, wholeMs: 400 }

function watched() {
  const clock = createManualClock()
  const outer = new AbortController()
  return { clock, outer, watch: watchDeadlines(clock, DEADLINES, outer.signal, 'Test') }
}

describe('the deadlines of a request', () => {
  it('the first byte', () => {
    const { clock, watch } = watched()
    watch.asked()
    clock.advance(99)
    expect(watch.signal.aborted).toBe(false)
    clock.advance(1)
    expect(watch.signal.reason).toMatchObject({ code: 'timeout', retryable: true, params: { service: 'Test', deadline: 'firstByte' } })
  })

  it('between two chunks, while one is asked for; what the consumer takes is not counted', () => {
    const { clock, watch } = watched()
    watch.asked()
    watch.came()
    clock.advance(200)
    expect(watch.signal.aborted).toBe(false)
    watch.asked()
    clock.advance(50)
    expect(watch.signal.reason).toMatchObject({ code: 'timeout', params: { deadline: 'between' } })
  })

  it('the whole, however many chunks come', () => {
    const { clock, watch } = watched()
    for (let i = 0; i < 20; i++) {
      watch.asked()
      clock.advance(20)
      watch.came()
    }
    expect(watch.signal.reason).toMatchObject({ code: 'timeout', params: { deadline: 'whole' } })
  })

  it('the caller\'s reason is passed on, and nothing is left after it is disposed', () => {
    const { clock, outer, watch } = watched()
    const reason = abortReason('enough')
    outer.abort(reason)
    expect(watch.signal.reason).toBe(reason)
    watch[Symbol.dispose]()
    expect(clock.pending).toBe(0)
    expect(getEventListeners(outer.signal, 'abort')).toHaveLength(0)
    const over = AbortSignal.abort(reason)
    using late = watchDeadlines(clock, DEADLINES, over, 'Test')
    expect(late.signal.reason).toBe(reason)
  })
})
