import type { HopTimes, StoredTurn } from '../ports/conversation-store'
import { z } from 'zod'
import { numbersColumn, routesColumn, textsColumn } from './json-columns'

const rowSchema = z.object({
  id: z.string(),
  conversation_id: z.string(),
  created_at_ms: z.number(),
  take_path: z.string().nullable(),
  user_text: z.string(),
  reply_text: z.string(),
  heard_text: z.string().nullable(),
  reasoning_text: z.string(),
  reply_end: z.enum(['pending', 'complete', 'truncated', 'failed', 'interrupted']),
  error_code: z.string().nullable(),
  hops: numbersColumn,
  engines: textsColumn,
  finish: z.enum(['stop', 'length', 'filtered', 'repetition']).nullable().catch(null),
  prompt_tokens: z.number().nullable(),
  completion_tokens: z.number().nullable(),
  routes: routesColumn,
})

export function readTurn(row: unknown): StoredTurn {
  const read = rowSchema.parse(row)
  return {
    id: read.id,
    conversationId: read.conversation_id,
    createdAtMs: read.created_at_ms,
    takePath: read.take_path,
    userText: read.user_text,
    replyText: read.reply_text,
    heardText: read.heard_text,
    reasoningText: read.reasoning_text,
    end: read.reply_end,
    errorCode: read.error_code,
    hops: read.hops as HopTimes,
    engines: read.engines,
    finish: read.finish,
    usage: read.prompt_tokens === null || read.completion_tokens === null ? null : { promptTokens: read.prompt_tokens, completionTokens: read.completion_tokens },
    routes: read.routes as unknown as StoredTurn['routes'],
  }
}

export function turnParameters(turn: StoredTurn): Record<string, string | number | null> {
  const { hops, engines, routes, usage, ...columns } = turn
  return { ...columns, hops: JSON.stringify(hops), engines: JSON.stringify(engines), routes: JSON.stringify(routes), promptTokens: usage?.promptTokens ?? null, completionTokens: usage?.completionTokens ?? null }
}
