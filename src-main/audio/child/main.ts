import type { CapturePace, FromAudioChild, PortAudioDevice, StreamTarget, ToAudioChild } from '../protocol'
import type { NativeAudio } from './native'
import os from 'node:os'
import process from 'node:process'
import { assertNever } from '../../lib/assert-never'
import { parentChannel } from '../../lib/child-process'
import { HEARTBEAT_MS } from '../protocol'
import { Capture } from './capture'
import { keepInitialised, loadNativeAudio } from './native'
import { OutputStream, sameTarget } from './output-stream'
import { Player } from './player'
import { listDevices } from './targets'

/** The audio process: everything that touches the native library, and nothing else. Main may kill it at any moment. */
function main(): void {
  // `process.exit` would wait for threads that sit in native calls; only this ends the process for certain.
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  try {
    // Threads started from here on inherit it. Not allowed everywhere, and not needed on an idle machine.
    os.setPriority(-11)
  }
  catch {}
  const channel = parentChannel()
  let toldAtMs = 0
  const send = (message: FromAudioChild): void => {
    toldAtMs = performance.now()
    channel.send(message)
  }
  const native = loadNativeAudio()
  // Before `ready`: main takes a later silence for a hang.
  keepInitialised(native)
  const session = new Session(native, send)
  channel.messages.subscribe(message => session.handle(message as ToAudioChild))
  // Whatever is sent is a sign of life; only who has nothing to say beats.
  setInterval(() => {
    if (performance.now() - toldAtMs > HEARTBEAT_MS / 2)
      send({ type: 'heartbeat' })
  }, HEARTBEAT_MS)
  send({ type: 'ready' })
}

class Session {
  readonly #native: NativeAudio
  readonly #send: (message: FromAudioChild) => void
  #capture: Capture | undefined
  #pace: CapturePace = 'live'
  #armTarget: StreamTarget | null = null
  #armed: OutputStream | undefined
  readonly #players = new Map<number, Player>()

  constructor(native: NativeAudio, send: (message: FromAudioChild) => void) {
    this.#native = native
    this.#send = send
  }

  handle(message: ToAudioChild): void {
    switch (message.type) {
      case 'list':
        return this.#list(message.requestId)
      case 'open-capture':
        this.#closeCapture()
        this.#capture = new Capture(message.captureId, this.#pace, this.#send)
        return this.#capture.open(this.#native, message.target)
      case 'close-capture':
        return this.#closeCapture()
      case 'capture-pace':
        this.#pace = message.pace
        return this.#capture?.setPace(message.pace)
      case 'arm-output':
        this.#armTarget = message.target
        return this.#arm()
      case 'play':
        return this.#play(message.playId, message.target)
      case 'play-data':
        return this.#players.get(message.playId)?.push(message.samples)
      case 'play-end':
        return this.#players.get(message.playId)?.end()
      case 'play-stop':
        return this.#players.get(message.playId)?.stop()
      default:
        assertNever(message)
    }
  }

  #list(requestId: number): void {
    let devices: PortAudioDevice[] = []
    try {
      devices = listDevices(this.#native)
    }
    catch {
      // No device at all is an error to PortAudio; to us it is an empty list.
    }
    this.#send({ type: 'devices', requestId, devices })
  }

  #closeCapture(): void {
    this.#capture?.close().catch(() => {})
    this.#capture = undefined
  }

  #arm(): void {
    if (this.#armed && this.#armTarget && sameTarget(this.#armed.target, this.#armTarget))
      return
    this.#disarm()
    if (!this.#armTarget)
      return
    try {
      this.#armed = new OutputStream(this.#native, this.#armTarget)
    }
    catch {
      // No output now; `play` tries again and tells.
    }
  }

  #disarm(): void {
    this.#armed?.close().catch(() => {})
    this.#armed = undefined
  }

  #play(playId: number, target: StreamTarget): void {
    try {
      const stream = this.#takeArmed(target) ?? new OutputStream(this.#native, target)
      const player = new Player(playId, stream, this.#send)
      this.#players.set(playId, player)
      void player.run().finally(() => {
        this.#players.delete(playId)
        this.#arm()
      })
    }
    catch (error) {
      this.#send({ type: 'play-failed', playId, message: error instanceof Error ? error.message : String(error) })
    }
  }

  #takeArmed(target: StreamTarget): OutputStream | undefined {
    const armed = this.#armed
    if (!armed || !sameTarget(armed.target, target))
      return undefined
    this.#armed = undefined
    return armed
  }
}

main()
