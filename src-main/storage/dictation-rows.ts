import type { StoredDictation } from '../ports/dictation-store'
import type { LeftReason } from '../ports/text-injector'
import { z } from 'zod'
import { numbersColumn, routesColumn } from './json-columns'

/** As a record, so that a reason that is added cannot be forgotten here. */
const LEFT_REASONS: Readonly<Record<LeftReason, true>> = {
  'copy-only': true,
  'no-target': true,
  'focus-moved': true,
  'target-gone': true,
  'keys-held': true,
  'no-keys': true,
  'not-read': true,
}

const rowSchema = z.object({
  id: z.string(),
  kind: z.enum(['dictation', 'edit', 'file']),
  created_at_ms: z.number(),
  take_path: z.string().nullable(),
  duration_ms: z.number(),
  raw_text: z.string(),
  final_text: z.string(),
  dictation_end: z.enum(['pending', 'inserted', 'copied', 'cancelled', 'empty', 'failed']),
  error_code: z.string().nullable(),
  target_app: z.string().nullable(),
  target_title: z.string().nullable(),
  how: z.enum(['pasted', 'typed', 'copied']).nullable().catch(null),
  confirmed: z.number(),
  why: z.custom<LeftReason>(value => typeof value === 'string' && Object.hasOwn(LEFT_REASONS, value)).nullable().catch(null),
  cleanup: z.string().nullable(),
  times: numbersColumn,
  routes: routesColumn,
})

export function readDictation(row: unknown): StoredDictation {
  const read = rowSchema.parse(row)
  return {
    id: read.id,
    kind: read.kind,
    createdAtMs: read.created_at_ms,
    takePath: read.take_path,
    durationMs: read.duration_ms,
    rawText: read.raw_text,
    finalText: read.final_text,
    end: read.dictation_end,
    errorCode: read.error_code,
    target: read.target_app === null || read.target_title === null ? null : { appId: read.target_app, title: read.target_title },
    how: read.how,
    confirmed: read.confirmed !== 0,
    why: read.why,
    cleanup: read.cleanup,
    times: read.times,
    routes: read.routes as unknown as StoredDictation['routes'],
  }
}

export function dictationParameters({ target, confirmed, times, routes, ...columns }: StoredDictation): Record<string, string | number | null> {
  return {
    ...columns,
    targetApp: target?.appId ?? null,
    targetTitle: target?.title ?? null,
    confirmed: confirmed ? 1 : 0,
    times: JSON.stringify(times),
    routes: JSON.stringify(routes),
  }
}
