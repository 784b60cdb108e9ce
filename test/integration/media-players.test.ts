import type { Clock } from '../../src-main/ports/clock'
import type { MediaControl } from '../../src-main/ports/media-control'
import type { FakePlayer, FakePlayerOptions } from '../fakes/fake-player'
import type { Bundle } from './support/bundle'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createMediaControl } from '../../src-main/desktop/media/media-control'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { startFakePlayer } from '../fakes/fake-player'
import { useStage } from '../support/stage'
import { bundle } from './support/bundle'

describe('media players during a recording', () => {
  const stage = useStage({ display: false, sound: false })
  const open: AsyncDisposable[] = []
  let child: Bundle
  beforeAll(async () => {
    child = await bundle('media-child.ts')
  })
  afterEach(async () => {
    for (const thing of open.splice(0).reverse())
      await thing[Symbol.asyncDispose]()
  })
  afterAll(() => child[Symbol.dispose]())

  const stateFile = (): string => join(stage().dir, 'held.json')

  async function startPlayer(name: string, options?: FakePlayerOptions): Promise<FakePlayer> {
    const player = await startFakePlayer(stage().env['DBUS_SESSION_BUS_ADDRESS'] ?? '', name, options)
    open.push(player)
    return player
  }

  function createControl({ env = stage().env, clock = systemClock }: { env?: NodeJS.ProcessEnv, clock?: Clock } = {}): MediaControl {
    const control = createMediaControl({ env, clock, logger: silentLogger, stateFile: stateFile(), mute: null })
    open.push(control)
    return control
  }

  /** Everything that was asked for is done. */
  async function end(control: MediaControl): Promise<void> {
    open.splice(open.indexOf(control), 1)
    await control[Symbol.asyncDispose]()
  }

  it('pauses all that play, in parallel, and starts those again', async () => {
    const players = await Promise.all([startPlayer('one'), startPlayer('two.instance7'), startPlayer('quiet', { state: 'Paused' }), startPlayer('off', { state: 'Stopped' }), startPlayer('live', { canPause: false })])
    const control = createControl()
    control.hold('pause')
    await Promise.all(players.slice(0, 2).map(player => player.until(1)))
    expect(players.map(({ state }) => state)).toEqual(['Paused', 'Paused', 'Paused', 'Stopped', 'Playing'])
    control.release()
    await Promise.all(players.slice(0, 2).map(player => player.until(2)))
    expect(players.map(({ calls }) => calls.join(' '))).toEqual(['Pause Play', 'Pause Play', '', '', ''])
    await end(control)
    expect(existsSync(stateFile())).toBe(false)
  })

  it('leaves all alone when it is to leave them', async () => {
    const player = await startPlayer('one')
    const control = createControl()
    control.hold('leave')
    control.hold('mute') // nothing here can
    control.release()
    control.release()
    await end(control)
    expect(player.calls).toEqual([])
  })

  it('one that hangs keeps no other waiting, and neither hold nor release', async () => {
    const hung = await startPlayer('hung', { hangs: true })
    const player = await startPlayer('one')
    const control = createControl()
    const fromMs = systemClock.nowMs()
    control.hold('pause')
    await player.until(1)
    expect(systemClock.nowMs() - fromMs).toBeLessThan(280)
    control.release()
    await player.until(2)
    expect(systemClock.nowMs() - fromMs).toBeLessThan(700)
    await end(control)
    expect([...player.calls, ...hung.calls]).toEqual(['Pause', 'Play'])
  })

  it('counts nested holds, whatever their kinds', async () => {
    const player = await startPlayer('one')
    const control = createControl()
    control.hold('pause')
    control.hold('leave')
    control.hold('pause')
    control.release()
    control.release()
    await player.until(1)
    control.release()
    await player.until(2)
    control.release() // one too many
    control.hold('pause')
    await player.until(3)
    expect(player.calls).toEqual(['Pause', 'Play', 'Pause'])
  })

  it('a tap leaves it playing', async () => {
    const player = await startPlayer('one')
    const control = createControl()
    for (let i = 0; i < 5; i++) {
      control.hold('pause')
      control.release()
    }
    await end(control)
    expect(player.state).toBe('Playing')
  })

  it('does not start what a person has started, stopped, or paused in between', async () => {
    const [started, stopped, paused] = await Promise.all([startPlayer('started'), startPlayer('stopped'), startPlayer('paused')]) as [FakePlayer, FakePlayer, FakePlayer]
    const other = await startPlayer('other')
    const control = createControl()
    control.hold('pause')
    await Promise.all([started, stopped, paused, other].map(player => player.until(1)))
    started.set('Playing')
    stopped.set('Stopped')
    paused.set('Playing')
    paused.set('Paused')
    control.release()
    await other.until(2)
    await end(control)
    expect([started, stopped, paused, other].map(({ state, calls }) => [state, ...calls])).toEqual([
      ['Playing', 'Pause'],
      ['Stopped', 'Pause'],
      ['Paused', 'Pause'],
      ['Playing', 'Pause', 'Play'],
    ])
  })

  it('a player that is slow to pause goes on, too', async () => {
    const player = await startPlayer('lazy', { lazy: true })
    const control = createControl()
    control.hold('pause')
    await player.until(1)
    control.release()
    await player.until(2)
    player.settle()
    await end(control)
    expect({ state: player.state, calls: player.calls }).toEqual({ state: 'Playing', calls: ['Pause', 'Play'] })
  })

  it('another run of the same player is another player', async () => {
    const first = await startFakePlayer(stage().env['DBUS_SESSION_BUS_ADDRESS'] ?? '', 'one')
    const control = createControl()
    control.hold('pause')
    await first.until(1)
    await first[Symbol.asyncDispose]()
    const second = await startPlayer('one', { state: 'Paused' })
    control.release()
    await end(control)
    expect(second.calls).toEqual([])
  })

  it('speaks to no stand-in for other players', async () => {
    const player = await startPlayer('playerctld')
    const control = createControl()
    control.hold('pause')
    await end(control)
    expect(player.calls).toEqual([])
  })

  it('what it holds is on disk before the player is told', async () => {
    const seen: unknown[] = []
    const player = await startPlayer('one', { onPause: () => seen.push(JSON.parse(readFileSync(stateFile(), 'utf8'))) })
    const control = createControl()
    control.hold('pause')
    await player.until(1)
    expect(seen).toMatchObject([{ players: [{ name: 'org.mpris.MediaPlayer2.one' }] }])
    expect(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()).toBe((seen[0] as { bootId: string }).bootId)
  })

  describe('after the program was killed', () => {
    async function heldAndKilled(...players: FakePlayer[]): Promise<void> {
      const running = spawn(process.execPath, [child.path, stateFile(), 'pause'], { env: { ...child.env, ...stage().env }, stdio: 'ignore' })
      const ended = once(running, 'close')
      await Promise.all(players.map(player => player.until(1)))
      running.kill('SIGKILL')
      await ended
      expect(players.map(({ state }) => state)).toEqual(players.map(() => 'Paused'))
    }

    it('the next run starts again what the last one paused', async () => {
      const players = [await startPlayer('one'), await startPlayer('two')]
      const quiet = await startPlayer('quiet', { state: 'Paused' })
      await heldAndKilled(...players)
      await createControl().recover()
      expect([...players, quiet].map(({ calls }) => calls.join(' '))).toEqual(['Pause Play', 'Pause Play', ''])
      expect(existsSync(stateFile())).toBe(false)
    })

    it('a hold that comes first gives back first, and loses nothing', async () => {
      const player = await startPlayer('one')
      await heldAndKilled(player)
      const control = createControl()
      control.hold('pause')
      await player.until(3)
      await end(control)
      expect(player.calls).toEqual(['Pause', 'Play', 'Pause', 'Play'])
    })

    it.each([
      ['six hours later', (held: Record<string, unknown>) => ({ ...held, savedAtMs: Number(held['savedAtMs']) - 6 * 3_600_000 - 60_000 })],
      ['after the machine was restarted', (held: Record<string, unknown>) => ({ ...held, bootId: 'b2cf9e1e-0000-4000-8000-000000000000' })],
      ['on another session bus', (held: Record<string, unknown>) => ({ ...held, players: (held['players'] as object[]).map(player => ({ ...player, busId: '0' })) })],
      ['when the file is broken', () => ({ players: 'none' })],
    ])('not %s', async (_, change) => {
      const player = await startPlayer('one')
      await heldAndKilled(player)
      await writeFile(stateFile(), JSON.stringify(change(JSON.parse(await readFile(stateFile(), 'utf8')) as Record<string, unknown>)))
      await createControl().recover()
      expect(player.calls).toEqual(['Pause'])
      expect(existsSync(stateFile())).toBe(false)
    })
  })

  it('without a session bus nothing happens, and nothing fails', async () => {
    const control = createControl({ env: {} })
    await control.recover()
    control.hold('pause')
    control.release()
    await end(control)
    const none = createControl({ env: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${stage().dir}/none` } })
    none.hold('pause')
    none.release()
    await end(none)
    expect(existsSync(stateFile())).toBe(false)
  })
})
