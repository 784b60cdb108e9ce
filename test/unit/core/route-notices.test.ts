import type { RouteReport } from '../../../src-main/ports/route'
import { describe, expect, it } from 'vitest'
import { RouteNotices } from '../../../src-main/core/services/route-notices'

function report(servedBy: string | null, failed: Readonly<Record<string, RouteReport['attempts'][number]['errorCode']>> = {}, skipped: RouteReport['skipped'] = []): RouteReport {
  const attempt = { model: 'm', startMs: 0, firstOutputMs: null, endMs: 1, hedge: false, delivery: null } as const
  return {
    part: 'chat',
    servedBy,
    why: 'fastest',
    expectedMs: null,
    attempts: [
      ...Object.entries(failed).map(([serviceId, errorCode]) => ({ ...attempt, serviceId, errorCode, outcome: 'failed' as const })),
      ...(servedBy === null ? [] : [{ ...attempt, serviceId: servedBy, errorCode: null, outcome: 'served' as const }]),
    ],
    skipped,
  }
}

describe('what is told of routes', () => {
  it('tells of a refused key once, and anew when the service was changed', () => {
    const notices = new RouteNotices()
    const refused = [{ code: 'service-key', serviceId: 'a' }]
    expect(notices.take(report('local', { a: 'service-key' }))).toEqual(refused)
    expect(notices.take(report('local', { a: 'service-key' }))).toEqual([])
    expect(notices.take(report('a'))).toEqual([])
    expect(notices.take(report('local', { a: 'service-key', b: 'service-untrusted' }))).toEqual([{ code: 'service-untrusted', serviceId: 'b' }])
    notices.settingsChanged('a')
    expect(notices.take(report('local', { a: 'service-key', b: 'service-untrusted' }))).toEqual(refused)
  })

  it('takes each report once, however often a turn comes with it', () => {
    const notices = new RouteNotices()
    const told = report('local', { a: 'service-key' })
    expect(notices.take(told)).toHaveLength(1)
    notices.settingsChanged('a')
    expect(notices.take(told)).toEqual([])
  })

  it('tells that there is no network once this machine has answered, until something outside does', () => {
    const notices = new RouteNotices()
    const offline = [{ code: 'offline-local', serviceId: '' }]
    expect(notices.take(report(null, { a: 'offline' }))).toEqual([])
    expect(notices.take(report('local', { a: 'offline' }))).toEqual(offline)
    expect(notices.take(report('local', {}, [{ serviceId: 'a', reason: 'offline' }]))).toEqual([])
    expect(notices.take(report('b', { a: 'offline' }))).toEqual([])
    expect(notices.take(report('local', { a: 'offline' }))).toEqual(offline)
  })

  it('says nothing of what mends itself', () => {
    expect(new RouteNotices().take(report('local', { a: 'timeout', b: 'service-busy', c: 'service-failed' }, [{ serviceId: 'd', reason: 'budget' }]))).toEqual([])
  })
})
