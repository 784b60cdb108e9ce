import type { Formats } from '../support/clipboard'
import type { GtkProgram, TestProgram } from '../support/programs'
import { Buffer } from 'node:buffer'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { useClipboardPrograms } from '../support/clipboard'
import { MIXED, PLAIN, useInsertion, useSharedPrograms } from '../support/insertion'
import { openEntry, openXterm } from '../support/programs'
import { useStage } from '../support/stage'

const run = promisify(execFile)
const MEGABYTE = 1024 * 1024

describe('inserting leaves as it was', () => {
  const stage = useStage({ sound: false })
  const world = useInsertion(stage)
  const owners = useClipboardPrograms(stage)
  const shared = useSharedPrograms()
  let entry: GtkProgram
  let xterm: TestProgram

  beforeAll(async () => {
    entry = shared(await openEntry(stage()))
    xterm = shared(await openXterm(stage()))
  })

  const setxkbmap = async (...args: string[]): Promise<string> => (await run('setxkbmap', args, { env: { ...process.env, ...stage().env } })).stdout

  async function pasted(program: TestProgram, text: string): Promise<void> {
    const { focus, insert, injector } = world()
    await program.clear()
    const report = await insert(text, await focus(program))
    expect(report).toMatchObject({ how: 'pasted', confirmed: true, why: null, text })
    await program.untilText(text)
    await injector.settled()
    expect(await program.text()).toBe(text)
  }

  describe('the keyboard', () => {
    afterEach(async () => {
      const { keyboard } = world()
      await keyboard.setLocks({ caps: false, num: false })
      await keyboard.setLayout(0)
      await setxkbmap('us', '-option', '')
    })

    interface Given {
      readonly layout?: readonly string[]
      readonly group?: number
      readonly locks?: { readonly caps?: boolean, readonly num?: boolean }
    }
    it.each<[string, Given]>([
      ['us', { layout: ['us'] }],
      ['de', { layout: ['de'] }],
      ['ru', { layout: ['ru'] }],
      ['fr', { layout: ['fr'] }],
      ['dvorak', { layout: ['dvorak'] }],
      ['us,ru with ru in force', { layout: ['us,ru'], group: 1 }],
      ['Ctrl and Caps Lock swapped', { layout: ['us', '-option', 'ctrl:swapcaps'] }],
      ['Caps Lock on', { locks: { caps: true } }],
      ['Num Lock on', { locks: { num: true } }],
      ['de, both locks on', { layout: ['de'], locks: { caps: true, num: true } }],
    ])('%s', async (_, { layout = ['us'], group = 0, locks = {} }) => {
      const { keyboard, keyboardState } = world()
      await setxkbmap(...layout)
      await keyboard.setLayout(group)
      await keyboard.setLocks(locks)
      const before = [await setxkbmap('-query'), await keyboardState()]
      expect(before[1]).toMatchObject({ group, down: [], lockedMods: (locks.caps ? 2 : 0) | (locks.num ? 16 : 0) })
      for (const program of [entry, xterm]) {
        await pasted(program, PLAIN)
        await pasted(program, MIXED)
      }
      // A key that was lent a symbol is given back once the program has read it.
      await vi.waitFor(async () => expect([await setxkbmap('-query'), await keyboardState()]).toEqual(before), { timeout: 5_000, interval: 50 })
    })
  })

  describe('the clipboard', () => {
    const text = Buffer.from('Was vorher da war: “漢字” 🙂')
    const uris = Buffer.from('file:///home/me/a%20b.txt\r\nfile:///home/me/%C3%BC.png\r\n')
    const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), randomBytes(700_000)])
    const contents: readonly [string, Formats][] = [
      ['text', { 'UTF8_STRING': text, 'text/plain;charset=utf-8': text, 'STRING': Buffer.from('Was vorher da war') }],
      ['HTML with text', { 'text/html': Buffer.from('<meta charset="utf-8"><b>Was vorher da war</b>'), 'UTF8_STRING': text, 'text/plain': text, 'text/rtf': Buffer.from('{\\rtf1 was}') }],
      ['a picture', { 'image/png': png, 'image/bmp': randomBytes(300_000) }],
      ['files', { 'text/uri-list': uris, 'x-special/gnome-copied-files': Buffer.from('copy\nfile:///home/me/a%20b.txt'), 'UTF8_STRING': Buffer.from('/home/me/a b.txt') }],
    ]

    async function isAsBeforeAfterPasting(): Promise<void> {
      const { clipboardContent } = world()
      const before = await clipboardContent()
      await pasted(entry, PLAIN)
      expect(await clipboardContent()).toEqual(before)
      await pasted(xterm, MIXED)
      expect(await clipboardContent()).toEqual(before)
    }

    it.each(contents)('that holds %s', async (_, formats) => {
      await owners.openOwner('CLIPBOARD', formats)
      expect((await world().clipboardContent())?.map(told => told.split(':')[0])).toEqual(expect.arrayContaining(Object.keys(formats)))
      await isAsBeforeAfterPasting()
      // Also when who had it is gone.
      const before = await world().clipboardContent()
      const owner = await owners.openOwner('CLIPBOARD', formats)
      await pasted(entry, PLAIN)
      await owner.stop()
      expect(await world().clipboardContent()).toEqual(before)
    })

    it('that holds 20 MB', async () => {
      const long = randomBytes(10 * MEGABYTE).toString('hex')
      await owners.xclipOwns(long)
      expect((await world().clipboardContent())?.[0]).toContain(`${20 * MEGABYTE} bytes`)
      await isAsBeforeAfterPasting()
      expect((await owners.xclipReads())?.toString()).toBe(long)
    })

    it('that holds nothing', async () => {
      await (await owners.xclipOwns('gone')).stop()
      expect(await world().clipboardContent()).toBeNull()
      await isAsBeforeAfterPasting()
    })
  })
})
