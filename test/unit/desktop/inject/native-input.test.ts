import type { ShellClipboard, ShellContent } from '../../../../src-main/desktop/inject/native-clipboard'
import type { HookEvent } from '../../../../src-main/desktop/keyboard-hook'
import type { InsertOptions, TextInjector } from '../../../../src-main/ports/text-injector'
import type { ManualClock } from '../../../fakes/manual-clock'
import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { createNativeClipboard } from '../../../../src-main/desktop/inject/native-clipboard'
import { createNativeInput } from '../../../../src-main/desktop/inject/native-input'
import { createOwnKeys } from '../../../../src-main/desktop/own-keys'
import { createTextInjector } from '../../../../src-main/dictation/insertion/text-injector'
import { Emitter } from '../../../../src-main/lib/emitter'
import { silentLogger } from '../../../../src-main/ports/logger'
import { createManualClock } from '../../../fakes/manual-clock'

const CTRL = 0x1D
const CMD = 0x0E5B
const V = 0x2F
const C = 0x2E
const OPTIONS: InsertOptions = { signal: new AbortController().signal, method: 'auto', chord: null, mayInsertNewlines: true }

/** A shell's clipboard: four formats together, or one of another name, told or not. */
function createFakeShell(): ShellClipboard & { others: Map<string, Buffer>, content: ShellContent, isDeaf: boolean } {
  const shell = {
    content: {} as ShellContent,
    others: new Map<string, Buffer>(),
    isDeaf: false,
    formats: () => [
      ...shell.content.text === undefined ? [] : ['text/plain'],
      ...shell.content.html === undefined ? [] : ['text/html'],
      ...shell.content.rtf === undefined ? [] : ['text/rtf'],
      ...shell.content.png === undefined ? [] : ['image/png'],
      ...shell.others.keys(),
    ],
    read: () => shell.content,
    write(content: ShellContent) {
      if (shell.isDeaf)
        return
      shell.content = content
      shell.others.clear()
    },
    readFormat: (format: string) => shell.others.get(format) ?? Buffer.alloc(0),
    writeFormat(format: string, data: Buffer) {
      shell.content = {}
      shell.others = new Map([[format, data]])
    },
  }
  return shell
}

interface World {
  readonly clock: ManualClock
  readonly shell: ReturnType<typeof createFakeShell>
  readonly injector: TextInjector
  /** Keys that are down, by the program. */
  readonly down: Set<number>
  readonly sent: string[]
  readonly hook: (event: HookEvent) => void
  /** The focused program's text and selection. */
  readonly field: { text: string, selection: string }
  /** Lets time pass until it is settled. */
  readonly until: <T>(promise: Promise<T>) => Promise<T>
}

/** A program that pastes and copies what the keys say at that moment. */
async function createWorld(platform: 'win32' | 'darwin' = 'win32'): Promise<World> {
  const clock = createManualClock()
  const shell = createFakeShell()
  const events = new Emitter<HookEvent>()
  const down = new Set<number>()
  const sent: string[] = []
  const field = { text: '', selection: '' }
  const modifier = platform === 'darwin' ? CMD : CTRL
  const keyboard = {
    events,
    send(scancode: number, direction: 'down' | 'up') {
      sent.push(`${scancode.toString(16)} ${direction}`)
      if (direction === 'up') {
        down.delete(scancode)
        return
      }
      down.add(scancode)
      if (scancode === V && down.has(modifier))
        field.text += shell.content.text ?? ''
      if (scancode === C && down.has(modifier) && field.selection !== '')
        shell.write({ text: field.selection, html: `<p>${field.selection}</p>` })
    },
  }
  const input = await createNativeInput({ platform, clock, clipboard: createNativeClipboard({ shell, clock }), loadKeyboard: async () => keyboard })
  return {
    clock,
    shell,
    down,
    sent,
    field,
    injector: createTextInjector(input, { clock, logger: silentLogger, platform }),
    hook: event => events.emit(event),
    async until(promise) {
      const state = { isSettled: false }
      promise.then(() => state.isSettled = true, () => state.isSettled = true)
      for (let ms = 0; !state.isSettled && ms < 60_000; ms += 5) {
        await new Promise(resolve => setImmediate(resolve))
        clock.advance(5)
      }
      return promise
    },
  }
}

