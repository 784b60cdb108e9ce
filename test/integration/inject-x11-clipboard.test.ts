import type { SelectionSession, SelectionValue } from '../../src-main/desktop/inject/x11-clipboard-session'
import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { createSelectionOwner, numbers } from '../../src-main/desktop/inject/x11-clipboard-owner'
import { createTransfers } from '../../src-main/desktop/inject/x11-clipboard-transfer'
import { systemClock } from '../../src-main/ports/clock'
import { useClipboardPrograms } from '../support/clipboard'
import { useStage } from '../support/stage'
import { ask, startClipboardManager, useX11Clipboards } from '../support/x11-clipboard'

const signal = new AbortController().signal
const NOBODY = { reader: null, alsoPrimary: false }
const UNICODE = 'Ünïcödé — “quotes” 漢字 🙂 שלום'
/** The smallest picture that is one. */
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const DOCUMENT = {
  'UTF8_STRING': Buffer.from(UNICODE),
  'text/plain;charset=utf-8': Buffer.from(UNICODE),
  'text/plain': Buffer.from('UUnicode in an encoding of its own'),
  'text/html': Buffer.from(`<p>${UNICODE}</p>`),
  'text/rtf': Buffer.from('{\\rtf1 text}'),
  'image/png': PNG,
  'text/uri-list': Buffer.from('file:///home/a%20b\r\n'),
  'x-special/gnome-copied-files': Buffer.from('copy\nfile:///home/a%20b'),
  'application/x-parts': randomBytes(300_000),
}
const OTHER_PICTURES = ['image/tiff', 'image/jpeg', 'image/x-icon', 'image/webp']

