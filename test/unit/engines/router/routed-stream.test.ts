import type { RouteTarget } from '../../../../src-main/engines/router/candidates'
import type { HedgePlan } from '../../../../src-main/engines/router/routed-stream'
import type { StreamStage, Word } from './stream-stage'
import { getEventListeners } from 'node:events'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { abortReason } from '../../../../src-main/lib/abort'
import { AppError } from '../../../../src-main/lib/app-error'
import { collect } from '../../../support/engine-conformance'
import { target } from './simulation'
import { createStreamStage, settle } from './stream-stage'

const failed = new AppError('service-failed', 'no', { retryable: true })
const refused = new AppError('service-refused', 'no')
const busy = (retryAfterMs: number): AppError => new AppError('service-busy', 'no', { retryable: true, params: { retryAfterMs } })

/** Nothing of the route runs, waits or listens. */
function expectClosed({ clock, controller, calls }: StreamStage): void {
  expect(clock.pending).toBe(0)
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  expect(calls.filter(({ call }) => call.outcome === 'open')).toEqual([])
}

function hedgeAfter(stage: () => StreamStage, ms: number): HedgePlan<RouteTarget> {
  return { watch: (_candidate, late) => stage().clock.after(ms, late) }
}

describe('a route', () => {
  it('gives what the first one gives, what came before its output with it', async () => {
    const stage = createStreamStage()
    const all = collect(stage.stream)
    const a = await stage.call(0)
    stage.clock.advance(120)
    a.emit('pre', 'pre', 'out-1', 'out-2')
    await settle()
    stage.clock.advance(80)
    a.emit('out-3')
    a.end()
    expect(await all).toEqual(['pre', 'pre', 'out-1', 'out-2', 'out-3'])
    expect(stage.told).toEqual(['a answered 120', 'a done'])
    expect(stage.reports.at(-1)).toEqual({
      part: 'chat',
      servedBy: 'a',
      why: 'fastest',
      expectedMs: 100,
      attempts: [{ serviceId: 'a', model: 'm', outcome: 'served', errorCode: null, startMs: 0, firstOutputMs: 120, endMs: 200, hedge: false, delivery: 'stream' }],
      skipped: [],
    })
    expectClosed(stage)
  })

  it('goes on to the next when the first fails before its output, and shows nothing of it', async () => {
    const stage = createStreamStage()
    const all = collect(stage.stream)
    const a = await stage.call(0)
    a.emit('pre')
    stage.clock.advance(30)
    a.fail(refused)
    const b = await stage.call(1)
    b.emit('out-b')
    b.end()
    expect(await all).toEqual(['out-b'])
    expect(stage.told).toEqual(['a failed service-refused', 'b answered 0', 'b done'])
    expect(stage.reports.at(-1)).toMatchObject({
      servedBy: 'b',
      why: 'fallback',
      attempts: [{ serviceId: 'a', outcome: 'failed', errorCode: 'service-refused', startMs: 0, firstOutputMs: null, endMs: 30 }, { serviceId: 'b', outcome: 'served', startMs: 30, firstOutputMs: 30 }],
    })
    expectClosed(stage)
  })

  it('a stream that ends before its output has failed', async () => {
    const stage = createStreamStage()
    const all = collect(stage.stream)
    ;(await stage.call(0)).end()
    const b = await stage.call(1)
    b.emit('out-b')
    b.end()
    expect(await all).toEqual(['out-b'])
  })

  it('after the first output an error is the consumer\'s', async () => {
    const stage = createStreamStage()
    const all = collect(stage.stream)
    const a = await stage.call(0)
    a.emit('out-1')
    a.fail(failed)
    await expect(all).rejects.toBe(failed)
    expect(stage.calls).toHaveLength(1)
    expect(stage.told).toEqual(['a answered 0', 'a failed service-failed'])
    expect(stage.reports.at(-1)).toMatchObject({ servedBy: 'a', attempts: [{ outcome: 'failed', errorCode: 'service-failed', firstOutputMs: 0 }] })
    expectClosed(stage)
  })

  it('tries again after a jittered pause when none is left, the first that may succeed', async () => {
    const stage = createStreamStage()
    const all = collect(stage.stream)
    ;(await stage.call(0)).fail(refused)
    ;(await stage.call(1)).fail(failed)
    await settle()
    expect(stage.calls).toHaveLength(2)
    stage.clock.advance(187)
    await settle()
    expect(stage.calls).toHaveLength(2)
    stage.clock.advance(1)
    const again = await stage.call(2)
    expect(stage.calls[2]?.serviceId).toBe('b')
    again.fail(failed)
    await settle()
    stage.clock.advance(374)
    await settle()
    expect(stage.calls).toHaveLength(3)
    stage.clock.advance(1)
    const last = await stage.call(3)
    last.emit('out-b')
    last.end()
    expect(await all).toEqual(['out-b'])
    expectClosed(stage)
  })

  it('never sooner than a service asks, and takes the one that may be asked soonest', async () => {
    const stage = createStreamStage()
    const all = collect(stage.stream)
    ;(await stage.call(0)).fail(busy(3_000))
    ;(await stage.call(1)).fail(busy(2_000))
    await settle()
    stage.clock.advance(1_999)
    await settle()
    expect(stage.calls).toHaveLength(2)
    stage.clock.advance(1)
    const b = await stage.call(2)
    expect(stage.calls[2]?.serviceId).toBe('b')
    b.emit('out-b')
    b.end()
    expect(await all).toEqual(['out-b'])
  })

  it('gives up at once when it would have to wait for longer than its patience', async () => {
    const stage = createStreamStage({ targets: [target('a')] })
    const error = busy(60_000)
    const all = collect(stage.stream)
    ;(await stage.call(0)).fail(error)
    await expect(all).rejects.toBe(error)
    expectClosed(stage)
  })

  it('a service that asked to be left alone is not asked sooner, though it is the only one', async () => {
    const stage = createStreamStage({ targets: [target('a')], notBeforeMs: { a: 500 } })
    const all = collect(stage.stream)
    await settle()
    expect(stage.calls).toHaveLength(0)
    stage.clock.advance(500)
    const a = await stage.call(0)
    a.emit('out-a')
    a.end()
    expect(await all).toEqual(['out-a'])
    const patient = createStreamStage({ targets: [target('a')], notBeforeMs: { a: 9_000 } })
    await expect(collect(patient.stream)).rejects.toMatchObject({ code: 'service-busy', retryable: true, params: { retryAfterMs: 9_000 } })
  })

  it('gives up after a bounded number of tries with what the first one failed with', async () => {
    const stage = createStreamStage({ targets: [target('a')], mostRetries: 2, patienceMs: 1e6 })
    const outcome = collect(stage.stream).catch((error: unknown) => error)
    const errors = [0, 1, 2].map(i => new AppError('timeout', String(i), { retryable: true }))
    for (const [index, error] of errors.entries()) {
      ;(await stage.call(index)).fail(error)
      await settle()
      stage.clock.advance(10_000)
    }
    expect(await outcome).toBe(errors[2])
    expect(stage.calls).toHaveLength(3)
    expectClosed(stage)
  })

  it('what no patience helps is told at once', async () => {
    const stage = createStreamStage()
    const all = collect(stage.stream)
    ;(await stage.call(0)).fail(refused)
    ;(await stage.call(1)).fail(new AppError('service-key', 'no'))
    await expect(all).rejects.toBe(refused)
  })

  it('after one that found no network, what goes as far is asked last', async () => {
    const stage = createStreamStage({ targets: [target('a'), target('b'), target('near', { privacy: 'machine' })] })
    const all = collect(stage.stream)
    ;(await stage.call(0)).fail(new AppError('offline', 'no', { retryable: true }))
    const near = await stage.call(1)
    expect(stage.calls[1]?.serviceId).toBe('near')
    near.emit('out-near')
    near.end()
    await all
    expect(stage.reports.at(-1)).toMatchObject({ servedBy: 'near', skipped: [{ serviceId: 'b', reason: 'offline' }] })
  })

  it('nothing to ask is an error that says why', async () => {
    const stage = createStreamStage({ targets: [] })
    await expect(collect(stage.stream)).rejects.toMatchObject({ code: 'no-service' })
    expect(stage.reports).toHaveLength(1)
    expectClosed(stage)
  })
})

