import type { FileHandle } from 'node:fs/promises'
import { Buffer } from 'node:buffer'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError, toAppError } from '../lib/app-error'
import { pcmBytes, WAV_HEADER_BYTES, wavHeader } from '../lib/wav-format'
import { ASR_RATE_HZ } from '../ports/audio-frame'

/** Sound waiting for a disk that does not answer; past this the file is given up, the recording goes on. */
const MAX_WAITING_BYTES = 60 * ASR_RATE_HZ * 2

/** The header is brought up to date every 60 ms of sound: with a batch under way at most 100 ms are lost in a crash. */
const HEADER_LAG_BYTES = (60 * ASR_RATE_HZ * 2) / 1000

/** The few calls of a file that a recorder makes; a test puts a full disk in its place. */
export interface TakeFile {
  write: (bytes: Buffer, position: number) => Promise<void>
  /** Cuts the file to this length. */
  truncate: (bytes: number) => Promise<void>
  close: () => Promise<void>
}

export type OpenTakeFile = (path: string) => Promise<TakeFile>

/**
 * Writes a 16 kHz mono WAV while it is being recorded. Each batch is written behind the last one, then the sizes in
 * the header are brought up to date: whatever moment the program dies at, the file is a whole WAV that lacks at
 * most 100 ms (or what came in while the disk was busy).
 *
 * A disk that fails is told once through `failure`; `append` then resolves at once. What was written until then stays,
 * as a whole WAV.
 */
export class TakeRecorder {
  readonly path: string
  /** Resolves with `disk-full`, `read-only`, … when the file could not be written; never otherwise. */
  readonly failure: Promise<AppError>
  readonly #open: OpenTakeFile
  #fail: (error: AppError) => void = () => {}
  #failed: AppError | undefined
  #file: TakeFile | undefined
  #waiting: Int16Array[] = []
  #waitingBytes = 0
  #dataBytes = 0
  /** What the header says. */
  #headerBytes = 0
  /** The writing of everything appended so far; never rejects. */
  #tail: Promise<void>
  #batch: Promise<void> | undefined
  /** The closing of a file that failed; never rejects. */
  #salvaged: Promise<void> | undefined

  constructor(path: string, openFile: OpenTakeFile = openTakeFile) {
    this.path = path
    this.#open = openFile
    this.failure = new Promise((resolve) => {
      this.#fail = resolve
    })
    this.#tail = Promise.resolve()
  }

  get failed(): AppError | undefined {
    return this.#failed
  }

  /** Creates the file (and its folder). Never rejects: see `failure`. */
  start(): Promise<void> {
    return this.#enqueue(async () => {
      this.#file = await this.#open(this.path)
      await this.#file.write(wavHeader(0, ASR_RATE_HZ), 0)
    })
  }

  /** Resolves when these samples are with the operating system, or when there is no file to write them to. */
  append(samples: Int16Array): Promise<void> {
    if (this.#failed)
      return Promise.resolve()
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      this.#giveUp(new AppError('timeout', 'The disk did not take the recording for a minute.'))
      return Promise.resolve()
    }
    this.#waiting.push(samples)
    this.#waitingBytes += samples.byteLength
    // What comes in while a write is under way goes out together in the next one.
    this.#batch ??= this.#enqueue(() => this.#writeBatch())
    return this.#batch
  }

  /** Everything is on disk and the file is closed. Idempotent; never rejects. */
  close(): Promise<void> {
    return this.#enqueue(async () => {
      const file = this.#file
      this.#file = undefined
      if (!file)
        return await this.#salvaged
      if (this.#headerBytes !== this.#dataBytes)
        await this.#writeHeader(file)
      await file.close()
    })
  }

  async #writeBatch(): Promise<void> {
    this.#batch = undefined
    const bytes = Buffer.concat(this.#waiting.map(pcmBytes))
    this.#waiting = []
    this.#waitingBytes = 0
    if (!this.#file || this.#failed)
      return
    await this.#file.write(bytes, WAV_HEADER_BYTES + this.#dataBytes)
    this.#dataBytes += bytes.length
    if (this.#dataBytes - this.#headerBytes >= HEADER_LAG_BYTES)
      await this.#writeHeader(this.#file)
  }

  async #writeHeader(file: TakeFile): Promise<void> {
    this.#headerBytes = this.#dataBytes
    await file.write(wavHeader(this.#dataBytes, ASR_RATE_HZ), 0)
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#tail = this.#tail.then(work).catch((error: unknown) => this.#giveUp(toAppError(error)))
    return this.#tail
  }

  #giveUp(error: AppError): void {
    if (this.#failed)
      return
    this.#failed = describe(error)
    this.#waiting = []
    this.#waitingBytes = 0
    this.#salvaged = this.#file && this.#salvage(this.#file)
    this.#file = undefined
    this.#fail(this.#failed)
  }

  /** Makes a whole WAV of what was written. A disk that refuses this as well was told of already. */
  async #salvage(file: TakeFile): Promise<void> {
    try {
      // The last write may have gone half-way; the header is there already and takes no new space.
      await file.truncate(WAV_HEADER_BYTES + this.#dataBytes)
      await this.#writeHeader(file)
    }
    catch {}
    await file.close().catch(() => {})
  }
}

function describe(error: AppError): AppError {
  switch (error.code) {
    case 'disk-full': return new AppError('disk-full', 'The disk is full: this recording is not saved, or not to its end. Free some space.', { cause: error, retryable: true })
    case 'read-only': return new AppError('read-only', 'The recordings\' folder cannot be written: this recording is not saved. Check its permissions.', { cause: error })
    default: return error
  }
}

export async function openTakeFile(path: string): Promise<TakeFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // A take never replaces another one.
  const handle = await open(path, 'wx', 0o600)
  return {
    write: (bytes, position) => writeAll(handle, bytes, position),
    truncate: bytes => handle.truncate(bytes),
    close: () => handle.close(),
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}
