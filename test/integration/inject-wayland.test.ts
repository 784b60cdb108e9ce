import type { InsertOptions, TextInjector } from '../../src-main/ports/text-injector'
import type { WaylandProgram, WaylandStage } from '../support/wayland-stage'
import { Buffer } from 'node:buffer'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createWaylandInput, inspectWayland } from '../../src-main/desktop/inject/wayland-input'
import { createTextInjector } from '../../src-main/dictation/insertion/text-injector'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { createFakeDesktop } from '../fakes/fake-desktop'
import { createManualClock } from '../fakes/manual-clock'
import { missingForWayland, startWaylandStage } from '../support/wayland-stage'

const missing = missingForWayland()
if (missing.length > 0)
  process.stderr.write(`Not tested in a Wayland session: ${missing.join(', ')} missing.\n`)

const OPTIONS: InsertOptions = { signal: new AbortController().signal, method: 'auto', chord: null, mayInsertNewlines: true }
/** What a GTK text copies besides its plain text. */
const RICH = 'application/x-gtk-text-buffer-rich-text'
const PLAIN = 'The quick brown fox jumps over the lazy dog, twice.'
const UNICODE = 'Ünïcödé — “quotes” 漢字 🙂 שלום'
const LONG = 'Parley writes what you say; 0123456789! '.repeat(25)

