import type { TextContextSource } from '../../src-main/ports/text-context'
import type { InjectionTarget } from '../../src-main/ports/text-injector'
import type { TestProgram } from '../support/programs'
import { execFile } from 'node:child_process'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAtSpiContext } from '../../src-main/desktop/at-spi/at-spi-context'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { usePrograms } from '../support/programs'
import { useStage } from '../support/stage'

const LIMIT_MS = 400

describe('text at the cursor', () => {
  const stage = useStage({ sound: false })
  const programs = usePrograms(stage)
  let source: TextContextSource
  beforeEach(() => {
    source = createAtSpiContext({ env: stage().env, clock: systemClock, logger: silentLogger })
  })
  afterEach(() => source[Symbol.asyncDispose]())

  const targetOf = ({ window, pid }: TestProgram, title = ''): InjectionTarget => ({ id: String(window), appId: '', title, pid })
  const read = (program: TestProgram, limitMs = LIMIT_MS) => source.read(targetOf(program), limitMs)

  describe.each([['entry', () => programs.openEntry()], ['text view', () => programs.openTextView()]] as const)('of a GTK %s', (_, open) => {
    it('is what stands before and after it, counted in characters', async () => {
      const program = await open()
      await program.set({ text: '' })
      expect(await read(program)).toEqual({ before: '', after: '', selected: '', isSecret: false })
      await program.set({ text: 'Hello there. And more', caret: 12 })
      expect(await read(program)).toEqual({ before: 'Hello there.', after: ' And more', selected: '', isSecret: false })
      // Emoji of two UTF-16 units, of several code points, and letters with combining marks: none is cut in two.
      const before = 'cafe\u0301 🙂👩‍👩‍👧 n\u0303 漢字 שלום'
      const after = '🇪🇺e\u0301 "end"'
      await program.set({ text: before + after, caret: [...before].length })
      expect(await read(program)).toEqual({ before, after, selected: '', isSecret: false })
    })

    it('is no more than what is asked for', async () => {
      const program = await open()
      const text = '🙂abcdefghi'.repeat(100)
      await program.set({ text, caret: 500 })
      expect(await read(program)).toEqual({ before: '🙂abcdefghi'.repeat(20), after: '🙂abcdefghi'.repeat(5), selected: '', isSecret: false })
    })

    it('with a selection is what is around that, whichever end the cursor is at', async () => {
      const program = await open()
      for (const [caret, anchor] of [[4, 9], [9, 4]] as const) {
        await program.set({ text: 'one 🙂 two three', caret, anchor })
        expect(await read(program)).toEqual({ before: 'one ', after: ' three', selected: '🙂 two', isSecret: false })
      }
    })
  })

  it('has its line breaks', async () => {
    const program = await programs.openTextView()
    await program.set({ text: 'First line.\n\nThird', caret: 13 })
    expect(await read(program)).toEqual({ before: 'First line.\n\n', after: 'Third', selected: '', isSecret: false })
  })

  it('is never read where it is a password', async () => {
    const program = await programs.openPassword()
    await program.set({ text: 'correct horse' })
    const secret = { before: '', after: '', selected: '', isSecret: true }
    expect([await read(program), await read(program)]).toEqual([secret, secret])
  })

  it('is that of the window that has the focus, and of no other program', async () => {
    const [one, other] = [await programs.openEntry(), await programs.openTextView()]
    await one.set({ text: 'one' })
    await other.set({ text: 'other' })
    expect([await read(one), (await read(other))?.before]).toEqual([null, 'other'])
    expect(await source.read({ ...targetOf(other), pid: process.pid }, LIMIT_MS)).toBe(null)
    expect(await source.read({ ...targetOf(other), pid: null }, LIMIT_MS)).toBe(null)
  })

  it('is found again at once, in the next program, too, and when the former has ended', async () => {
    const one = await programs.openEntry()
    await one.set({ text: 'one' })
    expect((await read(one))?.before).toBe('one')
    const other = await programs.openEntry()
    await other.set({ text: 'other' })
    expect((await read(other))?.before).toBe('other')
    await other.close()
    expect(await read(other)).toBe(null)
    await one.set({ text: 'one more' })
    await expect.poll(async () => (await read(one))?.before).toBe('one more')
  })

  it('of a program that hangs is not known, within the limit; afterwards it is', async () => {
    const program = await programs.openEntry()
    await program.set({ text: 'text' })
    for (const known of [false, true]) {
      if (known)
        expect((await read(program))?.before).toBe('text')
      process.kill(program.pid, 'SIGSTOP')
      const fromMs = systemClock.nowMs()
      const context = await read(program, 150)
      const tookMs = systemClock.nowMs() - fromMs
      process.kill(program.pid, 'SIGCONT')
      expect(context).toBe(null)
      expect(tookMs).toBeLessThan(150 + 60)
    }
    await expect.poll(async () => (await read(program))?.before).toBe('text')
  })

  it('of a browser is known when it was started for assistive technology, and not otherwise', { timeout: 90_000 }, async () => {
    const title = 'a page - Chromium'
    const type = (text: string) => promisify(execFile)('xdotool', ['type', text], { env: { ...process.env, ...stage().env } })
    const program = await programs.openChromium({ title: 'a page', flags: ['--force-renderer-accessibility'], env: { ACCESSIBILITY_ENABLED: '1' } })
    for (const field of ['textarea', 'contenteditable'] as const) {
      await program.choose(field)
      await type(`words in a ${field}`)
      // What it tells follows its page a frame later, and much later where the browser draws its first text ever.
      await expect.poll(() => source.read(targetOf(program, title), LIMIT_MS), { timeout: 20_000 }).toEqual({ before: `words in a ${field}`, after: '', selected: '', isSecret: false })
    }
    const blind = await programs.openChromium({ title: 'a page' })
    await blind.choose('textarea')
    await type('words')
    await blind.untilText('words')
    expect(await source.read(targetOf(blind, title), LIMIT_MS)).toBe(null)
  })

  it('of a program that shows itself to nobody is not known', async () => {
    const program = await programs.openEntry({ env: { NO_AT_BRIDGE: '1' } })
    await program.set({ text: 'text' })
    expect(await read(program)).toBe(null)
  })

  it('without a session bus, or after the end, is not known', async () => {
    const program = await programs.openEntry()
    for (const env of [{}, { DBUS_SESSION_BUS_ADDRESS: `unix:path=${stage().dir}/none` }]) {
      const blind = createAtSpiContext({ env, clock: systemClock, logger: silentLogger })
      expect(await blind.read(targetOf(program), LIMIT_MS)).toBe(null)
      await blind[Symbol.asyncDispose]()
    }
    await source[Symbol.asyncDispose]()
    expect(await read(program)).toBe(null)
  })

  it('takes a few milliseconds', async () => {
    const program = await programs.openTextView()
    await program.set({ text: 'Some words here. '.repeat(500), caret: 4_000 })
    const took = async (): Promise<number> => {
      const fromMs = systemClock.nowMs()
      expect(await read(program)).not.toBe(null)
      return systemClock.nowMs() - fromMs
    }
    const first = await took()
    const again: number[] = []
    for (let i = 0; i < 20; i++)
      again.push(await took())
    again.sort((a, b) => a - b)
    if (process.env['PARLEY_FIGURES'])
      process.stdout.write(`text at the cursor: first read ${first.toFixed(1)} ms, then median ${again[10]?.toFixed(1)} ms, worst ${again[19]?.toFixed(1)} ms\n`)
    expect(first).toBeLessThan(250)
    expect(again[10]).toBeLessThan(30)
  })
})