describe('the second of two', () => {
  function hedged(targets?: readonly RouteTarget[]): StreamStage {
    const stage: StreamStage = createStreamStage({ hedge: hedgeAfter(() => stage, 300), ...(targets && { targets }) })
    return stage
  }

  it('is not started when the first is in time', async () => {
    const stage = hedged()
    const all = collect(stage.stream)
    const a = await stage.call(0)
    stage.clock.advance(299)
    a.emit('out-a')
    await settle()
    stage.clock.advance(1_000)
    a.end()
    await all
    expect(stage.calls).toHaveLength(1)
    expectClosed(stage)
  })

  it('wins when it is first; nothing of the loser is shown, and it is stopped', async () => {
    const stage = hedged()
    const all = collect(stage.stream)
    const a = await stage.call(0)
    a.emit('pre')
    stage.clock.advance(300)
    const b = await stage.call(1)
    stage.clock.advance(50)
    b.emit('out-b')
    await settle()
    expect(a.outcome).toBe('aborted')
    a.emit('out-a')
    b.end()
    expect(await all).toEqual(['out-b'])
    expect(stage.told).toEqual(['a left 350', 'b answered 50', 'b done'])
    expect(stage.reports.at(-1)).toMatchObject({
      servedBy: 'b',
      why: 'hedge',
      attempts: [{ serviceId: 'a', outcome: 'lost', hedge: false, endMs: 350 }, { serviceId: 'b', outcome: 'served', hedge: true, startMs: 300, firstOutputMs: 350 }],
    })
    expectClosed(stage)
  })

  it('loses when the first comes after all', async () => {
    const stage = hedged()
    const all = collect(stage.stream)
    const a = await stage.call(0)
    stage.clock.advance(300)
    const b = await stage.call(1)
    a.emit('out-a')
    await settle()
    expect(b.outcome).toBe('aborted')
    a.end()
    expect(await all).toEqual(['out-a'])
    expect(stage.reports.at(-1)).toMatchObject({ servedBy: 'a', why: 'fastest', attempts: [{ outcome: 'served' }, { outcome: 'lost', hedge: true }] })
  })

  it('goes on alone when the first fails meanwhile, and the next is started when it fails itself', async () => {
    const stage = hedged([target('a'), target('b'), target('c')])
    const all = collect(stage.stream)
    const a = await stage.call(0)
    stage.clock.advance(300)
    ;(await stage.call(1)).fail(failed)
    const c = await stage.call(2)
    a.fail(failed)
    await settle()
    expect(c.outcome).toBe('open')
    c.emit('out-c')
    c.end()
    expect(await all).toEqual(['out-c'])
    expectClosed(stage)
  })
})

