import type { OtherStream, StreamMuting } from '../ports/media-control'
import type { PulsePlayback } from './pulse-client'
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { AppError } from '../lib/app-error'
import { Emitter } from '../lib/emitter'
import { findPulseServer } from './pulse-address'
import { PulseClient } from './pulse-client'

export interface StreamMuteOptions {
  readonly env: NodeJS.ProcessEnv
  /** Streams of this process and of its descendants are ours. */
  readonly ownPid?: number
}

/** Other programs' streams, muted on PulseAudio's or PipeWire's server. Connected only while something is to be muted. */
export function createStreamMute({ env, ownPid = process.pid }: StreamMuteOptions): StreamMuting {
  const changes = new Emitter<void>()
  let connecting: Promise<PulseClient> | undefined
  /** Streams that somebody else muted; null: not looked yet. */
  let mutedBefore: ReadonlySet<string> | null = null
  const restoreNames = new Set<string>()

  async function connected(): Promise<PulseClient> {
    const former = await connecting?.catch(() => undefined)
    if (!former || former.isClosed) {
      connecting = connect()
      mutedBefore = null
    }
    return await connecting as PulseClient
  }

  async function connect(): Promise<PulseClient> {
    const address = await findPulseServer(env)
    if (!address)
      throw new AppError('internal', 'There is no sound server.', { retryable: true })
    const client = await PulseClient.connect(address)
    client.changes.subscribe(() => changes.emit())
    return client
  }

  async function disconnect(): Promise<void> {
    const client = await connecting?.catch(() => undefined)
    connecting = undefined
    mutedBefore = null
    restoreNames.clear()
    client?.close()
  }

  async function others(client: PulseClient): Promise<(OtherStream & { readonly isMuted: boolean })[]> {
    const { serverCookie, playbacks } = await client.playbacks()
    const own = await Promise.all(playbacks.map(({ processId }) => processId !== null && descendsFrom(processId, ownPid)))
    return playbacks.filter((_, i) => !own[i]).map(playback => ({
      index: playback.index,
      identity: identityOf(serverCookie, playback),
      restoreName: playback.restoreName,
      isMuted: playback.isMuted,
    }))
  }

  return {
    changes,
    async audible() {
      const streams = await others(await connected())
      mutedBefore ??= new Set(streams.filter(({ isMuted }) => isMuted).map(({ identity }) => identity))
      const isOurs = ({ identity, restoreName }: OtherStream): boolean =>
        mutedBefore?.has(identity) === false && restoreName !== null && restoreNames.has(restoreName)
      return streams.filter(stream => !stream.isMuted || isOurs(stream)).map(({ isMuted: _, ...stream }) => stream)
    },
    async mute(streams) {
      const client = await connected()
      await Promise.all(streams.map(async ({ index, restoreName }) => {
        if (restoreName !== null)
          restoreNames.add(restoreName)
        await client.setPlaybackMuted(index, true).catch(ignoreGone(client))
      }))
    },
    async unmute(streams) {
      try {
        if (streams.length === 0)
          return
        const client = await connected()
        const there = new Set((await others(client)).map(({ identity }) => identity))
        await Promise.all(streams.filter(({ identity }) => there.has(identity)).map(({ index }) =>
          client.setPlaybackMuted(index, false).catch(ignoreGone(client))))
        // A program whose stream ended while it was muted would begin its next one in silence.
        const names = streams.flatMap(({ restoreName }) => restoreName ?? [])
        if (names.length > 0)
          await client.forgetMutes(names).catch(ignoreGone(client))
      }
      finally {
        await disconnect()
      }
    },
    [Symbol.asyncDispose]: disconnect,
  }
}

/** A server's refusal concerns one stream, or a part it hasn't got; only the end of the connection concerns all. */
function ignoreGone(client: PulseClient): (error: unknown) => void {
  return (error) => {
    if (client.isClosed)
      throw error
  }
}

/** Indices grow within a run of the server; each run has its own cookie. */
function identityOf(serverCookie: number, { index, clientIndex, processId }: PulsePlayback): string {
  return [serverCookie, index, clientIndex, processId ?? ''].join(':')
}

async function descendsFrom(pid: number, ancestor: number): Promise<boolean> {
  for (let at = pid; at > 1;) {
    if (at === ancestor)
      return true
    // After the name, which may hold anything: state, then the parent. proc(5)
    const stat = await readFile(`/proc/${at}/stat`, 'utf8').catch(() => '')
    at = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
  }
  return false
}
