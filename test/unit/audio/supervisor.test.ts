import type { ChildChannel } from '../../../src-main/ports/child-channel'
import { describe, expect, it } from 'vitest'
import { Supervisor } from '../../../src-main/audio/supervisor'
import { Emitter } from '../../../src-main/lib/emitter'
import { silentLogger } from '../../../src-main/ports/logger'
import { createManualClock } from '../../fakes/manual-clock'

function world() {
  const clock = createManualClock()
  const children: (ChildChannel & { readonly messages: Emitter<unknown>, readonly exits: Emitter<{ code: number | null }>, killed: boolean })[] = []
  const log: string[] = []
  const supervisor = new Supervisor({
    clock,
    logger: silentLogger,
    spawn: (spec) => {
      expect(spec).toEqual({ entry: 'audio-child', env: { UV_THREADPOOL_SIZE: '16' } })
      const child = {
        pid: children.length + 1,
        messages: new Emitter<unknown>(),
        exits: new Emitter<{ code: number | null }>(),
        killed: false,
        send: (message: unknown) => log.push(`sent ${(message as { type: string }).type}`),
        kill() {
          child.killed = true
          child.exits.emit({ code: null })
        },
      }
      children.push(child)
      return child
    },
  })
  supervisor.losses.subscribe(reason => log.push(`lost ${reason}`))
  supervisor.ups.subscribe(() => log.push('up'))
  const child = () => children.at(-1) as (typeof children)[number]
  const up = () => child().messages.emit({ type: 'ready' })
  /** Time passes; the child beats as long as it is `alive`. */
  const pass = (ms: number, alive: boolean) => {
    for (let done = 0; done < ms; done += 50) {
      if (alive)
        child().messages.emit({ type: 'heartbeat' })
      clock.advance(50)
    }
  }
  return { clock, children, child, log, supervisor, up, pass }
}

describe('supervisor', () => {
  it('leaves a child alone that beats', () => {
    const { supervisor, up, pass, children, log } = world()
    supervisor.start()
    up()
    pass(60_000, true)
    expect({ started: children.length, log }).toEqual({ started: 1, log: ['up'] })
  })

  it('notices within 500 ms that a child hangs, kills it and starts another', () => {
    const { supervisor, up, pass, children, log } = world()
    supervisor.start()
    up()
    pass(1000, true)
    pass(450, false)
    expect({ started: children.length, killed: children[0]?.killed, log }).toEqual({ started: 2, killed: true, log: ['up', 'lost hung'] })
  })

  it('starts another at once when a child exits', () => {
    const { supervisor, up, child, children, log } = world()
    supervisor.start()
    up()
    child().exits.emit({ code: 139 })
    expect({ started: children.length, up: supervisor.isUp, log }).toEqual({ started: 2, up: false, log: ['up', 'lost exited'] })
  })

  it('does not take its own delay for the child\'s', () => {
    const { supervisor, up, pass, clock, children } = world()
    supervisor.start()
    up()
    pass(500, true)
    // The event loop stood still for two seconds: the timer is late, and so are the messages behind it.
    const late = createLateness(clock)
    late(2000)
    expect(children.length).toBe(1)
    pass(1000, true)
    expect(children.length).toBe(1)
  })

  it('starts ever more slowly while children die at once, and at once again after a healthy one', () => {
    const { supervisor, up, child, clock, children, pass } = world()
    supervisor.start()
    const starts: number[] = []
    for (let i = 0; i < 7; i++) {
      const fromMs = clock.nowMs()
      const count = children.length
      child().exits.emit({ code: 1 })
      while (children.length === count)
        clock.advance(50)
      starts.push(clock.nowMs() - fromMs)
    }
    expect(starts).toEqual([0, 100, 300, 1000, 3000, 3000, 3000])
    up()
    pass(6000, true)
    const count = children.length
    child().exits.emit({ code: 1 })
    expect(children.length).toBe(count + 1)
  })

  it('starts none while it is held, one when it is released', () => {
    const { supervisor, up, children, clock } = world()
    supervisor.start()
    up()
    supervisor.hold()
    supervisor.replace('server-lost')
    clock.advance(60_000)
    expect(children.length).toBe(1)
    supervisor.release()
    expect(children.length).toBe(2)
  })

  it('drops what is sent to no child, and the last words of a replaced one', () => {
    const { supervisor, up, children, log } = world()
    const heard: unknown[] = []
    supervisor.messages.subscribe(message => heard.push(message))
    supervisor.send({ type: 'close-capture' })
    supervisor.start()
    supervisor.send({ type: 'close-capture' })
    up()
    supervisor.send({ type: 'close-capture' })
    supervisor.replace('hung')
    children[0]?.messages.emit({ type: 'capture-failed', captureId: 1, message: '' })
    expect({ log, heard }).toEqual({ log: ['up', 'sent close-capture', 'lost hung'], heard: [] })
  })

  it('leaves no process and no timer', async () => {
    const { supervisor, up, child, clock, children } = world()
    supervisor.start()
    up()
    await supervisor.close()
    clock.advance(10_000)
    expect({ killed: child().killed, started: children.length, pending: clock.pending }).toEqual({ killed: true, started: 1, pending: 0 })
  })
})

/** Time jumps without the timers in between having run: what a blocked event loop looks like from inside. */
function createLateness(clock: ReturnType<typeof createManualClock>): (ms: number) => void {
  return (ms) => {
    const real = clock.nowMs
    let offset = ms
    Object.assign(clock, { nowMs: () => real() + offset })
    clock.advance(50)
    offset = ms
  }
}
