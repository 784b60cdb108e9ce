import type { Logger } from '../../ports/logger'
import type { OtherStream, StreamMuting } from '../../ports/media-control'
import type { HeldFile } from './held-file'
import { background } from '../../lib/background'
import { createSerialQueue } from '../serial-queue'

export interface StreamHoldOptions {
  readonly logger: Logger
  readonly muting: StreamMuting
  /** By identity; this is where the held ones are kept. */
  readonly held: Map<string, OtherStream>
  readonly file: HeldFile
  readonly recovered: () => Promise<void>
}

/** Other programs' streams, muted while wanted, also those that begin meanwhile. */
export class StreamHold {
  readonly #options: StreamHoldOptions
  readonly #inOrder = createSerialQueue()
  #wanted = false
  #active = false
  #lookingAgain = false
  #stopWatching: (() => void) | undefined

  constructor(options: StreamHoldOptions) {
    this.#options = options
  }

  want(wanted: boolean): void {
    if (this.#wanted === wanted)
      return
    this.#wanted = wanted
    background(this.#inOrder(() => this.#settle()), this.#options.logger, 'other sound')
  }

  /** Empties what is held, unless the server could not be asked. */
  async giveBack(): Promise<void> {
    const { muting, held, file } = this.#options
    await muting.unmute([...held.values()])
    held.clear()
    await file.save()
  }

  async close(): Promise<void> {
    this.want(false)
    await this.#inOrder(async () => this.#options.muting[Symbol.asyncDispose]())
  }

  async #settle(): Promise<void> {
    const { muting, recovered } = this.#options
    if (this.#wanted === this.#active)
      return
    await recovered()
    this.#active = this.#wanted
    if (this.#active) {
      this.#stopWatching = muting.changes.subscribe(() => this.#lookAgain())
      await this.#muteNew()
      return
    }
    this.#stopWatching?.()
    await this.giveBack()
  }

  #lookAgain(): void {
    if (this.#lookingAgain)
      return
    this.#lookingAgain = true
    background(this.#inOrder(async () => {
      this.#lookingAgain = false
      if (this.#active && this.#wanted)
        await this.#muteNew()
    }), this.#options.logger, 'other sound')
  }

  async #muteNew(): Promise<void> {
    const { muting, held, file } = this.#options
    const streams = (await muting.audible()).filter(({ identity }) => !held.has(identity))
    if (streams.length === 0)
      return
    streams.forEach(stream => held.set(stream.identity, stream))
    // A mute that nobody would take back is worse than a sound in the recording.
    if (await file.save())
      await muting.mute(streams)
    else
      streams.forEach(({ identity }) => held.delete(identity))
  }
}
