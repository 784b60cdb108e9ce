import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Listening, ListenOptions } from './listen'
import type { RealtimeCoreOptions } from './realtime-core'
import { Buffer } from 'node:buffer'
import process from 'node:process'
import { WebSocketServer } from 'ws'
import { listen } from './listen'
import { RealtimeCore } from './realtime-core'

/** How one connection behaves. */
export interface RealtimeBehaviour extends RealtimeCoreOptions {
  /** It is no WebSocket that is answered. */
  readonly refuse?: { readonly status: number, readonly body?: string, readonly headers?: Readonly<Record<string, string>> }
  /** The handshake is answered when this resolves. */
  readonly handshake?: Promise<void>
  /** The connection breaks at the so many-th message of a kind (from 1), before it is answered. */
  readonly breakAt?: { readonly type: 'append' | 'commit', readonly count: number, readonly how?: 'close' | 'reset' }
  /** The connection breaks after so many messages of its own. */
  readonly breakAfterSent?: number
  /** Commits are taken and never answered. */
  readonly mute?: boolean
  /** Answers come in the opposite order, when so many commits are there. */
  readonly reverse?: number
  /** Pings are not answered. */
  readonly deaf?: boolean
  /** After so many commits it hears and says nothing more, and its socket stays open: as when a network went away. */
  readonly freezesAfter?: number
  /** Sent instead of the answer to a commit. */
  readonly instead?: readonly string[]
  /** Sent in the packet that opens the connection, which is closed after it. */
  readonly atOpen?: readonly string[]
  /** After a commit it says something that means nothing, over and over. */
  readonly chatters?: boolean
  /** Sent at the first append, besides everything else. */
  readonly atFirstAppend?: readonly string[]
}

export interface RealtimeConnection {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly messages: readonly Readonly<Record<string, unknown>>[]
  readonly pings: () => number
}

export interface RealtimeServer extends Omit<Listening, 'server'> {
  readonly baseUrl: string
  readonly connections: readonly RealtimeConnection[]
  /** What the next connections do, in order; the last one stays. */
  serve: (...behaviours: readonly RealtimeBehaviour[]) => void
  /** Breaks every connection that is open. */
  breakAll: () => void
  /** Resolves at the next message of this type. */
  nextMessage: (type: string) => Promise<void>
}

/** A realtime transcription service on a loopback socket. */
export async function startRealtimeServer(options: ListenOptions = {}): Promise<RealtimeServer> {
  const connections: RealtimeConnection[] = []
  const waiting: { readonly type: string, readonly resolve: () => void }[] = []
  let behaviours: RealtimeBehaviour[] = [{}]
  const listening = await listen((_request, response) => response.writeHead(404).end(), options)
  const upgrades = new Map<boolean, WebSocketServer>([true, false].map(autoPong => [autoPong, new WebSocketServer({ noServer: true, autoPong })]))

  async function accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const behaviour = (behaviours.length > 1 ? behaviours.shift() : behaviours[0]) ?? {}
    const { refuse, handshake, deaf = false } = behaviour
    // Nobody reads from it until the handshake is answered, and an end that is not read is not seen.
    const onEnd = (): void => void socket.destroy()
    socket.on('error', onEnd).once('end', onEnd).resume()
    await handshake
    socket.off('error', onEnd).off('end', onEnd)
    if (refuse) {
      const body = refuse.body ?? ''
      const headers = Object.entries({ 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), 'connection': 'close', ...refuse.headers })
      socket.end(`HTTP/1.1 ${refuse.status} Refused\r\n${headers.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${body}`)
      return
    }
    socket.cork()
    process.nextTick(() => socket.uncork())
    upgrades.get(!deaf)?.handleUpgrade(request, socket, head, (client) => {
      const messages: Readonly<Record<string, unknown>>[] = []
      let pings = 0
      client.on('ping', () => pings++)
      client.on('error', () => {})
      connections.push({ path: request.url ?? '', headers: request.headers, messages, pings: () => pings })
      const core = new RealtimeCore(String(connections.length), behaviour)
      let sent = 0
      const counts = { append: 0, commit: 0 }
      const held: string[][] = []
      const breakOff = (how: 'close' | 'reset' = 'reset'): void => how === 'close' ? client.close(1011) : client.terminate()
      const send = (text: string): void => {
        if (behaviour.breakAfterSent !== undefined && sent >= behaviour.breakAfterSent) {
          breakOff()
          return
        }
        sent++
        client.send(text)
      }
      if (behaviour.atOpen) {
        behaviour.atOpen.forEach(send)
        client.close(1008)
        return
      }
      send(core.greeting())
      client.on('message', (data) => {
        if (counts.commit === behaviour.freezesAfter)
          return
        const text = (data as Buffer).toString('utf8')
        const message = JSON.parse(text) as Readonly<Record<string, unknown>>
        messages.push(message)
        const type = String(message['type'])
        const kind = type.endsWith('.append') ? 'append' : type.endsWith('.commit') && message['final'] !== false ? 'commit' : null
        if (kind !== null) {
          counts[kind]++
          if (behaviour.breakAt?.type === kind && behaviour.breakAt.count === counts[kind])
            return breakOff(behaviour.breakAt.how)
          if (kind === 'append' && counts.append === 1)
            behaviour.atFirstAppend?.forEach(send)
        }
        const { now, later } = core.receive(text)
        if (kind === 'commit' && behaviour.chatters) {
          const again = setInterval(() => client.send('{"type":"rate_limits.updated"}'), 5)
          client.once('close', () => clearInterval(again))
        }
        if (kind === 'commit' && behaviour.instead)
          behaviour.instead.forEach(send)
        else if (kind !== 'commit' || !behaviour.mute)
          now.forEach(send)
        if (!behaviour.mute && !behaviour.instead)
          held.push(...later)
        if (held.length >= (behaviour.reverse ?? 1)) {
          held.reverse()
          held.splice(0).flat().forEach(send)
        }
        for (const waiter of waiting.filter(entry => entry.type === type)) {
          waiting.splice(waiting.indexOf(waiter), 1)
          waiter.resolve()
        }
      })
    })
  }

  listening.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => void accept(request, socket, head))
  return {
    ...listening,
    baseUrl: `${listening.origin}/v1`,
    connections,
    serve(...next) {
      behaviours = [...next]
    },
    breakAll() {
      for (const upgrade of upgrades.values())
        upgrade.clients.forEach(client => client.terminate())
    },
    nextMessage: type => new Promise((resolve) => {
      waiting.push({ type, resolve })
    }),
  }
}
