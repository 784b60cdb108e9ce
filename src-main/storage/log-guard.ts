/** What somebody said, wrote or was answered, and what opens doors; compared without case, `_` and `-`. */
const WITHHELD = new Set([
  'text',
  'usertext',
  'replytext',
  'heardtext',
  'reasoningtext',
  'stabletext',
  'partial',
  'prompt',
  'systemprompt',
  'transcript',
  'content',
  'messages',
  'reply',
  'question',
  'answer',
  'search',
  'clipboard',
  'title',
  'argumentsjson',
  'apikey',
  'authorization',
  'password',
  'secret',
  'token',
  'cookie',
])

const MAX_DEPTH = 6
const MAX_ITEMS = 50
/** Nothing that belongs in a log is longer; what is, may be somebody's words. */
const MAX_CHARS = 400

/** Keys and bearer tokens inside a string, as the services write them. */
const SECRET = /\b(?:Bearer\s+|sk-|gsk_|hf_|ghp_)[\w.~+/=-]{8,}/g

function cleanString(value: string): string {
  const safe = value.replace(SECRET, '[withheld]').replace(/(\/\/)[^/@\s]+@/g, '$1')
  return safe.length > MAX_CHARS ? `${safe.slice(0, MAX_CHARS)}… (${safe.length} characters)` : safe
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string')
    return cleanString(value)
  if (typeof value === 'bigint')
    return String(value)
  if (typeof value === 'function' || typeof value === 'symbol')
    return undefined
  if (typeof value !== 'object' || value === null)
    return value
  if (depth >= MAX_DEPTH)
    return '[deeper]'
  if (ArrayBuffer.isView(value))
    return `[${value.byteLength} bytes]`
  if (value instanceof Error)
    return cleanError(value, depth)
  if (Array.isArray(value))
    return value.slice(0, MAX_ITEMS).map(item => clean(item, depth + 1))
  return cleanFields(value as Readonly<Record<string, unknown>>, depth + 1)
}

function cleanError(error: Error, depth: number): unknown {
  return {
    name: error.name,
    message: cleanString(error.message),
    ...('code' in error ? { code: clean(error.code, depth + 1) } : {}),
    ...(error.cause === undefined ? {} : { cause: clean(error.cause, depth + 1) }),
  }
}

/** A copy of a log's fields without the user's words and without keys, at any depth. */
export function cleanFields(fields: Readonly<Record<string, unknown>>, depth = 0): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields)
    .filter(([key]) => !WITHHELD.has(key.toLowerCase().replace(/[_-]/g, '')))
    .map(([key, value]) => [key, clean(value, depth)]))
}
