import type { FileHandle } from 'node:fs/promises'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, rm, stat } from 'node:fs/promises'
import { writeFileAtomic } from '../lib/atomic-file'
import { errnoOf } from '../lib/disk-error'
import { SourceFailure, toSourceFailure } from './source-failure'

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface HttpDownload {
  readonly url: string
  readonly sizeBytes: number
  readonly sha256: string
  /** Grows while it downloads and stays when the process dies; complete and verified when `downloadUrl` resolves. */
  readonly partialPath: string
  readonly fetch: Fetch
  readonly signal: AbortSignal
  readonly onBytes: (doneBytes: number) => void
  /** Until the answer's headers are there. */
  readonly connectTimeoutMs?: number
  /** Between two pieces of the body. */
  readonly stallTimeoutMs?: number
  /** Before asking again; doubled each time. */
  readonly retryDelayMs?: number
}

const CONNECT_TIMEOUT_MS = 10_000
const STALL_TIMEOUT_MS = 30_000
const RETRY_DELAY_MS = 300
const FRUITLESS_ATTEMPTS = 4
/** An attempt that brings less than this counts as fruitless, or a server that gives a byte at a time is asked for ever. */
const WORTHWHILE_BYTES = 64 * 1024

interface PartialNote {
  readonly url: string
  readonly etag: string | null
}

function notePath(request: HttpDownload): string {
  return `${request.partialPath}.json`
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

async function readNote(request: HttpDownload): Promise<PartialNote | undefined> {
  try {
    const note = JSON.parse(await readFile(notePath(request), 'utf8')) as PartialNote
    return note.url === request.url ? note : undefined
  }
  catch {
    return undefined
  }
}

async function discard(request: HttpDownload): Promise<void> {
  await rm(request.partialPath, { force: true })
  await rm(notePath(request), { force: true })
}

/** Forgets the bookkeeping once the file has been taken over. */
export async function forgetPartial(partialPath: string): Promise<void> {
  await rm(partialPath, { force: true })
  await rm(`${partialPath}.json`, { force: true })
}

/**
 * Downloads one file into `partialPath`, going on where an earlier run of the same URL stopped, and checks size and hash.
 * Throws `SourceFailure` (this source will not give the file), `AppError` for a fault of our disk, `signal.reason`.
 */
export async function downloadUrl(request: HttpDownload): Promise<void> {
  let fruitless = 0
  for (;;) {
    const before = await sizeOf(request.partialPath)
    try {
      return await attempt(request)
    }
    catch (error) {
      const failure = toSourceFailure(error, request.partialPath, request.signal)
      if (failure.kind === 'refused' || failure instanceof PartialRejected || await sizeOf(request.partialPath) === 0)
        await discard(request)
      if (failure.kind === 'refused')
        throw failure
      const gainedBytes = await sizeOf(request.partialPath) - before
      fruitless = gainedBytes >= WORTHWHILE_BYTES ? 0 : fruitless + 1
      if ((failure.kind === 'unreachable' && before === 0) || fruitless >= FRUITLESS_ATTEMPTS)
        throw failure
      await pause((request.retryDelayMs ?? RETRY_DELAY_MS) * 2 ** fruitless, request.signal)
    }
  }
}

async function attempt(request: HttpDownload): Promise<void> {
  const note = await readNote(request)
  if (note === undefined)
    await discard(request)
  const heldBytes = await sizeOf(request.partialPath)
  if (heldBytes > request.sizeBytes)
    return startOver(request)
  const timeout = new AbortController()
  const signal = AbortSignal.any([request.signal, timeout.signal])
  const file = await open(request.partialPath, heldBytes > 0 ? 'r+' : 'w+', 0o600)
  try {
    if (heldBytes < request.sizeBytes) {
      const response = await ask(request, heldBytes, note?.etag ?? null, signal, timeout)
      const offset = acceptedOffset(request, response, heldBytes)
      await writeFileAtomic(notePath(request), JSON.stringify({ url: request.url, etag: response.headers.get('etag') } satisfies PartialNote))
      await file.truncate(offset)
      await receive(request, response, file, offset, timeout)
    }
    await file.sync()
  }
  finally {
    // Frees the connection of an answer that was not read to its end.
    timeout.abort()
    await file.close()
  }
  await check(request, heldBytes > 0)
}

async function startOver(request: HttpDownload): Promise<never> {
  await discard(request)
  throw new SourceFailure('cut', 'what was downloaded before does not fit the file')
}

async function ask(request: HttpDownload, offset: number, etag: string | null, signal: AbortSignal, timeout: AbortController): Promise<Response> {
  const limitMs = request.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
  const timer = setTimeout(() => timeout.abort(new SourceFailure('unreachable', `no answer within ${limitMs / 1000} s`)), limitMs)
  const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'parley' }
  if (offset > 0) {
    headers['range'] = `bytes=${offset}-`
    // A weak tag cannot vouch for bytes; without any, the hash of the whole decides.
    if (etag !== null && !etag.startsWith('W/'))
      headers['if-range'] = etag
  }
  try {
    return await request.fetch(request.url, { headers, redirect: 'follow', signal })
  }
  catch (error) {
    request.signal.throwIfAborted()
    if (timeout.signal.aborted)
      throw timeout.signal.reason
    const errno = errnoOf(error)
    throw new SourceFailure(errno === 'ECONNRESET' || errno === 'UND_ERR_SOCKET' ? 'cut' : 'unreachable', networkFault(error, errno), error)
  }
  finally {
    clearTimeout(timer)
  }
}