describe.skipIf(missing.length > 0)('inserting text in a Wayland session', () => {
  let stage: WaylandStage
  let injector: TextInjector
  const programs: WaylandProgram[] = []

  beforeAll(async () => {
    stage = await startWaylandStage()
  }, 30_000)
  afterEach(async () => {
    await injector?.[Symbol.asyncDispose]()
    await Promise.all(programs.splice(0).map(program => program.close()))
  })
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]()
  })

  const options = (env = {}) => ({ env: { ...stage.env, ...env }, clock: systemClock, logger: silentLogger, dataDir: null })

  async function open(env: Readonly<Record<string, string | undefined>> = {}): Promise<TextInjector> {
    const shellClipboard = createFakeDesktop({ clock: createManualClock() }).input.clipboard
    injector = createTextInjector(await createWaylandInput({ ...options(env), shellClipboard }), { clock: systemClock, logger: silentLogger, platform: 'linux' })
    return injector
  }

  async function opened(program: Promise<WaylandProgram>): Promise<WaylandProgram> {
    programs.push(await program)
    return program
  }

  it('finds what this session has', async () => {
    expect(await inspectWayland(options())).toEqual({
      focus: 'sway',
      clipboard: null,
      keys: [
        { name: 'portal', obstacle: 'no-portal' },
        { name: 'wtype', obstacle: null },
        { name: 'ydotool', obstacle: expect.any(String) as string },
        { name: 'dotool', obstacle: expect.any(String) as string },
      ],
    })
  })

  it.each([['plain English', PLAIN], ['every kind of character', UNICODE], ['1,000 characters', LONG]])('pastes %s into a GTK entry, and gives the clipboard back', async (_, text) => {
    const entry = await opened(stage.openEntry('entry'))
    stage.copy('text/plain', 'what was there')
    const report = await (await open()).insert(text, await injector.target(), OPTIONS)
    expect(report).toMatchObject({ how: 'pasted', confirmed: false, why: null, text })
    await entry.untilText(text)
    await injector.settled()
    expect(stage.clipboard().data.toString()).toBe('what was there')
  }, 20_000)

  it.each([['plain English', PLAIN], ['every kind of character', UNICODE], ['1,000 characters', LONG]])('types %s into a GTK entry', async (_, text) => {
    const entry = await opened(stage.openEntry('entry'))
    const report = await (await open()).insert(text, await injector.target(), { ...OPTIONS, method: 'type' })
    expect(report).toMatchObject({ how: 'typed', text })
    await entry.untilText(text)
  }, 20_000)

  it.each(['paste', 'type'] as const)('brings several lines into a GTK text (%s)', async (method) => {
    const view = await opened(stage.openTextView('lines'))
    const text = `first line\nsecond — ${UNICODE}\n\nlast`
    await (await open()).insert(text, await injector.target(), { ...OPTIONS, method })
    await view.untilText(text)
  }, 20_000)

  it.each([
    ['paste', PLAIN, PLAIN],
    ['paste', UNICODE, UNICODE],
    ['paste', LONG, LONG],
    ['type', PLAIN, PLAIN],
    ['type', UNICODE, UNICODE],
    ['type', LONG, LONG],
    ['type', 'one\ntwo', 'one\rtwo'],
  ] as const)('brings text into foot (%s)', async (method, text, got) => {
    const terminal = await opened(stage.openTerminal('terminal'))
    const target = await (await open()).target()
    expect(target).toMatchObject({ appId: 'foot', title: 'terminal', pid: expect.any(Number) as number })
    await injector.insert(text, target, { ...OPTIONS, method })
    await terminal.untilText(got)
  }, 20_000)

  it('keeps capitals and order over many short insertions', async () => {
    const entry = await opened(stage.openEntry('entry'))
    await open()
    const target = await injector.target()
    let all = ''
    for (let at = 0; at < 20; at++) {
      all += `Word${at} `
      await injector.insert(`Word${at} `, target, { ...OPTIONS, method: 'type' })
    }
    await entry.untilText(all)
  }, 30_000)

  it('puts text into the window it was meant for, or on the clipboard', async () => {
    const entry = await opened(stage.openEntry('first'))
    const target = await (await open()).target()
    const other = await opened(stage.openEntry('second'))
    for (const method of ['auto', 'type'] as const)
      expect(await injector.insert(PLAIN, target, { ...OPTIONS, method })).toMatchObject({ how: 'copied', why: 'focus-moved' })
    expect(stage.clipboard().data.toString()).toBe(PLAIN)
    await entry.focus()
    await injector.insert('back', target, OPTIONS)
    await entry.untilText('back')
    expect(other.text()).toBe('')
    await other.close()
    await entry.close()
    expect(await injector.insert(PLAIN, target, OPTIONS)).toMatchObject({ how: 'copied', why: 'target-gone' })
    expect(await injector.target()).toBeNull()
    expect(await injector.insert(PLAIN, null, OPTIONS)).toMatchObject({ how: 'copied', why: 'no-target' })
  }, 20_000)

  it('stops typing when the focus moves in the middle', async () => {
    const entry = await opened(stage.openEntry('first'))
    const other = await opened(stage.openEntry('second'))
    await entry.focus()
    const target = await (await open()).target()
    const typing = injector.insert(LONG, target, { ...OPTIONS, method: 'type' })
    await entry.untilStarted()
    await other.focus()
    expect(await typing).toMatchObject({ how: 'copied', why: 'focus-moved' })
    expect(LONG.startsWith(entry.text())).toBe(true)
    expect(stage.clipboard().data.toString()).toBe(LONG)
    // What the compositor was given before word of the change came to us.
    expect(other.text().length).toBeLessThan(20)
  }, 20_000)

  it.each([
    ['a picture', 'image/png', Buffer.from(Uint8Array.from({ length: 300_000 }, (_, at) => at * 31 % 256))],
    ['a list of files', 'text/uri-list', Buffer.from('file:///tmp/a%20file\r\nfile:///tmp/b\r\n')],
    ['a text of 5 MB', 'text/plain', Buffer.from(`${UNICODE}\n`.repeat(100_000))],
  ])('gives back %s, byte for byte', async (_, type, data) => {
    const entry = await opened(stage.openEntry('entry'))
    stage.copy(type, data)
    const before = stage.clipboard(type)
    expect(await (await open()).insert(PLAIN, await injector.target(), OPTIONS)).toMatchObject({ how: 'pasted' })
    await entry.untilText(PLAIN)
    await injector.settled()
    const after = stage.clipboard(type)
    expect(after.types.toSorted()).toEqual(before.types.toSorted())
    expect(after.data.equals(data)).toBe(true)
  }, 20_000)

  it('leaves an empty clipboard empty', async () => {
    const entry = await opened(stage.openEntry('entry'))
    stage.clear()
    await (await open()).insert(PLAIN, await injector.target(), OPTIONS)
    await entry.untilText(PLAIN)
    await injector.settled()
    expect(stage.clipboard().types).toEqual([])
  }, 20_000)

  it('types where a content of several kinds would come back as one, and does not touch it', async () => {
    const view = await opened(stage.openTextView('rich'))
    await view.select('what was there', 0)
    stage.copyByKeys()
    await expect.poll(() => stage.clipboard().types).toContain(RICH)
    const before = stage.clipboard(RICH)
    const entry = await opened(stage.openEntry('entry'))
    expect(await (await open()).insert(UNICODE, await injector.target(), OPTIONS)).toMatchObject({ how: 'typed' })
    await entry.untilText(UNICODE)
    await injector.settled()
    expect(stage.clipboard(RICH)).toEqual(before)
  }, 20_000)

  it('leaves alone what another program copies meanwhile', async () => {
    const entry = await opened(stage.openEntry('entry'))
    stage.copy('text/plain', 'old')
    await (await open()).insert(PLAIN, await injector.target(), OPTIONS)
    await entry.untilText(PLAIN)
    stage.copy('text/plain', 'new')
    await injector.settled()
    expect(stage.clipboard().data.toString()).toBe('new')
  }, 20_000)

  it('reads what is selected by the copy chord, and gives the clipboard back', async () => {
    const entry = await opened(stage.openEntry('entry'))
    await entry.select('some words', 5)
    stage.copy('text/plain', 'what was there')
    const target = await (await open()).target()
    expect(target && await injector.selection(target, OPTIONS.signal)).toBe('words')
    expect(stage.clipboard().data.toString()).toBe('what was there')
    await entry.select('some words', 10)
    expect(target && await injector.selection(target, OPTIONS.signal)).toBeNull()
    expect(stage.clipboard().data.toString()).toBe('what was there')
  }, 20_000)

  it('knows the focus without sway\'s socket, too', async () => {
    const env = { SWAYSOCK: undefined }
    const entry = await opened(stage.openEntry('entry'))
    const target = await (await open(env)).target()
    expect(target).toMatchObject({ title: 'entry', pid: null })
    await injector.insert(PLAIN, target, OPTIONS)
    await entry.untilText(PLAIN)
    const other = await opened(stage.openEntry('other'))
    expect(await injector.insert(PLAIN, target, OPTIONS)).toMatchObject({ how: 'copied', why: 'focus-moved' })
    await entry.close()
    expect(await injector.insert(PLAIN, target, OPTIONS)).toMatchObject({ how: 'copied', why: 'target-gone' })
    expect(other.text()).toBe('')
  }, 20_000)

  it('writes live text, and corrects it', async () => {
    const entry = await opened(stage.openEntry('entry'))
    const target = await (await open()).target()
    const live = target && injector.live(target, OPTIONS)
    await live?.update('I sea')
    await live?.update('I see the')
    await entry.untilText('I see the')
    expect(await live?.finish('I see the sea.')).toMatchObject({ how: 'typed', text: 'I see the sea.' })
    await entry.untilText('I see the sea.')
  }, 20_000)

  it('leaves the text on the clipboard where no tool presses keys', async () => {
    await opened(stage.openEntry('entry'))
    expect(await (await open({ PATH: await stage.pathWithout('wtype') })).insert(PLAIN, await injector.target(), OPTIONS)).toMatchObject({ how: 'copied', why: 'no-keys' })
    expect(stage.clipboard().data.toString()).toBe(PLAIN)
  }, 20_000)
})
