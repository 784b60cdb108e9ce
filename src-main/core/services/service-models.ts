import type { ServiceClient } from '../../engines/connection/service-client'
import { z } from 'zod'
import { serviceError } from '../../engines/connection/service-failure'

const MAX_BYTES = 8 * 1024 * 1024
const MOST_MODELS = 500
const DEADLINES = { firstByteMs: 10_000, betweenMs: 10_000, wholeMs: 20_000 }

const entry = z.union([
  z.looseObject({ id: z.string() }).transform(({ id }) => id),
  z.looseObject({ name: z.string() }).transform(({ name }) => name),
  z.string(),
])
/** OpenAI's list, Ollama's own, and a bare array. */
const list = z.union([
  z.looseObject({ data: z.array(entry) }).transform(({ data }) => data),
  z.looseObject({ models: z.array(entry) }).transform(({ models }) => models),
  z.array(entry),
])

/** The names of a service's models, sorted, by `GET /models`. Throws an `AppError`. */
export async function listServiceModels(client: ServiceClient, signal: AbortSignal, deadlines = DEADLINES): Promise<string[]> {
  const { name } = client.endpoint
  using reply = await client.request({ method: 'GET', path: '/models', accept: 'application/json', signal, deadlines })
  const text = await reply.text(MAX_BYTES)
  const parsed = list.safeParse(parseJson(text))
  if (!parsed.success)
    throw serviceError('service-reply', `${name} did not answer with a list of models. Check its address; it often ends in /v1.`, { service: name })
  return [...new Set(parsed.data)].sort((a, b) => a.localeCompare(b)).slice(0, MOST_MODELS)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  }
  catch {
    return undefined
  }
}
