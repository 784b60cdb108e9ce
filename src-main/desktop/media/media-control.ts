import type { Clock } from '../../ports/clock'
import type { Logger } from '../../ports/logger'
import type { MediaControl, MediaQuiet, OtherStream, StreamMuting } from '../../ports/media-control'
import type { HeldPlayer } from './held-file'
import { sessionBusAddress } from '../session-bus'
import { createHeldFile } from './held-file'
import { PlayerHold } from './player-hold'
import { StreamHold } from './stream-hold'

export interface MediaControlOptions {
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly logger: Logger
  /** Where what is held stands while it is held, for the next run should this one be killed. */
  readonly stateFile: string
  /** Null: streams cannot be muted here. */
  readonly mute: StreamMuting | null
}

/** Pauses the session's media players (MPRIS), or mutes what other programs play. */
export function createMediaControl({ env, clock, logger, stateFile, mute }: MediaControlOptions): MediaControl {
  const holds: MediaQuiet[] = []
  const held = { players: new Map<string, HeldPlayer>(), streams: new Map<string, OtherStream>() }
  const file = createHeldFile({ path: stateFile, held, clock, logger })
  let recovering: Promise<void> | undefined
  const recovered = (): Promise<void> => recovering ??= recover()
  const players = new PlayerHold({ clock, logger, busAddress: sessionBusAddress(env), held: held.players, file, recovered })
  const streams = mute && new StreamHold({ logger, muting: mute, held: held.streams, file, recovered })

  async function recover(): Promise<void> {
    const former = await file.load()
    former?.players.forEach(player => held.players.set(player.owner, player))
    former?.streams.forEach(stream => held.streams.set(stream.identity, stream))
    const given = await Promise.allSettled([players.giveBack(), held.streams.size > 0 ? streams?.giveBack() : undefined])
    for (const result of given) {
      if (result.status === 'rejected')
        logger.warn('not all that was held could be given back', { error: String(result.reason) })
    }
    await file.save()
  }

  function update(): void {
    players.want(holds.includes('pause'))
    streams?.want(holds.includes('mute'))
  }

  return {
    hold(how) {
      holds.push(how)
      update()
    },
    release() {
      holds.pop()
      update()
    },
    recover: recovered,
    async [Symbol.asyncDispose]() {
      holds.length = 0
      await Promise.allSettled([players.close(), streams?.close()])
    },
  }
}
