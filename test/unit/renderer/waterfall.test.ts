import type { RouteView } from '@contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headline, HOPS, routedRows, waterfallOf } from '../../../src-renderer/waterfall/geometry'
import { HOPS as EXAMPLE, ROUTES } from '../../support/renderer-harness/world'

describe('waterfall', () => {
  it('sets each bar where the one before it ends', () => {
    const chart = waterfallOf({ captureEndMs: 100, transcriptMs: 150, firstTokenMs: 300, firstSoundMs: 400 })
    expect(chart).toEqual({
      rows: [
        { id: 'captureEnd', stage: 'hear', atMs: 100, tookMs: 100, leftPercent: 0, widthPercent: 25 },
        { id: 'transcript', stage: 'hear', atMs: 150, tookMs: 50, leftPercent: 25, widthPercent: 12.5 },
        { id: 'firstToken', stage: 'think', atMs: 300, tookMs: 150, leftPercent: 37.5, widthPercent: 37.5 },
        { id: 'firstSound', stage: 'speak', atMs: 400, tookMs: 100, leftPercent: 75, widthPercent: 25 },
      ],
      keyUpPercent: 0,
      fromMs: 0,
      toMs: 400,
    })
  })

  it('shows a hop that was done before the key was let go where it was done, at no cost', () => {
    const chart = waterfallOf({ captureEndMs: 100, transcriptMs: 120, requestMs: -300, firstTokenMs: 100, firstSoundMs: 300 })
    expect(chart?.keyUpPercent).toBe(50)
    expect(chart?.rows.map(({ id, tookMs }) => [id, tookMs])).toEqual([['captureEnd', 100], ['transcript', 20], ['request', 0], ['firstToken', 0], ['firstSound', 180]])
    expect(chart?.rows[2]?.leftPercent).toBe(0)
  })

  it('draws nothing without hops', () => {
    expect([waterfallOf({}), waterfallOf({ keyDownMs: -900, replyEndMs: 10 })]).toEqual([null, null])
  })

  it('stays within its frame, and its parts sum up to the last hop', () => {
    const ms = fc.option(fc.integer({ min: -5_000, max: 60_000 }), { nil: undefined })
    fc.assert(fc.property(fc.array(ms, { minLength: HOPS.length, maxLength: HOPS.length }), (times) => {
      const hops = Object.fromEntries(HOPS.flatMap(({ field }, index) => times[index] === undefined ? [] : [[field, times[index]]]))
      const chart = waterfallOf(hops)
      if (!chart) {
        expect(times.every(time => time === undefined)).toBe(true)
        return
      }
      for (const row of chart.rows) {
        expect(row.leftPercent).toBeGreaterThanOrEqual(-1e-9)
        expect(row.leftPercent + row.widthPercent).toBeLessThanOrEqual(100 + 1e-9)
        expect(row.widthPercent).toBeGreaterThan(0)
      }
      expect(chart.rows.reduce((sum, row) => sum + row.tookMs, 0)).toBe(Math.max(0, ...chart.rows.map(row => row.atMs)))
    }))
  })

  it('tells who did each part, also one that nobody did', () => {
    const rows = (hops: Parameters<typeof waterfallOf>[0], routes: Parameters<typeof routedRows>[1]) => routedRows(waterfallOf(hops), routes).map(({ id, row, route }) => [id, row?.atMs ?? null, route?.servedBy])
    expect(rows({ captureEndMs: 100, transcriptMs: 150, requestMs: 160 }, { asr: { ...ROUTES.asr as RouteView }, chat: { ...ROUTES.chat as RouteView, servedBy: null } }))
      .toEqual([['captureEnd', 100, undefined], ['transcript', 150, 'openai'], ['request', 160, undefined], ['firstToken', null, null]])
    expect([rows({}, {}), rows({}, { tts: ROUTES.tts as RouteView })]).toEqual([[], [['firstAudio', null, 'local']]])
    // A turn of before there were services.
    expect(routedRows(waterfallOf(EXAMPLE), {}).every(({ route }) => route === null)).toBe(true)
  })

  it('names the figure that counts', () => {
    expect([headline(EXAMPLE), headline({ firstTokenMs: 90 }), headline({ transcriptMs: 80 })]).toEqual([{ kind: 'voice', ms: 452 }, { kind: 'word', ms: 90 }, null])
  })
})
