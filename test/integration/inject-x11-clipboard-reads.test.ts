import type { ChildProcess } from 'node:child_process'
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { createSelectionOwner } from '../../src-main/desktop/inject/x11-clipboard-owner'
import { createRequestor } from '../../src-main/desktop/inject/x11-clipboard-request'
import { createTransfers } from '../../src-main/desktop/inject/x11-clipboard-transfer'
import { systemClock } from '../../src-main/ports/clock'
import { useClipboardPrograms } from '../support/clipboard'
import { usePrograms } from '../support/programs'
import { useStage } from '../support/stage'
import { useKeyboard } from '../support/x11'
import { ask, targetOf, useX11Clipboards } from '../support/x11-clipboard'

const signal = new AbortController().signal
const NOBODY = { reader: null, alsoPrimary: false }
const UNICODE = 'Ünïcödé — “quotes” 漢字 🙂 שלום'
/** It looks at the clipboard twice a second. */
const PARCELLITE_TIME_MS = 1_200

describe('the X11 clipboard offers a text', () => {
  const stage = useStage({ sound: false })
  const display = (): string => stage().env['DISPLAY'] ?? ''
  const programs = useClipboardPrograms(stage)
  const windows = usePrograms(stage)
  const openKeyboard = useKeyboard(stage)
  const { openClipboard, openClient } = useX11Clipboards(display)

  it('that a real program pastes, and tells that it did', async () => {
    const entry = await windows.openEntry()
    const keyboard = await openKeyboard()
    const clipboard = openClipboard()
    await programs.xclipOwns('former')
    const saved = await clipboard.save(signal)
    const offer = await clipboard.offer(UNICODE, { reader: targetOf(entry), alsoPrimary: false })
    // Another program's reading is not the target's.
    expect((await programs.xclipReads())?.toString()).toBe(UNICODE)
    expect(await offer.wasRead(50, signal)).toBe(false)
    await keyboard.tap('ctrl+v')
    expect(await offer.wasRead(2_000, signal)).toBe(true)
    expect(await offer.restore(saved)).toBe('restored')
    await entry.untilText(UNICODE)
    expect((await programs.xclipReads())?.toString()).toBe('former')
  })

  it('in PRIMARY, too, for a terminal', async () => {
    const terminal = await windows.openXterm()
    const keyboard = await openKeyboard()
    const clipboard = openClipboard()
    const offer = await clipboard.offer(UNICODE, { reader: targetOf(terminal), alsoPrimary: true })
    await keyboard.tap('shift+insert')
    expect(await offer.wasRead(2_000, signal)).toBe(true)
    await terminal.untilText(UNICODE)
  })

  it('to a page in a browser', async () => {
    const page = await windows.openChromium()
    const keyboard = await openKeyboard()
    const clipboard = openClipboard()
    const offer = await clipboard.offer(UNICODE, { reader: targetOf(page), alsoPrimary: false })
    await keyboard.tap('ctrl+v')
    expect(await offer.wasRead(5_000, signal)).toBe(true)
    expect(await offer.restore(null)).toBe('restored')
    await page.untilText(UNICODE)
  })

  it.each([5_000, 20 * 1024 * 1024])('of %i characters whole', async (length) => {
    const text = 'aß漢🙂'.repeat(length / 5)
    const clipboard = openClipboard()
    const offer = await clipboard.offer(text, NOBODY)
    expect((await programs.xclipReads())?.equals(Buffer.from(text))).toBe(true)
    expect(await offer.wasRead(0, signal)).toBe(true)
  })

  it('in the names that are asked for, in the encoding of each', async () => {
    const clipboard = openClipboard()
    const client = await openClient()
    const latin1 = await clipboard.offer('Grüße\n', NOBODY)
    expect((await programs.xclipReads('STRING'))?.equals(Buffer.from('Grüße\n', 'latin1'))).toBe(true)
    const text = await ask(client, 'TEXT')
    expect([text?.type, text?.data.toString('latin1')]).toEqual([client.atoms.STRING, 'Grüße\n'])
    expect(await latin1.restore(null)).toBe('restored')

    await clipboard.offer(UNICODE, NOBODY)
    const targets = (await programs.xclipReads('TARGETS'))?.toString().trim().split('\n')
    expect(targets).toEqual(['TARGETS', 'TIMESTAMP', 'MULTIPLE', 'UTF8_STRING', 'text/plain;charset=utf-8', 'text/plain;charset=UTF-8', 'text/plain', 'TEXT', 'x-kde-passwordManagerHint', 'text/x-kde-passwordManagerHint', 'application/x-copyq-secret', 'application/x-copyq-hidden'])
    for (const target of ['UTF8_STRING', 'text/plain;charset=utf-8', 'text/plain', 'TEXT'])
      expect((await programs.xclipReads(target))?.toString(), target).toBe(UNICODE)
    expect(await programs.xclipReads('STRING')).toBeNull()
    expect(await programs.xclipReads('COMPOUND_TEXT')).toBeNull()
    expect((await programs.xclipReads('x-kde-passwordManagerHint'))?.toString()).toBe('secret')
    const since = (await ask(client, 'TIMESTAMP'))?.data.readUInt32LE(0) ?? 0
    const ageMs = await client.serverTime() - since
    expect(ageMs).toBeGreaterThan(0)
    expect(ageMs).toBeLessThan(10_000)
  })

  it('and an empty one', async () => {
    const clipboard = openClipboard()
    const client = await openClient()
    const offer = await clipboard.offer('', NOBODY)
    expect((await ask(client, 'UTF8_STRING'))?.data.length).toBe(0)
    expect(await offer.wasRead(1_000, signal)).toBe(true)
  })

  it('and waits for the end of a reading that has begun', async () => {
    const clipboard = openClipboard()
    const client = await openClient()
    const offer = await clipboard.offer('x'.repeat(1_000_000), NOBODY)
    let hold = true
    let go = (): void => {}
    const { client: X } = client.connection
    const { atoms, window } = client
    const pieces: number[] = []
    const read = (): void => X.GetProperty(1, window, atoms.PARLEY_DATA, 0, 0, 2 ** 20, (_, { type, data }) => {
      if (type === atoms.UTF8_STRING)
        pieces.push(data.length)
    })
    const held = new Promise<void>((resolve) => {
      client.events.subscribe((event) => {
        if (event.name === 'SelectionNotify' || (event.name === 'PropertyNotify' && event.atom === atoms.PARLEY_DATA && event.state === 0 && pieces.length > 0 && !hold)) {
          read()
        }
        else if (event.name === 'PropertyNotify' && event.atom === atoms.PARLEY_DATA && event.state === 0) {
          go = read
          resolve()
        }
      })
    })
    X.ConvertSelection(window, atoms.CLIPBOARD, atoms.UTF8_STRING, atoms.PARLEY_DATA, 0)
    await held
    let isSettled = false
    const wasRead = offer.wasRead(1, signal).finally(() => {
      isSettled = true
    })
    await new Promise(resolve => systemClock.after(50, () => resolve(null)))
    expect(isSettled).toBe(false)
    // The clipboard has its former content back while the reader still gets the text.
    expect(await offer.restore(null)).toBe('restored')
    hold = false
    pieces.push(0)
    go()
    expect(await wasRead).toBe(true)
    await client.serverTime()
    expect(pieces.reduce((sum, piece) => sum + piece, 0)).toBe(1_000_000)
    expect(pieces.at(-1)).toBe(0)
  })

  it('to a program that ends in the middle of it: not read', async () => {
    const clipboard = openClipboard()
    const client = await openClient()
    const offer = await clipboard.offer('x'.repeat(1_000_000), NOBODY)
    const { atoms } = client
    const reading = createRequestor(client).convert(atoms.CLIPBOARD, atoms.UTF8_STRING, { room: () => 300_000, take: () => {}, progress: () => {} })
    expect(await reading.value).toBeNull()
    expect(await offer.wasRead(200, signal)).toBe(false)
  })

  it('which a clipboard manager reads and does not count', async () => {
    const entry = await windows.openEntry()
    const keyboard = await openKeyboard()
    const client = await openClient()
    // Keeps its history and its settings to the stage.
    const home = { HOME: stage().dir, XDG_CONFIG_HOME: stage().dir, XDG_DATA_HOME: stage().dir }
    programs.startProgram('parcellite', ['--no-icon'], home)
    // It is there once it has read a text.
    const { atoms } = client
    const former = createSelectionOwner(client, atoms.CLIPBOARD, createTransfers(client))
    const reads: number[] = []
    former.reads.subscribe(read => reads.push(read.target))
    await former.own(new Map([[atoms.UTF8_STRING, { type: atoms.UTF8_STRING, format: 8, data: Buffer.from('before') }]]))
    await keyboard.waitFor(() => reads.includes(atoms.UTF8_STRING), { timeoutMs: 15_000, what: 'parcellite' })
    await former.release()
    await programs.xclipOwns('before')
    const clipboard = openClipboard()
    const saved = await clipboard.save(signal)
    const offer = await clipboard.offer(UNICODE, NOBODY)
    expect(await offer.wasRead(PARCELLITE_TIME_MS, signal)).toBe(false)
    const second = await clipboard.offer(UNICODE, { reader: targetOf(entry), alsoPrimary: false })
    expect(await second.wasRead(PARCELLITE_TIME_MS, signal)).toBe(false)
    await keyboard.tap('ctrl+v')
    expect(await second.wasRead(2_000, signal)).toBe(true)
    expect(await second.restore(saved)).toBe('restored')
    await entry.untilText(UNICODE)
    expect((await programs.xclipReads())?.toString()).toBe('before')
  })

  it('and keeps it, as an ordinary one', async () => {
    const clipboard = openClipboard()
    const offer = await clipboard.offer(UNICODE, { reader: null, alsoPrimary: true })
    await offer.keep()
    expect((await programs.xclipReads())?.toString()).toBe(UNICODE)
    expect(await programs.xclipReads('x-kde-passwordManagerHint')).toBeNull()
    expect(await programs.xclipReads('UTF8_STRING', 'primary')).toBeNull()
    expect(await offer.isCurrent()).toBe(true)
    expect(await offer.restore(null)).toBe('changed')
    expect((await clipboard.save(signal))?.formats).toContain('UTF8_STRING')
    await clipboard.copy('another')
    expect(await offer.isCurrent()).toBe(false)
    expect((await programs.xclipReads())?.toString()).toBe('another')
  })

  it('and stops waiting when it is to', async () => {
    const clipboard = openClipboard()
    const offer = await clipboard.offer('in passing', NOBODY)
    const controller = new AbortController()
    const waiting = offer.wasRead(10_000, controller.signal)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })

  it('reads what is selected in the target, and nothing that another program has selected', async () => {
    const clipboard = openClipboard()
    const entry = await windows.openEntry()
    expect(await clipboard.selectedText(targetOf(entry), signal)).toBeNull()
    await entry.set({ text: `before ${UNICODE} after`, caret: 7, anchor: 7 + [...UNICODE].length })
    expect(await clipboard.selectedText(targetOf(entry), signal)).toBe(UNICODE)
    await programs.xclipOwns('of another program', { selection: 'primary' })
    expect(await clipboard.selectedText(targetOf(entry), signal)).toBeNull()
  })

  it('measures: short text, from one program to another', async () => {
    const clipboard = openClipboard()
    const client = await openClient()
    const owner = await programs.openOwner('CLIPBOARD', { UTF8_STRING: Buffer.from('former') })
    const timesMs: Record<'save' | 'offer' | 'read' | 'restore' | 'all', number[]> = { save: [], offer: [], read: [], restore: [], all: [] }
    for (let i = 0; i < 50; i++) {
      await owner.own({ 'UTF8_STRING': Buffer.from(`former ${i}`), 'text/html': Buffer.from('<b>former</b>') })
      const at = [systemClock.nowMs()]
      const saved = await clipboard.save(signal)
      at.push(systemClock.nowMs())
      const offer = await clipboard.offer('short text', NOBODY)
      at.push(systemClock.nowMs())
      expect((await ask(client, 'UTF8_STRING'))?.data.toString()).toBe('short text')
      expect(await offer.wasRead(1_000, signal)).toBe(true)
      at.push(systemClock.nowMs())
      expect(await offer.restore(saved)).toBe('restored')
      at.push(systemClock.nowMs())
      const [start = 0, afterSave = 0, afterOffer = 0, afterRead = 0, end = 0] = at
      timesMs.save.push(afterSave - start)
      timesMs.offer.push(afterOffer - afterSave)
      timesMs.read.push(afterRead - afterOffer)
      timesMs.restore.push(end - afterRead)
      timesMs.all.push(end - start)
    }
    const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0
    // eslint-disable-next-line no-console -- a measurement
    console.log(Object.entries(timesMs).map(([name, values]) => `${name} ${median(values).toFixed(1)} ms`).join(', '))
    expect(median(timesMs.save) + median(timesMs.offer) + median(timesMs.read)).toBeLessThan(30)
  })
})

