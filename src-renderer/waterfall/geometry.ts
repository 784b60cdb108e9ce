import type { EnginePartName, HopTimesView, RoutesView, RouteView } from '@contract'

/** Milliseconds since key up, by hop. */
export type HopTimes = Readonly<Record<string, number | undefined>>

interface Hop {
  readonly id: string
  readonly field: string
  /** Gives the colour. */
  readonly stage: 'hear' | 'think' | 'speak' | 'write'
  /** Who of the route did it. */
  readonly part?: EnginePartName
}

/** The hops of a turn in the order of the way a question takes. */
export const HOPS = [
  { id: 'captureEnd', field: 'captureEndMs', stage: 'hear' },
  { id: 'transcript', field: 'transcriptMs', stage: 'hear', part: 'asr' },
  { id: 'request', field: 'requestMs', stage: 'think' },
  { id: 'firstToken', field: 'firstTokenMs', stage: 'think', part: 'chat' },
  { id: 'firstPiece', field: 'firstPieceMs', stage: 'think' },
  { id: 'firstAudio', field: 'firstAudioMs', stage: 'speak', part: 'tts' },
  { id: 'firstSound', field: 'firstSoundMs', stage: 'speak' },
] as const satisfies readonly (Hop & { readonly field: keyof HopTimesView })[]

/** The hops of a dictation. */
export const DICTATION_HOPS = [
  { id: 'captureEnd', field: 'captureEndMs', stage: 'hear' },
  { id: 'transcript', field: 'transcriptMs', stage: 'hear' },
  { id: 'formatted', field: 'formattedMs', stage: 'think' },
  { id: 'cleaned', field: 'cleanedMs', stage: 'think' },
  { id: 'stored', field: 'storedMs', stage: 'write' },
  { id: 'inserted', field: 'insertedMs', stage: 'write' },
] as const satisfies readonly Hop[]

const WAYS = { turn: HOPS, dictation: DICTATION_HOPS } as const satisfies Readonly<Record<string, readonly Hop[]>>
/** Whose times they are. */
export type Way = keyof typeof WAYS
export type HopId = (typeof WAYS)[Way][number]['id']
export type HopStage = Hop['stage']

function hopsOf(way: Way): readonly (Hop & { readonly id: HopId })[] {
  return WAYS[way]
}

export interface WaterfallRow {
  readonly id: HopId
  readonly stage: HopStage
  /** When the hop was done: milliseconds since key up. */
  readonly atMs: number
  /** What it added to the hops before it; 0 when it was done before them (speculation). */
  readonly tookMs: number
  /** Left edge and width of its bar, in percent of the chart's width. */
  readonly leftPercent: number
  readonly widthPercent: number
}

export interface Waterfall {
  readonly rows: readonly WaterfallRow[]
  /** Where key up stands, in percent. */
  readonly keyUpPercent: number
  readonly fromMs: number
  readonly toMs: number
}

/** A bar of less than this could not be seen. */
const MIN_WIDTH_PERCENT = 0.8

/** Null when there is nothing to draw. */
export function waterfallOf(hops: HopTimes, way: Way = 'turn'): Waterfall | null {
  const done = hopsOf(way).flatMap(({ id, field, stage }) => {
    const atMs = hops[field]
    return atMs === undefined ? [] : [{ id, stage, atMs }]
  })
  if (done.length === 0)
    return null
  const fromMs = Math.min(0, ...done.map(hop => hop.atMs))
  const toMs = Math.max(1, ...done.map(hop => hop.atMs))
  const percentOf = (ms: number): number => (ms - fromMs) / (toMs - fromMs) * 100
  let reachedMs = 0
  const rows = done.map((hop) => {
    const tookMs = Math.max(0, hop.atMs - reachedMs)
    const startMs = Math.min(reachedMs, hop.atMs)
    reachedMs = Math.max(reachedMs, hop.atMs)
    const widthPercent = Math.min(100, Math.max(MIN_WIDTH_PERCENT, percentOf(startMs + tookMs) - percentOf(startMs)))
    return { ...hop, tookMs, leftPercent: Math.min(percentOf(startMs), 100 - widthPercent), widthPercent }
  })
  return { rows, keyUpPercent: percentOf(0), fromMs, toMs }
}

/** A hop as it is shown: with who did it, and without a time where nobody has done it (yet). */
export interface RoutedRow {
  readonly id: HopId
  readonly stage: HopStage
  readonly row: WaterfallRow | null
  readonly route: RouteView | null
}

/** Every hop that was done, and those that somebody was asked for. */
export function routedRows(chart: Waterfall | null, routes: RoutesView, way: Way = 'turn'): readonly RoutedRow[] {
  return hopsOf(way).flatMap(({ id, stage, part }) => {
    const row = chart?.rows.find(one => one.id === id) ?? null
    const route = part === undefined ? null : routes[part] ?? null
    return row === null && route === null ? [] : [{ id, stage, row, route }]
  })
}

/** Key up to the first sound, or to the first word where nothing was spoken. */
export function headline(hops: HopTimesView): { readonly kind: 'voice' | 'word', readonly ms: number } | null {
  if (hops.firstSoundMs !== undefined)
    return { kind: 'voice', ms: hops.firstSoundMs }
  return hops.firstTokenMs === undefined ? null : { kind: 'word', ms: hops.firstTokenMs }
}