describe('stopping', () => {
  it('throws the reason of the caller at once, whatever is running', async () => {
    const stage: StreamStage = createStreamStage({ hedge: hedgeAfter(() => stage, 300) })
    const outcome = collect(stage.stream).catch((error: unknown) => error)
    await stage.call(0)
    stage.clock.advance(300)
    await stage.call(1)
    const reason = abortReason('test')
    stage.controller.abort(reason)
    expect(await outcome).toBe(reason)
    expect(stage.calls.map(({ call }) => call.signal.reason as unknown)).toEqual([reason, reason])
    await settle()
    expectClosed(stage)
    expect(stage.told).toEqual(['a left 300', 'b left 0'])
    expect(stage.reports.at(-1)).toMatchObject({ servedBy: null, attempts: [{ outcome: 'stopped', endMs: 300 }, { outcome: 'stopped', endMs: 300 }] })
  })

  it('an engine that never stops is not waited for', async () => {
    const stage = createStreamStage()
    const hanging: AsyncIterator<Word> = { next: () => new Promise(() => {}), return: () => new Promise(() => {}) }
    const { routeStream } = await import('../../../../src-main/engines/router/routed-stream')
    const { rankingOf } = await import('./stream-stage')
    const stream = routeStream<Word, RouteTarget>({
      part: 'chat',
      ranking: rankingOf([target('a')]),
      start: () => ({ [Symbol.asyncIterator]: () => hanging }),
      isOutput: () => true,
      observe: () => ({ answered() {}, failed() {}, left() {}, done() {} }),
      clock: stage.clock,
      random: () => 0,
      signal: stage.controller.signal,
      hedge: null,
    })
    const outcome = collect(stream).catch((error: unknown) => error)
    await settle()
    stage.controller.abort(abortReason('test'))
    expect(await outcome).toBe(stage.controller.signal.reason)
  })

  it('in a pause before another try', async () => {
    const stage = createStreamStage({ targets: [target('a')] })
    const outcome = collect(stage.stream).catch((error: unknown) => error)
    ;(await stage.call(0)).fail(failed)
    await settle()
    expect(stage.clock.pending).toBe(1)
    stage.controller.abort(abortReason('test'))
    expect(await outcome).toBe(stage.controller.signal.reason)
    expectClosed(stage)
  })

  it('leaving the loop frees everything, and what was answered by then counts', async () => {
    const stage = createStreamStage({ isLast: word => word === 'last' })
    const first = stage.stream.next()
    const a = await stage.call(0)
    a.emit('out-1')
    expect((await first).value).toBe('out-1')
    await stage.stream.return()
    await settle()
    expect(stage.told).toEqual(['a answered 0', 'a left null'])
    expect(stage.reports.at(-1)).toMatchObject({ servedBy: 'a', attempts: [{ outcome: 'stopped' }] })
    expectClosed(stage)
  })

  it('leaving after the last event is being served whole, and the service is let go, not aborted', async () => {
    const stage = createStreamStage({ isLast: word => word === 'last' })
    const first = stage.stream.next()
    const a = await stage.call(0)
    a.emit('last')
    await first
    await stage.stream.return()
    await settle()
    expect(stage.told).toEqual(['a answered 0', 'a done'])
    expect([a.signal.aborted, a.outcome]).toEqual([false, 'broken'])
    expectClosed(stage)
  })

  it('before it begins', async () => {
    const stage = createStreamStage()
    stage.controller.abort(abortReason('test'))
    await expect(collect(stage.stream)).rejects.toBe(stage.controller.signal.reason)
    expect(stage.calls).toHaveLength(0)
  })
})

