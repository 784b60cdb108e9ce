import type { AppError } from '../../lib/app-error'
import { z } from 'zod'
import { envelopeError, serviceError } from '../connection/service-failure'

/** What a server says, as far as it matters. `id` null: this server gives its items none. */
export type ServerEvent
  = | { readonly type: 'committed', readonly id: string }
    | { readonly type: 'delta', readonly id: string | null, readonly delta: string }
    | { readonly type: 'completed', readonly id: string | null, readonly text: string | null }
    /** A commit of which the server says that there was nothing in it. */
    | { readonly type: 'nothing-to-commit' }
    /** The session is over by its age; a new connection goes on. */
    | { readonly type: 'expired' }
    | { readonly type: 'failed', readonly error: AppError }
    | { readonly type: 'other' }

const message = z.looseObject({
  type: z.string().optional(),
  item_id: z.string().nullish(),
  item: z.looseObject({ id: z.string().nullish() }).nullish(),
  delta: z.string().nullish(),
  transcript: z.string().nullish(),
  text: z.string().nullish(),
  error: z.unknown().optional(),
})

const ACKNOWLEDGED = /^input_audio_buffer\.committed$|^conversation\.item\.(?:created|added)$/
const DELTA = /(?:^|[._])(?:transcription|transcript\.text)\.delta$/
const COMPLETED = /(?:^|[._])(?:transcription|transcript\.text)\.(?:completed|done)$/
const FAILED = /(?:^|[._])transcription\.failed$/

/** One message of a realtime server. Throws `service-reply` when it cannot be read. Pure. */
export function readServerEvent(data: string, service: string): ServerEvent {
  const parsed = parse(data, service)
  const { type = '', item_id, item, delta, transcript, text, error } = parsed
  const id = item_id ?? item?.id ?? null
  if (type === 'error' || FAILED.test(type) || (type === '' && error != null))
    return failure(error ?? parsed, service)
  if (ACKNOWLEDGED.test(type))
    return id === null ? { type: 'other' } : { type: 'committed', id }
  if (DELTA.test(type))
    return { type: 'delta', id, delta: delta ?? text ?? '' }
  if (COMPLETED.test(type))
    return { type: 'completed', id, text: transcript ?? text ?? null }
  return { type: 'other' }
}

function parse(data: string, service: string): z.infer<typeof message> {
  try {
    return message.parse(JSON.parse(data))
  }
  catch (error) {
    throw serviceError('service-reply', `${service} sent a message that cannot be read.`, { service, cause: error })
  }
}

function failure(error: unknown, service: string): ServerEvent {
  const { code, type, message: said } = typeof error === 'object' && error !== null ? error as { readonly code?: unknown, readonly type?: unknown, readonly message?: unknown } : { code: '', type: '', message: error }
  const name = `${String(code ?? '')} ${String(type ?? '')}`
  if (/commit_empty|buffer_empty/i.test(name) || /buffer (?:is )?(?:too small|empty)/i.test(String(said ?? '')))
    return { type: 'nothing-to-commit' }
  if (/session_expired/i.test(name))
    return { type: 'expired' }
  return { type: 'failed', error: envelopeError(error, service) }
}
