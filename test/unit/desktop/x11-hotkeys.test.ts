import type { X11Event, X11Link } from '../../../src-main/desktop/x11-link'
import type { ManualClock } from '../../fakes/manual-clock'
import { describe, expect, it } from 'vitest'
import { X11Hotkeys } from '../../../src-main/desktop/x11-hotkeys'
import { X11Keymap } from '../../../src-main/desktop/x11-keymap'
import { AppError } from '../../../src-main/lib/app-error'
import { Emitter } from '../../../src-main/lib/emitter'
import { silentLogger } from '../../../src-main/ports/logger'
import { createManualClock } from '../../fakes/manual-clock'
import { recordHotkeys } from '../../support/hotkey-events'

const SPACE = 12
const F9 = 13
const CTRL_ALT = 4 | 8
const KEYMAP = new X11Keymap({
  firstKeycode: 8,
  keysyms: [[0xFFE3], [0xFFE4], [0xFFE9], [0xFF7F], [0x20], [0xFFC6]],
  modifierKeycodes: [[], [], [8, 9], [10], [11], [], [], []],
})

/** An X server as one client sees it: grabs of others, keys that are down, and a connection that can break. */
class FakeServer {
  readonly down = new Set<number>()
  readonly takenByOthers = new Set<string>()
  reachable = true
  connections = 0
  link: (X11Link & { events: Emitter<X11Event>, grabs: Set<string>, silent: boolean }) | undefined

  readonly connect = async (): Promise<X11Link> => {
    this.connections++
    if (!this.reachable)
      throw new AppError('no-display', 'gone')
    const events = new Emitter<X11Event>()
    const grabs = new Set<string>()
    let closed = false
    const link = {
      events,
      grabs,
      silent: false,
      keymap: async () => KEYMAP,
      grab: async (code: number, mask: number) => {
        if (this.takenByOthers.has(`${code}:${mask}`))
          return false
        grabs.add(`${code}:${mask}`)
        return true
      },
      ungrab: (code: number, mask: number) => {
        grabs.delete(`${code}:${mask}`)
      },
      queryPressed: (answer: Parameters<X11Link['queryPressed']>[0]) => {
        if (closed || link.silent)
          return
        const down = new Set(this.down)
        answer({ has: code => down.has(code), codes: () => [...down] })
      },
      watchRaw: async () => {},
      close: () => {
        if (closed)
          return
        closed = true
        grabs.clear()
        events.emit({ type: 'closed' })
      },
    }
    this.link = link
    return link
  }

  press(code: number, modifiers: number, atMs: number): void {
    this.down.add(code)
    this.link?.events.emit({ type: 'press', code, modifiers, atMs })
  }

  release(code: number, atMs: number): void {
    this.down.delete(code)
    this.link?.events.emit({ type: 'release', code, modifiers: 0, atMs })
  }
}

interface Scene {
  server: FakeServer
  clock: ManualClock
  hotkeys: X11Hotkeys
  record: ReturnType<typeof recordHotkeys>
}

async function setUp(): Promise<Scene> {
  const server = new FakeServer()
  const clock = createManualClock()
  const hotkeys = new X11Hotkeys({ display: ':0', clock, logger: silentLogger, connect: server.connect })
  await hotkeys.start()
  return { server, clock, hotkeys, record: recordHotkeys(hotkeys.events) }
}

