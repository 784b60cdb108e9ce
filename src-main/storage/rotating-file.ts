import { Buffer } from 'node:buffer'
import { appendFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, extname } from 'node:path'

export interface RotatingFileOptions {
  readonly path: string
  /** A file that would grow beyond it is put aside. */
  readonly maxBytes: number
  /** Files put aside: `name.1.ext` is the newest. */
  readonly keep: number
  /** What may wait for a slow disk; more is dropped and counted. */
  readonly maxWaitingBytes?: number
}

const MAX_WAITING_BYTES = 1024 * 1024

/** Lines appended to a file of bounded size. Never throws: a log that cannot be written must not stop the program. */
export class RotatingFile implements AsyncDisposable {
  readonly #options: RotatingFileOptions
  #waiting: string[] = []
  #waitingBytes = 0
  #writing: Promise<void> | undefined
  #sizeBytes: number | undefined
  #dropped = 0

  constructor(options: RotatingFileOptions) {
    this.#options = options
  }

  /** Lines that did not reach the disk. */
  get dropped(): number {
    return this.#dropped
  }

  /** Takes a line with its line feed; returns at once. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line)
    if (this.#waitingBytes + bytes > (this.#options.maxWaitingBytes ?? MAX_WAITING_BYTES)) {
      this.#dropped++
      return
    }
    this.#waiting.push(line)
    this.#waitingBytes += bytes
    this.#writing ??= this.#drain()
  }

  /** Resolves when everything written so far is on disk, or was given up. */
  async flush(): Promise<void> {
    while (this.#writing)
      await this.#writing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush()
  }

  async #drain(): Promise<void> {
    // A moment to collect what is logged in one go.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const lines = this.#take()
      try {
        await this.#append(lines.join(''))
      }
      catch {
        this.#dropped += lines.length
        this.#sizeBytes = undefined
      }
    }
    this.#writing = undefined
  }

  /** As many lines as the present file has room for, at least one. */
  #take(): string[] {
    const lines: string[] = []
    let bytes = 0
    for (const line of this.#waiting) {
      bytes += Buffer.byteLength(line)
      if (lines.length > 0 && bytes > this.#options.maxBytes)
        break
      lines.push(line)
    }
    this.#waiting = this.#waiting.slice(lines.length)
    this.#waitingBytes -= lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0)
    return lines
  }

  async #append(text: string): Promise<void> {
    const { path, maxBytes } = this.#options
    const bytes = Buffer.byteLength(text)
    if (this.#sizeBytes === undefined) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      this.#sizeBytes = (await stat(path).catch(() => undefined))?.size ?? 0
    }
    if (this.#sizeBytes > 0 && this.#sizeBytes + bytes > maxBytes) {
      await this.#rotate()
      this.#sizeBytes = 0
    }
    await appendFile(path, text, { mode: 0o600 })
    this.#sizeBytes += bytes
  }

  async #rotate(): Promise<void> {
    const { path, keep } = this.#options
    const numbered = (at: number): string => at === 0 ? path : `${path.slice(0, path.length - extname(path).length)}.${at}${extname(path)}`
    await rm(numbered(keep), { force: true })
    for (let at = keep - 1; at >= 0; at--)
      await rename(numbered(at), numbered(at + 1)).catch(() => {})
  }
}
