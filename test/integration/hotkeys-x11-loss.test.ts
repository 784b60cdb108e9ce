import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { X11Hotkeys } from '../../src-main/desktop/x11-hotkeys'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { recordHotkeys } from '../support/hotkey-events'
import { openStageKeyboard } from '../support/x11'

describe('hotkeys when the X server goes away', () => {
  const servers = new Set<ChildProcess>()

  afterEach(async () => {
    await Promise.all([...servers].map(stopServer))
  })

  /** On a free number, or on the given one again; it ends with this process in any case. */
  async function startServer(display?: string): Promise<{ server: ChildProcess, display: string }> {
    const server = spawn('setpriv', ['--pdeathsig', 'KILL', 'Xvfb', ...(display ? [display] : []), '-displayfd', '3', '-screen', '0', '640x480x24', '-nolisten', 'tcp', '-noreset'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
    servers.add(server)
    const pipe = server.stdio[3]
    if (!pipe)
      throw new Error('no pipe')
    const [number] = await once(pipe, 'data') as [Uint8Array]
    return { server, display: `:${new TextDecoder().decode(number).trim()}` }
  }

  async function stopServer(server: ChildProcess): Promise<void> {
    servers.delete(server)
    server.kill('SIGKILL')
    await once(server, 'close')
  }

  it('ends the hold, comes back with the server, and has its keys again', async () => {
    const first = await startServer()
    const hotkeys = new X11Hotkeys({ display: first.display, clock: systemClock, logger: silentLogger })
    await using _closed = hotkeys
    await hotkeys.start()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    const keyboard = await openStageKeyboard({ display: first.display })
    await keyboard.keyDown('ctrl+alt+space')
    await record.until(1)

    await stopServer(first.server)
    await record.until(2)
    expect(record.told).toEqual(['talk down', 'talk up'])
    expect(await hotkeys.isDown('talk')).toBe(false)
    await expect(hotkeys.bind({ id: 'talk', accelerator: 'F9' })).rejects.toMatchObject({ code: 'no-display' })
    await keyboard.close()

    const second = await startServer(first.display)
    expect(second.display).toBe(first.display)
    const again = await openStageKeyboard({ display: second.display })
    await again.waitFor(async () => {
      await again.tap('ctrl+alt+space')
      return record.told.length >= 4
    })
    expect(record.told.slice(0, 4)).toEqual(['talk down', 'talk up', 'talk down', 'talk up'])
    await again.close()
  })

  it('says that there is no display', async () => {
    const { server, display } = await startServer()
    await stopServer(server)
    const hotkeys = new X11Hotkeys({ display, clock: systemClock, logger: silentLogger })
    await expect(hotkeys.start()).rejects.toMatchObject({ code: 'no-display' })
    await hotkeys[Symbol.asyncDispose]()
  })
})