describe('inserting text on Windows and macOS', () => {
  it.each([['win32', CTRL], ['darwin', CMD]] as const)('pastes into whatever has the focus, and lets every key go (%s)', async (platform, modifier) => {
    const { injector, field, sent, down, until } = await createWorld(platform)
    expect(await until(injector.insert('Hello — 漢字', await injector.target(), OPTIONS))).toMatchObject({ how: 'pasted', confirmed: false, why: null })
    expect(field.text).toBe('Hello — 漢字')
    expect(sent).toEqual([`${modifier.toString(16)} down`, '2f down', '2f up', `${modifier.toString(16)} up`])
    expect(down.size).toBe(0)
  })

  it('gives back text, HTML, RTF and a picture together', async () => {
    const { injector, shell, field, until } = await createWorld()
    const former = { text: 'word', html: '<b>word</b>', rtf: '{\\rtf1 word}', png: Buffer.from('picture') }
    shell.write(former)
    await until(injector.insert('Hello', null, OPTIONS))
    expect(shell.content).toEqual({ text: 'Hello' })
    await until(injector.settled())
    expect(shell.content).toEqual(former)
    expect(field.text).toBe('Hello')
  })

  it('gives back another format when it was alone, and an empty clipboard', async () => {
    const { injector, shell, until } = await createWorld()
    shell.writeFormat('some/thing', Buffer.from([1, 2, 3]))
    await until(injector.insert('Hello', null, OPTIONS))
    await until(injector.settled())
    expect([...shell.others]).toEqual([['some/thing', Buffer.from([1, 2, 3])]])
    shell.write({})
    await until(injector.insert('Hello', null, OPTIONS))
    await until(injector.settled())
    expect(shell.formats()).toEqual([])
  })

  it('gives back the text of what had other formats, too; leaves what cannot be given back out of it', async () => {
    const { injector, shell, until } = await createWorld()
    shell.write({ text: 'cells' })
    shell.others.set('some/cells', Buffer.from('cells'))
    await until(injector.insert('Hello', null, OPTIONS))
    await until(injector.settled())
    expect(shell.content).toEqual({ text: 'cells' })
    shell.write({})
    shell.others.set('text/uri-list', Buffer.alloc(0))
    await until(injector.insert('Hello', null, OPTIONS))
    await until(injector.settled())
    expect(shell.content).toEqual({ text: 'Hello' })
  })

  it('leaves alone what another program copies meanwhile', async () => {
    const { injector, shell, until } = await createWorld()
    shell.write({ text: 'old' })
    await until(injector.insert('Hello', null, OPTIONS))
    shell.write({ text: 'Hello', html: '<i>Hello</i>' })
    await until(injector.settled())
    expect(shell.content).toEqual({ text: 'Hello', html: '<i>Hello</i>' })
  })

  it('waits until no modifier is held, and leaves the text on the clipboard when it is held too long', async () => {
    const { injector, shell, field, hook, until, sent } = await createWorld()
    hook({ type: 'key-down', scancode: CTRL, modifiers: new Set(['Ctrl']) })
    const waiting = injector.insert('Hello', null, OPTIONS)
    await new Promise(resolve => setImmediate(resolve))
    expect(sent).toEqual([])
    hook({ type: 'key-up', scancode: CTRL, modifiers: new Set() })
    expect(await until(waiting)).toMatchObject({ how: 'pasted' })
    hook({ type: 'key-down', scancode: CTRL, modifiers: new Set(['Ctrl']) })
    expect(await until(injector.insert(' again', null, OPTIONS))).toMatchObject({ how: 'copied', why: 'keys-held' })
    expect(field.text).toBe('Hello')
    expect(shell.content.text).toBe(' again')
  })

  it('cannot type, and says so', async () => {
    const { injector, shell, sent, until } = await createWorld()
    expect(await until(injector.insert('Hello', null, { ...OPTIONS, method: 'type' }))).toMatchObject({ how: 'copied', why: 'no-keys' })
    expect(shell.content.text).toBe('Hello')
    expect(sent).toEqual([])
  })

  it('writes nothing live and takes nothing back: it does not know where it is', async () => {
    const { injector, until, field } = await createWorld()
    const target = await injector.target()
    expect(target && injector.live(target, OPTIONS)).toBeNull()
    const report = await until(injector.insert('Hello', target, OPTIONS))
    expect(report.isLast()).toBe(false)
    expect(report.undo && await until(report.undo(OPTIONS.signal))).toBe('impossible')
    expect(field.text).toBe('Hello')
  })

  it('reads the selection by the copy chord, and gives the clipboard back', async () => {
    const { injector, shell, field, until } = await createWorld()
    const target = await injector.target() ?? expect.fail()
    shell.write({ text: 'former' })
    field.selection = 'these words'
    expect(await until(injector.selection(target, OPTIONS.signal))).toBe('these words')
    expect(shell.content).toEqual({ text: 'former' })
    field.selection = ''
    expect(await until(injector.selection(target, OPTIONS.signal))).toBeNull()
    expect(shell.content).toEqual({ text: 'former' })
    // It could not be given back whole, so it is not touched.
    shell.others.set('some/cells', Buffer.from('cells'))
    field.selection = 'these words'
    expect(await until(injector.selection(target, OPTIONS.signal))).toBeNull()
    expect(shell.others.size).toBe(1)
  })

  it('fails when the clipboard takes nothing', async () => {
    const { injector, shell, until } = await createWorld()
    shell.isDeaf = true
    await expect(until(injector.insert('Hello', null, OPTIONS))).rejects.toMatchObject({ code: 'internal' })
  })
})

describe('this program\'s own keys', () => {
  it('are told from a person\'s: each is taken once, in its time', () => {
    const clock = createManualClock()
    const own = createOwnKeys(clock)
    const event = (scancode: number, direction: 'down' | 'up'): HookEvent => ({ type: `key-${direction}`, scancode, modifiers: new Set() })
    own.expect(CTRL, 'down')
    own.expect(V, 'down')
    expect(own.isOwn(event(V, 'up'))).toBe(false)
    expect(own.isOwn(event(C, 'down'))).toBe(false)
    expect(own.isOwn(event(V, 'down'))).toBe(true)
    expect(own.isOwn(event(V, 'down'))).toBe(false)
    expect(own.isOwn({ type: 'button-down', button: 1 })).toBe(false)
    clock.advance(201)
    expect(own.isOwn(event(CTRL, 'down'))).toBe(false)
  })
})
