import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDesktopInput } from '../../../../src-main/desktop/inject/desktop-input'
import { createTextInjector } from '../../../../src-main/dictation/insertion/text-injector'
import { systemClock } from '../../../../src-main/ports/clock'
import { silentLogger } from '../../../../src-main/ports/logger'
import { createFakeDesktop } from '../../../fakes/fake-desktop'
import { createManualClock } from '../../../fakes/manual-clock'

describe('how text gets into programs, by the system', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-input-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const fallback = createFakeDesktop({ clock: createManualClock(), native: true })
  const options = { clock: systemClock, logger: silentLogger, dataDir: null, fallback: fallback.input }

  it('is the shell\'s clipboard where there is no display, or none that answers', async () => {
    expect(await createDesktopInput({ ...options, platform: 'linux', env: {} })).toBe(fallback.input)
    expect(await createDesktopInput({ ...options, platform: 'linux', env: { DISPLAY: `unix:${join(folder, 'nobody')}` } })).toBe(fallback.input)
    expect(await createDesktopInput({ ...options, platform: 'freebsd', env: { DISPLAY: ':0' } })).toBe(fallback.input)
  })

  it('leaves the text on the shell\'s clipboard in a Wayland session that has nothing', async () => {
    const env = { WAYLAND_DISPLAY: 'wayland-0', DISPLAY: ':0', XDG_RUNTIME_DIR: folder, PATH: folder }
    const input = await createDesktopInput({ ...options, platform: 'linux', env })
    expect(input).toMatchObject({ mechanism: 'wayland', clipboard: fallback.input.clipboard, focus: { isBlind: true } })
    await using injector = createTextInjector(input, { clock: systemClock, logger: silentLogger, platform: 'linux' })
    const target = await injector.target()
    expect(target).toMatchObject({ appId: '', pid: null })
    const signal = new AbortController().signal
    expect(await injector.insert('Hello', target, { signal, method: 'auto', chord: null, mayInsertNewlines: true })).toMatchObject({ how: 'copied', why: 'no-keys' })
    expect(fallback.clipboard()).toEqual({ 'text/plain': 'Hello' })
  })
})