describe('hotkeys on an X server that misbehaves', () => {
  it('ends a hold whose release was swallowed, within a quarter of a second, and stops asking', async () => {
    const { server, clock, hotkeys, record } = await setUp()
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    server.press(SPACE, CTRL_ALT, 0)
    clock.advance(10_000)
    expect(record.told).toEqual(['talk down'])
    server.down.delete(SPACE)
    clock.advance(250)
    expect(record.events).toEqual([{ type: 'down', bindingId: 'talk', atMs: 0 }, { type: 'up', bindingId: 'talk', atMs: 10_250 }])
    clock.advance(250)
    expect(clock.pending).toBe(0)
  })

  it('ends a hold when the connection breaks, connects again with growing pauses, and grabs again', async () => {
    const { server, clock, hotkeys, record } = await setUp()
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    const grabs = [...server.link?.grabs ?? []].toSorted()
    server.press(SPACE, CTRL_ALT, 0)
    server.reachable = false
    server.link?.close()
    expect(record.told).toEqual(['talk down', 'talk up'])
    expect(await hotkeys.isDown('talk')).toBe(false)
    await expect(hotkeys.bind({ id: 'dictate', accelerator: 'F9' })).rejects.toMatchObject({ code: 'no-display', retryable: true })

    const attempts: number[] = []
    for (let step = 0; step < 70; step++) {
      const before = server.connections
      clock.advance(100)
      await hotkeys.unbind('nothing') // lets the queued attempt finish
      if (server.connections > before)
        attempts.push((step + 1) * 100)
    }
    expect(attempts).toEqual([100, 300, 700, 1_500, 3_100, 6_300])
    server.reachable = true
    server.down.clear()
    clock.advance(5_000)
    await hotkeys.unbind('nothing')
    expect([...server.link?.grabs ?? []].toSorted()).toEqual(grabs)
    server.press(SPACE, CTRL_ALT, 20_000)
    server.release(SPACE, 20_100)
    expect(record.told).toEqual(['talk down', 'talk up', 'talk down', 'talk up'])
  })

  it('lets go of what it took when one part of a key is taken, and keeps the former', async () => {
    const { server, hotkeys } = await setUp()
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    const grabs = [...server.link?.grabs ?? []].toSorted()
    server.takenByOthers.add(`${F9}:16`)
    await expect(hotkeys.bind({ id: 'talk', accelerator: 'F9' })).rejects.toMatchObject({ code: 'hotkey-taken' })
    expect([...server.link?.grabs ?? []].toSorted()).toEqual(grabs)
    expect(await hotkeys.isFree('F9')).toBe(false)
    server.takenByOthers.clear()
    expect(await hotkeys.isFree('F9')).toBe(true)
    expect([...server.link?.grabs ?? []].toSorted()).toEqual(grabs)
  })

  it('says when a key was taken while the connection was away, and when it has it again', async () => {
    const { server, clock, hotkeys } = await setUp()
    await hotkeys.bind({ id: 'talk', accelerator: 'F9' })
    const problems: (string | null)[] = []
    hotkeys.problems.subscribe(({ bindingId, error }) => problems.push(`${bindingId} ${error?.code ?? 'well'}`))
    server.takenByOthers.add(`${F9}:0`)
    server.link?.close()
    clock.advance(100)
    await hotkeys.unbind('nothing')
    expect(problems).toEqual(['talk hotkey-taken'])
    server.takenByOthers.clear()
    await hotkeys.rearm()
    expect(problems).toEqual(['talk hotkey-taken', 'talk well'])
  })

  it('field 12: replaces a connection that no longer answers after sleep', async () => {
    const { server, clock, hotkeys, record } = await setUp()
    await hotkeys.bind({ id: 'talk', accelerator: 'F9' })
    server.press(F9, 0, 0)
    if (server.link)
      server.link.silent = true
    const armed = hotkeys.rearm()
    await Promise.resolve()
    await Promise.resolve()
    clock.advance(1_000)
    await armed
    expect(server.connections).toBe(2)
    expect(record.told).toEqual(['talk down', 'talk up'])
    expect(server.link?.grabs.has(`${F9}:0`)).toBe(true)
  })

  it('knows a chord by the keys that were down before, however fast it is over, and forgives a missed release', async () => {
    const { server, clock, hotkeys, record } = await setUp()
    await hotkeys.bind({ id: 'talk', accelerator: 'RightCtrl' })
    const raw = (type: 'raw-press' | 'raw-release', code: number): void => {
      server.down[type === 'raw-press' ? 'add' : 'delete'](code)
      server.link?.events.emit({ type, code, atMs: clock.nowMs() })
    }
    raw('raw-press', 10)
    raw('raw-press', 9)
    raw('raw-release', 9)
    raw('raw-release', 10)
    expect(record.told).toEqual([])
    raw('raw-press', 10)
    server.down.delete(10) // its release went to a screen locker
    raw('raw-press', 9)
    raw('raw-release', 9)
    raw('raw-press', 9)
    raw('raw-release', 9)
    expect(record.told).toEqual(['talk down', 'talk up'])
  })

  it('leaves no timer and tells nothing more when it is closed', async () => {
    const { server, clock, hotkeys, record } = await setUp()
    await hotkeys.bind({ id: 'talk', accelerator: 'F9' })
    server.press(F9, 0, 0)
    await hotkeys[Symbol.asyncDispose]()
    expect(record.told).toEqual(['talk down', 'talk up'])
    expect(clock.pending).toBe(0)
    clock.advance(60_000)
    expect(server.connections).toBe(1)
  })

  it('can be started again after the display was not there', async () => {
    const server = new FakeServer()
    server.reachable = false
    const hotkeys = new X11Hotkeys({ display: ':0', clock: createManualClock(), logger: silentLogger, connect: server.connect })
    await expect(hotkeys.start()).rejects.toMatchObject({ code: 'no-display' })
    server.reachable = true
    await hotkeys.start()
    await hotkeys.bind({ id: 'talk', accelerator: 'F9' })
    expect(server.link?.grabs.size).toBe(4)
  })
})