describe('the X11 clipboard when the server goes away', () => {
  const servers = new Set<ChildProcess>()
  let display = ''
  const { openClipboard } = useX11Clipboards(() => display)
  const programs = useClipboardPrograms(() => ({ env: { DISPLAY: display } }))

  afterEach(async () => {
    await Promise.all([...servers].map(stopServer))
  })

  async function startServer(again?: string): Promise<ChildProcess> {
    const server = spawn('setpriv', ['--pdeathsig', 'KILL', 'Xvfb', ...(again ? [again] : []), '-displayfd', '3', '-screen', '0', '640x480x24', '-nolisten', 'tcp', '-noreset'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
    servers.add(server)
    const [number] = await once(server.stdio[3] as NonNullable<(typeof server.stdio)[3]>, 'data') as [Uint8Array]
    display = `:${new TextDecoder().decode(number).trim()}`
    return server
  }

  async function stopServer(server: ChildProcess): Promise<void> {
    servers.delete(server)
    server.kill('SIGKILL')
    await once(server, 'close')
  }

  it('says so, and works with the next one', async () => {
    const first = await startServer()
    const clipboard = openClipboard()
    await programs.xclipOwns('former')
    const saved = await clipboard.save(signal)
    const offer = await clipboard.offer(UNICODE, NOBODY)
    const waiting = offer.wasRead(10_000, signal)
    await stopServer(first)
    expect(await waiting).toBe(false)
    expect(await offer.isCurrent()).toBe(false)
    expect(await offer.restore(saved)).toBe('lost')
    await expect(clipboard.save(signal)).rejects.toMatchObject({ code: 'no-display' })

    const former = display
    await startServer(former)
    expect(display).toBe(former)
    // Other atoms than before: this server has heard of these first.
    await programs.xclipOwns('new <b>content</b>', { target: 'text/html' })
    const newer = await clipboard.save(signal)
    expect(newer?.formats).toEqual(['text/html'])
    const next = await clipboard.offer(UNICODE, NOBODY)
    expect((await programs.xclipReads())?.toString()).toBe(UNICODE)
    expect(await next.restore(newer)).toBe('restored')
    expect((await programs.xclipReads('text/html'))?.toString()).toBe('new <b>content</b>')
  })
})