/** How many windows the program has to which this one belongs. */
async function windowsOf({ connection, clientOf }: SelectionSession, window: number): Promise<number> {
  const { client: X, root, request } = connection
  const { children } = await request<{ parent: number, children: readonly number[] }>(done => X.QueryTree(root, done))
  return children.filter(child => clientOf(child) === clientOf(window)).length
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

describe('the X11 clipboard keeps what was there', () => {
  const stage = useStage({ sound: false })
  const programs = useClipboardPrograms(stage)
  const { openClipboard, openClient } = useX11Clipboards(() => stage().env['DISPLAY'] ?? '')

  it('nothing when there is nothing, and leaves nothing', async () => {
    const clipboard = openClipboard()
    expect(await clipboard.save(signal)).toBeNull()
    const offer = await clipboard.offer('in passing', NOBODY)
    expect((await programs.xclipReads())?.toString()).toBe('in passing')
    expect(await offer.wasRead(1_000, signal)).toBe(true)
    expect(await offer.restore(null)).toBe('restored')
    expect(await programs.xclipReads()).toBeNull()
  })

  it.each([
    ['UTF8_STRING', Buffer.from(UNICODE)],
    ['text/html', Buffer.from('<b>Ünïcödé</b>\0<i>and more</i>')],
    ['image/png', PNG],
    ['image/bmp', randomBytes(3_001)],
    ['text/uri-list', Buffer.from('file:///home/a%20b\r\nfile:///c\r\n')],
    ['application/x-something-of-its-own', randomBytes(70_000)],
    ['text/rtf', Buffer.alloc(0)],
  ])('%s byte for byte, from a program with nothing else', async (target, data) => {
    const clipboard = openClipboard()
    const owner = await programs.xclipOwns(data, { target })
    const saved = await clipboard.save(signal)
    expect(saved).toEqual({ formats: [target], sizeBytes: data.length, missing: [] })
    const offer = await clipboard.offer('in passing', NOBODY)
    await owner.stop()
    expect(await offer.restore(saved)).toBe('restored')
    expect((await programs.xclipReads(target))?.equals(data)).toBe(true)
  })

  it('text, HTML, RTF, a picture and files at once; of a picture in many formats PNG alone', async () => {
    const clipboard = openClipboard()
    const pictures = Object.fromEntries(OTHER_PICTURES.map(name => [name, randomBytes(100)]))
    const owner = await programs.openOwner('CLIPBOARD', { ...DOCUMENT, ...pictures })
    const saved = await clipboard.save(signal)
    expect(saved?.formats).toEqual(Object.keys(DOCUMENT))
    expect([...saved?.missing ?? []].sort()).toEqual([...OTHER_PICTURES].sort())
    expect(owner.asked.filter(name => OTHER_PICTURES.includes(name))).toEqual([])

    const offer = await clipboard.offer('in passing', NOBODY)
    expect(await offer.restore(saved)).toBe('restored')
    for (const [name, data] of Object.entries(DOCUMENT))
      expect((await owner.ask(name))?.equals(data), name).toBe(true)
    const again = await clipboard.save(signal)
    expect(again?.formats).toEqual(saved?.formats)
  })

  it('every picture of a program that has few', async () => {
    const clipboard = openClipboard()
    await programs.openOwner('CLIPBOARD', { 'image/jpeg': randomBytes(100), 'image/png': PNG, 'image/webp': randomBytes(50) })
    expect(await clipboard.save(signal)).toEqual({ formats: ['image/jpeg', 'image/png', 'image/webp'], sizeBytes: 150 + PNG.length, missing: [] })
  })

  it.each(['xclip', 'GTK'])('20 MB in pieces, both ways, from %s', async (kind) => {
    const data = randomBytes(20 * 1024 * 1024 + 1)
    const clipboard = openClipboard()
    const owner = kind === 'xclip' ? await programs.xclipOwns(data, { target: 'image/bmp' }) : await programs.openOwner('CLIPBOARD', { 'image/bmp': data })
    const saved = await clipboard.save(signal)
    expect(saved).toEqual({ formats: ['image/bmp'], sizeBytes: data.length, missing: [] })
    await owner.stop()
    const offer = await clipboard.offer('in passing', NOBODY)
    expect(await offer.restore(saved)).toBe('restored')
    expect((await programs.xclipReads('image/bmp'))?.equals(data)).toBe(true)
  })

  it('a long text once, and gives it back under all its names', async () => {
    const text = 'Zeile für Zeile\n'.repeat(100_000)
    const data = Buffer.from(text)
    const clipboard = openClipboard()
    const owner = await programs.openOwner('CLIPBOARD', { 'UTF8_STRING': data, 'text/plain': data, 'STRING': data, 'TEXT': data })
    const saved = await clipboard.save(signal)
    expect(saved).toEqual({ formats: ['UTF8_STRING', 'text/plain', 'STRING', 'TEXT'], sizeBytes: data.length + text.length, missing: [] })
    expect(owner.asked).toEqual(['UTF8_STRING'])
    const offer = await clipboard.offer('in passing', NOBODY)
    await offer.restore(saved)
    expect((await programs.xclipReads('text/plain'))?.equals(data)).toBe(true)
    expect((await programs.xclipReads('STRING'))?.equals(Buffer.from(text, 'latin1'))).toBe(true)
  })

  it('what is over the bound is missing, the rest is kept', async () => {
    const clipboard = openClipboard()
    const client = await openClient()
    const [huge, text] = [await client.atom('application/x-huge'), client.atoms.UTF8_STRING]
    const owner = createSelectionOwner(client, client.atoms.CLIPBOARD, createTransfers(client))
    await owner.own(new Map([[huge, { type: huge, format: 8, data: Buffer.alloc(65 * 1024 * 1024) }], [text, { type: text, format: 8, data: Buffer.from('text') }]]))
    expect(await clipboard.save(signal)).toEqual({ formats: ['UTF8_STRING'], sizeBytes: 4, missing: ['application/x-huge'] })
  })

  it('types and elements of 16 and 32 bits as they are', async () => {
    const clipboard = openClipboard()
    const client = await openClient()
    const [target, words, type] = await Promise.all(['application/x-numbers', 'application/x-words', 'X_TYPE'].map(client.atom)) as [number, number, number]
    const owner = createSelectionOwner(client, client.atoms.CLIPBOARD, createTransfers(client))
    const values = {
      'application/x-numbers': { type, format: 32 as const, data: numbers(Array.from({ length: 100_000 }, (_, i) => i * 40_000)) },
      'application/x-words': { type: client.atoms.INTEGER, format: 16 as const, data: Buffer.from([1, 2, 3, 4, 5, 6]) },
    }
    await owner.own(new Map<number, SelectionValue>([[target, values['application/x-numbers']], [words, values['application/x-words']]]))
    const saved = await clipboard.save(signal)
    const offer = await clipboard.offer('in passing', NOBODY)
    expect(await offer.restore(saved)).toBe('restored')
    for (const [name, { type, format, data }] of Object.entries(values)) {
      const got = await ask(client, name)
      expect([got?.type, got?.format, got?.data.equals(data)], name).toEqual([type, format, true])
    }
  })

  describe('and is not held up', () => {
    it('by a program that is stopped', async () => {
      const clipboard = openClipboard()
      const owner = await programs.xclipOwns('out of reach')
      process.kill(owner.pid, 'SIGSTOP')
      const startedAtMs = systemClock.nowMs()
      const saved = await clipboard.save(signal)
      expect(systemClock.nowMs() - startedAtMs).toBeLessThan(600)
      expect(saved).toEqual({ formats: [], sizeBytes: 0, missing: ['TARGETS'] })
      const offer = await clipboard.offer('in passing', NOBODY)
      expect((await programs.xclipReads())?.toString()).toBe('in passing')
      expect(await offer.restore(saved)).toBe('lost')
      expect(await programs.xclipReads()).toBeNull()
    })

    it('by a program that stops in the middle', async () => {
      const clipboard = openClipboard()
      const client = await openClient()
      const { client: X } = client.connection
      const { atoms } = client
      client.events.subscribe(({ name, requestor = 0, selection = 0, target = 0, property = 0, time = 0 }) => {
        if (name !== 'SelectionRequest')
          return
        if (target === atoms.TARGETS)
          X.ChangeProperty(0, requestor, property, atoms.ATOM, 32, numbers([atoms.UTF8_STRING, atoms.STRING]))
        else if (target === atoms.UTF8_STRING)
          X.ChangeProperty(0, requestor, property, atoms.INCR, 32, numbers([500_000]))
        else
          X.ChangeProperty(0, requestor, property, atoms.STRING, 8, Buffer.from('complete'))
        X.SendEvent(requestor, 0, 0, { name: 'SelectionNotify', seq: 0, time, requestor, selection, target, property })
      })
      X.SetSelectionOwner(client.window, atoms.CLIPBOARD, await client.serverTime())
      await client.ownerOf(atoms.CLIPBOARD)
      const startedAtMs = systemClock.nowMs()
      const saved = await clipboard.save(signal)
      expect(systemClock.nowMs() - startedAtMs).toBeLessThan(600)
      expect(saved).toEqual({ formats: [], sizeBytes: 0, missing: ['UTF8_STRING', 'STRING'] })
    })

    it('when it is to stop itself', async () => {
      const clipboard = openClipboard()
      const owner = await programs.xclipOwns('out of reach')
      process.kill(owner.pid, 'SIGSTOP')
      const controller = new AbortController()
      const saving = clipboard.save(controller.signal)
      const reason = new Error('enough')
      controller.abort(reason)
      await expect(saving).rejects.toBe(reason)
      process.kill(owner.pid, 'SIGCONT')
      expect((await clipboard.save(signal))?.formats).toEqual(['UTF8_STRING'])
    })
  })

  it('all of one content, when another comes while it is being read', async () => {
    const clipboard = openClipboard()
    const [first, second] = [await openClient(), await openClient()]
    const [html, rtf] = await Promise.all(['text/html', 'text/rtf'].map(first.atom)) as [number, number]
    const contentOf = (text: string): Map<number, SelectionValue> => new Map([html, rtf].map(target => [target, { type: target, format: 8, data: Buffer.from(text) }]))
    const former = createSelectionOwner(first, first.atoms.CLIPBOARD, createTransfers(first))
    const newer = createSelectionOwner(second, second.atoms.CLIPBOARD, createTransfers(second))
    await former.own(contentOf('former'))
    const taken = new Promise(resolve => former.reads.subscribe(({ target }) => target === html && resolve(newer.own(contentOf('newer content')))))
    const saved = await clipboard.save(signal)
    await taken
    expect(saved).toEqual({ formats: ['text/html', 'text/rtf'], sizeBytes: 26, missing: [] })
  })

  it('leaves alone what another program has put there meanwhile', async () => {
    const clipboard = openClipboard()
    await programs.xclipOwns('former')
    const saved = await clipboard.save(signal)
    const offer = await clipboard.offer('in passing', NOBODY)
    expect(await offer.isCurrent()).toBe(true)
    await programs.xclipOwns('newer')
    expect(await offer.isCurrent()).toBe(false)
    expect(await offer.wasRead(10_000, signal)).toBe(false)
    expect(await offer.restore(saved)).toBe('changed')
    expect((await programs.xclipReads())?.toString()).toBe('newer')
  })

  it('takes what was there before an offer that is not over yet', async () => {
    const clipboard = openClipboard()
    await programs.xclipOwns('former')
    const saved = await clipboard.save(signal)
    const first = await clipboard.offer('first', NOBODY)
    const savedAgain = await clipboard.save(signal)
    expect(savedAgain).toBe(saved)
    const second = await clipboard.offer('second', NOBODY)
    expect(await first.isCurrent()).toBe(false)
    expect(await first.restore(saved)).toBe('changed')
    expect((await programs.xclipReads())?.toString()).toBe('second')
    expect(await second.restore(savedAgain)).toBe('restored')
    expect((await programs.xclipReads())?.toString()).toBe('former')
  })

  it('keeps PRIMARY, too, as far as it is text', async () => {
    const clipboard = openClipboard()
    await programs.xclipOwns('selected with the mouse', { selection: 'primary' })
    const saved = await clipboard.save(signal)
    const offer = await clipboard.offer('in passing', { reader: null, alsoPrimary: true })
    expect((await programs.xclipReads('UTF8_STRING', 'primary'))?.toString()).toBe('in passing')
    expect((await programs.xclipReads('UTF8_STRING', 'clipboard'))?.toString()).toBe('in passing')
    expect(await offer.restore(saved)).toBe('restored')
    expect((await programs.xclipReads('UTF8_STRING', 'primary'))?.toString()).toBe('selected with the mouse')
    expect(await programs.xclipReads('UTF8_STRING', 'clipboard')).toBeNull()
  })

  it('leaves no PRIMARY where there was none, and a newer one alone', async () => {
    const clipboard = openClipboard()
    const first = await clipboard.offer('in passing', { reader: null, alsoPrimary: true })
    expect(await first.restore(null)).toBe('restored')
    expect(await programs.xclipReads('UTF8_STRING', 'primary')).toBeNull()
    const second = await clipboard.offer('in passing', { reader: null, alsoPrimary: true })
    await programs.xclipOwns('selected meanwhile', { selection: 'primary' })
    expect(await second.restore(null)).toBe('restored')
    expect((await programs.xclipReads('UTF8_STRING', 'primary'))?.toString()).toBe('selected meanwhile')
  })

  it('hands its content to a clipboard manager at the end', async () => {
    const clipboard = openClipboard()
    const manager = await startClipboardManager(await openClient())
    const text = `${UNICODE} `.repeat(2_000)
    await clipboard.copy(text)
    await clipboard[Symbol.asyncDispose]()
    expect(await manager.saved).toContain('UTF8_STRING')
    expect((await programs.xclipReads())?.toString()).toBe(text)
  })

  it('does not wait long for a clipboard manager that does nothing, at the end', async () => {
    const clipboard = openClipboard()
    await startClipboardManager(await openClient(), { stuck: true })
    await clipboard.copy('for good')
    const startedAtMs = systemClock.nowMs()
    await clipboard[Symbol.asyncDispose]()
    expect(systemClock.nowMs() - startedAtMs).toBeLessThan(1_500)
  })

  it('hands nothing over that was in passing', async () => {
    const clipboard = openClipboard()
    await startClipboardManager(await openClient(), { stuck: true })
    await clipboard.offer('in passing', NOBODY)
    const startedAtMs = systemClock.nowMs()
    await clipboard[Symbol.asyncDispose]()
    expect(systemClock.nowMs() - startedAtMs).toBeLessThan(500)
    expect(await programs.xclipReads()).toBeNull()
  })

  it('has nothing more after a thousand offers than before', async () => {
    const clipboard = openClipboard()
    const client = await openClient()
    await programs.xclipOwns(UNICODE)
    const round = async (i: number): Promise<void> => {
      const saved = await clipboard.save(signal)
      const offer = await clipboard.offer(`number ${i}`, NOBODY)
      expect(await offer.restore(saved)).toBe('restored')
    }
    const saves = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++)
        expect((await clipboard.save(signal))?.formats).toEqual(['UTF8_STRING'])
    }
    await saves(5)
    await round(0)
    const window = await client.ownerOf(client.atoms.CLIPBOARD)
    const before = { atom: await client.atom('X_BEFORE'), windows: await windowsOf(client, window), heapBytes: heapBytes() }
    for (let i = 1; i <= 1_000; i++)
      await round(i)
    await programs.xclipOwns(UNICODE)
    await saves(500)
    expect(await client.atom('X_AFTER') - before.atom).toBe(1)
    expect(await windowsOf(client, window)).toBe(before.windows)
    expect(heapBytes() - before.heapBytes).toBeLessThan(4 * 1024 * 1024)
    expect((await programs.xclipReads())?.toString()).toBe(UNICODE)
  })
})