describe('whatever the services do', () => {
  type Script = readonly (Word | 'fail' | 'refuse' | 'end')[]
  const script = fc.tuple(fc.array(fc.constant<Word>('pre'), { maxLength: 2 }), fc.array(fc.constantFrom<Word>('out-1', 'out-2'), { maxLength: 3 }), fc.constantFrom('fail', 'refuse', 'end'))
    .map(([before, words, end]): Script => [...before, ...words, end])

  it('what is given is one service\'s stream from its beginning, and nothing stays open', async () => {
    await fc.assert(fc.asyncProperty(fc.array(script, { minLength: 1, maxLength: 4 }), fc.boolean(), fc.integer({ min: 20, max: 400 }), async (scripts, withHedge, stepMs) => {
      const targets = scripts.map((_, index) => target(`s${index}`))
      const stage: StreamStage = createStreamStage({ targets, mostRetries: 2, hedge: withHedge ? hedgeAfter(() => stage, 300) : null })
      const given: Word[] = []
      const over = (async () => {
        for await (const word of stage.stream)
          given.push(word)
      })().then(() => 'ended', (error: unknown) => error)
      let done = false
      void over.then(() => {
        done = true
      })
      const position = new Map<StreamStage['calls'][number], number>()
      for (let round = 0; round < 200; round++) {
        await settle(() => done)
        if (done)
          break
        stage.clock.advance(stepMs + 1)
        for (const started of stage.calls) {
          const at = position.get(started) ?? 0
          position.set(started, at + 1)
          const step = scripts[Number(started.serviceId.slice(1))]?.[at]
          if (step === 'fail' || step === 'refuse')
            started.call.fail(step === 'fail' ? failed : refused)
          else if (step === 'end')
            started.call.end()
          else if (step !== undefined)
            started.call.emit(step)
        }
      }
      const outcome = await over
      await settle()
      const served = stage.reports.at(-1)?.servedBy ?? null
      if (served === null)
        expect(given).toEqual([])
      else
        expect(given).toEqual(scripts[Number(served.slice(1))]?.filter(step => step === 'pre' || step.startsWith('out')))
      if (outcome === 'ended')
        expect(served).not.toBeNull()
      expect(stage.clock.pending).toBe(0)
      expect(getEventListeners(stage.controller.signal, 'abort')).toHaveLength(0)
      expect(stage.calls.filter(({ call }) => call.outcome === 'open')).toEqual([])
    }), { numRuns: 60 })
  })
})