function networkFault(error: unknown, errno: string | undefined): string {
  if (errno === 'ENOTFOUND' || errno === 'EAI_AGAIN')
    return 'the host is not known here (no network?)'
  if (errno === 'ECONNREFUSED')
    return 'the connection was refused'
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return `no connection (${errno ?? (cause instanceof Error ? cause.message : String(cause))})`
}

/** Where the body's first byte belongs. Throws when the answer is not the file. */
function acceptedOffset(request: HttpDownload, response: Response, asked: number): number {
  const { status } = response
  if (status === 416)
    throw new PartialRejected()
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    throw new SourceFailure('cut', `the server answered ${status}`)
  if (status !== 200 && status !== 206)
    throw new SourceFailure('refused', `the server answered ${status}`)
  if (/^\s*(?:text\/html|application\/xhtml)/i.test(response.headers.get('content-type') ?? ''))
    throw new SourceFailure('refused', 'it answered with a web page instead of the file')
  const offset = status === 206 ? rangeStart(request, response, asked) : 0
  const length = response.headers.get('content-length')
  const encoded = response.headers.get('content-encoding')
  if (length !== null && (encoded === null || encoded === 'identity') && Number(length) !== request.sizeBytes - offset)
    throw new SourceFailure('refused', `it offers ${Number(length) + offset} bytes where ${request.sizeBytes} are right`)
  return offset
}

/** The server cannot go on from where we are: what is held is thrown away. */
class PartialRejected extends SourceFailure {
  constructor() {
    super('cut', 'the server would not go on where the download had stopped')
  }
}

function rangeStart(request: HttpDownload, response: Response, asked: number): number {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
  if (!range || Number(range[1]) !== asked)
    throw new PartialRejected()
  if (range[2] !== '*' && Number(range[2]) !== request.sizeBytes)
    throw new SourceFailure('refused', `it offers ${range[2]} bytes where ${request.sizeBytes} are right`)
  return asked
}

async function receive(request: HttpDownload, response: Response, file: FileHandle, offset: number, timeout: AbortController): Promise<void> {
  const limitMs = request.stallTimeoutMs ?? STALL_TIMEOUT_MS
  const stalled = (): void => timeout.abort(new SourceFailure('cut', `nothing came for ${limitMs / 1000} s`))
  let timer = setTimeout(stalled, limitMs)
  let doneBytes = offset
  const body = response.body as AsyncIterable<Uint8Array> | null
  try {
    for await (const piece of body ?? []) {
      clearTimeout(timer)
      if (doneBytes + piece.length > request.sizeBytes)
        throw new SourceFailure('refused', `it sends more than the ${request.sizeBytes} bytes that are right`)
      await file.write(Buffer.from(piece.buffer, piece.byteOffset, piece.length), 0, piece.length, doneBytes)
      doneBytes += piece.length
      request.onBytes(doneBytes)
      timer = setTimeout(stalled, limitMs)
    }
  }
  catch (error) {
    request.signal.throwIfAborted()
    throw timeout.signal.aborted ? timeout.signal.reason : error
  }
  finally {
    clearTimeout(timer)
  }
  if (doneBytes < request.sizeBytes)
    throw new SourceFailure('cut', `it broke off after ${doneBytes} of ${request.sizeBytes} bytes`)
}

async function check(request: HttpDownload, resumed: boolean): Promise<void> {
  const hash = createHash('sha256')
  for await (const block of createReadStream(request.partialPath, { highWaterMark: 1 << 20, signal: request.signal }) as AsyncIterable<Buffer>)
    hash.update(block)
  if (hash.digest('hex') === request.sha256)
    return
  // What was held from before may be at fault (a torn write, a file replaced on the server): once more from the start.
  if (resumed)
    return startOver(request)
  throw new SourceFailure('refused', 'its content is not the right one (SHA-256 differs)')
}

/** Resolves after `delayMs`; throws `signal.reason` on abort. */
async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, delayMs)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
