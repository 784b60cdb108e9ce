import type { Clock } from '../../ports/clock'
import type { Logger } from '../../ports/logger'
import type { HeldFile, HeldPlayer } from './held-file'
import type { Mpris } from './mpris'
import { background } from '../../lib/background'
import { createSerialQueue } from '../serial-queue'
import { connectMpris } from './mpris'

/** From the beginning of a hold: a player that has not answered by then plays on. */
const PAUSE_LIMIT_MS = 300
/** A new hold may have to wait for it. */
const RESUME_LIMIT_MS = 1000

export interface PlayerHoldOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Undefined: there is no session bus. */
  readonly busAddress: string | undefined
  /** By owner; this is where the held ones are kept. */
  readonly held: Map<string, HeldPlayer>
  readonly file: HeldFile
  /** What a former run left is given back before anything is held anew. */
  readonly recovered: () => Promise<void>
}

/** Media players, paused while wanted. */
export class PlayerHold {
  readonly #options: PlayerHoldOptions
  readonly #inOrder = createSerialQueue()
  /** Owners that were seen to be paused after we asked for it. */
  readonly #seenPaused = new Set<string>()
  #wanted = false
  #active = false
  #mpris: Mpris | undefined

  constructor(options: PlayerHoldOptions) {
    this.#options = options
  }

  want(wanted: boolean): void {
    if (this.#wanted === wanted)
      return
    this.#wanted = wanted
    background(this.#inOrder(() => this.#settle()), this.#options.logger, 'media players')
  }

  /** What is held goes on, as far as it is as we left it; afterwards nothing is held. */
  async giveBack(): Promise<void> {
    const { held, file } = this.#options
    if (held.size === 0)
      return
    try {
      const mpris = await this.#connected()
      await Promise.all([...held.values()].map(async player => await this.#resume(mpris, player).catch(() => {}))) // gone, or hangs: left as it is
    }
    finally {
      held.clear()
      this.#seenPaused.clear()
      await file.save()
    }
  }

  async close(): Promise<void> {
    this.want(false)
    await this.#inOrder(async () => {
      this.#mpris?.close()
      this.#mpris = undefined
    })
  }

  async #settle(): Promise<void> {
    const { recovered, busAddress } = this.#options
    if (busAddress === undefined || this.#wanted === this.#active)
      return
    await recovered()
    this.#active = this.#wanted
    if (this.#active)
      await this.#pauseAll()
    else
      await this.giveBack()
  }

  async #pauseAll(): Promise<void> {
    const mpris = await this.#connected()
    const { clock, held, file } = this.#options
    const untilMs = clock.nowMs() + PAUSE_LIMIT_MS
    const left = (): number => Math.max(0, untilMs - clock.nowMs())
    const players = await mpris.players(left())
    // Each by itself: one that is slow keeps no other waiting.
    await Promise.all(players.map(async ({ name, owner }) => {
      try {
        if (await mpris.status(owner, left()) !== 'Playing' || !await mpris.canPause(owner, left()).catch(() => true))
          return
        held.set(owner, { name, owner, busId: mpris.busId })
        await file.save()
        await mpris.pause(owner, left())
      }
      catch {
        // It hangs or refuses. When it was asked to pause it may still do so: it stays held.
      }
    }))
  }

  async #resume(mpris: Mpris, { name, owner, busId }: HeldPlayer): Promise<void> {
    if (busId !== mpris.busId)
      return
    const [present, status] = await Promise.all([mpris.ownerOf(name, RESUME_LIMIT_MS), mpris.status(owner, RESUME_LIMIT_MS)])
    // While we asked, a person may have used it.
    if (!this.#options.held.has(owner))
      return
    // Not seen to be paused, and playing: our pause may be on its way still. To one that plays, this says nothing.
    const isAsLeft = status === 'Paused' || (status === 'Playing' && !this.#seenPaused.has(owner))
    if (present === owner && isAsLeft)
      await mpris.play(owner, RESUME_LIMIT_MS)
  }

  async #connected(): Promise<Mpris> {
    const { busAddress, clock, held, file, logger } = this.#options
    if (this.#mpris && !this.#mpris.isClosed)
      return this.#mpris
    if (busAddress === undefined)
      throw new Error('there is no session bus')
    const mpris = await connectMpris({ address: busAddress, clock, limitMs: RESUME_LIMIT_MS })
    this.#mpris = mpris
    mpris.statuses.subscribe(({ owner, status }) => {
      if (!held.has(owner))
        return
      if (status === 'Paused')
        this.#seenPaused.add(owner)
      // Somebody else has it now: it is theirs to start again.
      else if (this.#seenPaused.has(owner) && held.delete(owner))
        background(file.save(), logger, 'media players')
    })
    return mpris
  }
}
