import type { FakeWindowOptions } from '../../../fakes/fake-desktop'
import type { Setting } from './setting'
import { afterEach, describe, expect, it } from 'vitest'
import { setting } from './setting'

const IMAGE = { 'image/png': '\u0089PNG…', 'text/html': '<img>' }
const TEXT = 'Ünïcödé — “quotes” 漢字 🙂 שלום'

let world: Setting
afterEach(() => world.close())

function begin(options: Parameters<typeof setting>[0] = {}): Setting {
  world = setting(options)
  world.desktop.person.copies(IMAGE)
  return world
}

function xterm(): FakeWindowOptions {
  return { appId: 'XTerm', kind: 'terminal', pastes: { 'Shift+Insert': 'primary' } }
}

describe('pasting', () => {
  it('puts the text there, sees it read, and gives the clipboard back in all its formats', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open()
    window.set('before ')
    const report = await inserted(TEXT, window.target)
    expect(report).toEqual({ how: 'pasted', confirmed: true, why: null, text: TEXT, undo: expect.any(Function), isLast: expect.any(Function) })
    expect(window.text()).toBe(`before ${TEXT}`)
    expect(desktop.clipboard()).toEqual(IMAGE)
    expect(desktop.sent()).toEqual(['Ctrl+V'])
  })

  it('has an empty clipboard empty again', async () => {
    const { desktop, inserted } = begin()
    desktop.person.clears()
    const window = desktop.open()
    await inserted(TEXT, window.target)
    expect([window.text(), desktop.clipboard()]).toEqual([TEXT, null])
  })

  it('goes where the focus is when no window is named', async () => {
    const { desktop, inserted } = begin()
    desktop.open()
    const window = desktop.open()
    desktop.focus(window)
    expect(await inserted(TEXT, null)).toMatchObject({ how: 'pasted', confirmed: true })
    expect(window.text()).toBe(TEXT)
  })

  it('pastes into a terminal from PRIMARY, without a line break that would submit', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open(xterm())
    const report = await inserted('ls -l\nrm -rf x\n', window.target)
    expect(report).toMatchObject({ how: 'pasted', confirmed: true, text: 'ls -l rm -rf x' })
    expect([window.text(), window.submitted()]).toEqual(['ls -l rm -rf x', []])
    expect(desktop.sent()).toEqual(['Shift+Insert'])
  })

  it('submits where that is wished', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open(xterm())
    expect(await inserted('ls\n', window.target, { mayInsertNewlines: true })).toMatchObject({ how: 'pasted', text: 'ls\n' })
    expect(window.submitted()).toEqual(['ls'])
  })

  it('keeps line breaks in a chat, where pasted ones send nothing', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open({ appId: 'Slack', kind: 'chat' })
    await inserted('one\ntwo\n', window.target)
    expect([window.text(), window.submitted()]).toEqual(['one\ntwo\n', []])
  })

  it('takes the chord of the profile', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open({ appId: 'Gvim', pastes: { 'Ctrl+Shift+V': 'clipboard' } })
    expect(await inserted(TEXT, window.target, { chord: 'Ctrl+Shift+V' })).toMatchObject({ how: 'pasted', undo: null })
    expect(window.text()).toBe(TEXT)
  })

  it('gives the clipboard back only after a program that asks for several formats, one after another', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open({ htmlAfterMs: 60 })
    await inserted(TEXT, window.target)
    expect(window.text()).toBe(TEXT)
    expect(desktop.clipboard()).toEqual(IMAGE)
  })

  it('leaves alone what another program has copied meanwhile', async () => {
    const { desktop, insert, injector } = begin()
    const window = desktop.open()
    await desktop.until(insert(TEXT, window.target))
    desktop.person.copies({ 'text/plain': 'theirs' })
    await desktop.until(injector.settled())
    expect(desktop.clipboard()).toEqual({ 'text/plain': 'theirs' })
  })

  it('does not wait for the clipboard to be given back', async () => {
    const { clock, desktop, insert, injector } = begin()
    const window = desktop.open({ readMs: 4 })
    await desktop.until(insert(TEXT, window.target))
    expect(clock.nowMs()).toBeLessThanOrEqual(5)
    expect(desktop.clipboard()).toEqual({ 'text/plain': TEXT })
    await desktop.until(injector.settled())
    expect(desktop.clipboard()).toEqual(IMAGE)
  })
})

describe('several insertions', () => {
  it('at once come one after another, and the image that was on the clipboard is there again', async () => {
    const { desktop, insert, injector } = begin({ latencyMs: () => 1 })
    const window = desktop.open()
    const reports = await desktop.until(Promise.all(['one ', 'two ', 'three'].map(text => insert(text, window.target))))
    await desktop.until(injector.settled())
    expect(reports.map(({ how, confirmed }) => `${how} ${confirmed}`)).toEqual(['pasted true', 'pasted true', 'pasted true'])
    expect(window.text()).toBe('one two three')
    expect(desktop.clipboard()).toEqual(IMAGE)
    // Given back once, at the end: never our own text, and nothing in between for clipboard managers to keep.
    expect(desktop.clipboardStory()).toEqual([null, 'one ', 'two ', 'three', null])
  })

  it('200 in a row arrive, each once', async () => {
    const { desktop, insert, injector } = begin()
    const window = desktop.open({ readMs: 2 })
    for (let count = 0; count < 200; count++)
      expect(await desktop.until(insert(`${count} `, window.target))).toMatchObject({ how: 'pasted', confirmed: true })
    await desktop.until(injector.settled())
    expect(window.text()).toBe(Array.from({ length: 200 }, (_, count) => `${count} `).join(''))
    expect(desktop.clipboard()).toEqual(IMAGE)
  })

  it('give back what a person has copied between the two', async () => {
    const { desktop, insert, injector } = begin()
    const window = desktop.open()
    await desktop.until(insert('one ', window.target))
    desktop.person.copies({ 'text/plain': 'theirs' })
    await desktop.until(insert('two', window.target))
    await desktop.until(injector.settled())
    expect([window.text(), desktop.clipboard()]).toEqual(['one two', { 'text/plain': 'theirs' }])
  })

  it('end with the copied text when the last one was only to be copied', async () => {
    const { desktop, insert, injector } = begin()
    const window = desktop.open()
    await desktop.until(Promise.all([insert('one', window.target), insert('two', window.target, { method: 'copy' })]))
    await desktop.until(injector.settled())
    await desktop.pass(5_000)
    expect([window.text(), desktop.clipboard()]).toEqual(['one', { 'text/plain': 'two' }])
  })
})

describe('what stays on the clipboard', () => {
  it.each(['', '\u0000\u001B[0m\u0007'])('nothing is touched for %j', async (text) => {
    const { desktop, inserted } = begin()
    const window = desktop.open()
    expect(await inserted(text, window.target)).toEqual({ how: 'pasted', confirmed: true, why: null, text: '', undo: null, isLast: expect.any(Function) })
    expect([desktop.sent(), desktop.clipboard(), desktop.clipboardStory().length]).toEqual([[], IMAGE, 1])
  })

  it('a copy, as wished', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open()
    expect(await inserted(`${TEXT}\n`, window.target, { method: 'copy' })).toEqual({ how: 'copied', confirmed: false, why: 'copy-only', text: `${TEXT}\n`, undo: null, isLast: expect.any(Function) })
    expect([desktop.clipboard(), window.text(), desktop.sent()]).toEqual([{ 'text/plain': `${TEXT}\n` }, '', []])
  })

  it.each(['auto', 'paste', 'type'] as const)('by %s: a text that has no window', async (method) => {
    const { desktop, inserted } = begin()
    expect(await inserted(TEXT, null, { method })).toMatchObject({ how: 'copied', why: 'no-target' })
    expect(desktop.clipboard()).toEqual({ 'text/plain': TEXT })
  })

  it.each(['auto', 'paste', 'type'] as const)('by %s: a text whose window lost the focus', async (method) => {
    const { desktop, inserted } = begin()
    const [window, other] = [desktop.open(), desktop.open()]
    desktop.focus(other)
    expect(await inserted(TEXT, window.target, { method })).toMatchObject({ how: 'copied', why: 'focus-moved', undo: null })
    expect([window.text(), other.text(), desktop.sent()]).toEqual(['', '', []])
    expect([desktop.clipboard(), desktop.isKept()]).toEqual([{ 'text/plain': TEXT }, true])
  })

  it.each(['auto', 'paste', 'type'] as const)('by %s: a text whose window was closed', async (method) => {
    const { desktop, inserted } = begin()
    const [window, other] = [desktop.open(), desktop.open()]
    window.close()
    desktop.focus(other)
    expect(await inserted(TEXT, window.target, { method })).toMatchObject({ how: 'copied', why: 'target-gone' })
    expect([other.text(), desktop.sent(), desktop.clipboard()]).toEqual(['', [], { 'text/plain': TEXT }])
  })

  it.each(['auto', 'paste', 'type'] as const)('by %s: a text whose keys were not let go', async (method) => {
    const { clock, desktop, inserted } = begin()
    const window = desktop.open()
    desktop.person.holds('Ctrl')
    expect(await inserted(TEXT, window.target, { method })).toMatchObject({ how: 'copied', why: 'keys-held' })
    expect(clock.nowMs()).toBe(3_000)
    expect([window.text(), desktop.sent(), desktop.clipboard()]).toEqual(['', [], { 'text/plain': TEXT }])
    desktop.person.releases()
  })

  it('waits for a modifier that is let go in time, while the clipboard is read', async () => {
    const { clock, desktop, insert, inserted } = begin({ saveMs: 40 })
    const window = desktop.open()
    desktop.person.holds('Super')
    const done = insert(TEXT, window.target)
    await desktop.pass(500)
    expect(desktop.sent()).toEqual([])
    desktop.person.releases()
    const releasedMs = clock.nowMs()
    expect(await desktop.until(done)).toMatchObject({ how: 'pasted', confirmed: true })
    expect(clock.nowMs() - releasedMs).toBeLessThan(10)
    await inserted('', null)
  })

  it('asks for modifiers again when the clipboard took long', async () => {
    const { desktop, insert } = begin({ saveMs: 200 })
    const window = desktop.open()
    const done = insert(TEXT, window.target)
    await desktop.pass(100)
    desktop.person.holds('Alt')
    expect(await desktop.until(done)).toMatchObject({ how: 'copied', why: 'keys-held' })
    expect(desktop.sent()).toEqual([])
    desktop.person.releases()
  })

  it('asks for modifiers again when whoever read the text before had to be waited for', async () => {
    const { desktop, insert } = begin({ offerMs: 250 })
    const window = desktop.open()
    const done = insert(TEXT, window.target)
    await desktop.pass(100)
    desktop.person.holds('Shift')
    await desktop.pass(1_000)
    expect(desktop.sent()).toEqual([])
    desktop.person.releases()
    expect(await desktop.until(done)).toMatchObject({ how: 'pasted', confirmed: true })
    expect(window.text()).toBe(TEXT)
  })

  it('a text for a keyboard that has no keys at all', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open()
    desktop.faults.noChords = true
    desktop.faults.noTyping = true
    for (const method of ['auto', 'paste', 'type'] as const)
      expect(await inserted(TEXT, window.target, { method })).toMatchObject({ how: 'copied', why: 'no-keys' })
    expect([window.text(), desktop.clipboard()]).toEqual(['', { 'text/plain': TEXT }])
  })

  it('a text for a program in which no key is safe', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open({ appId: 'Gvim' })
    expect(await inserted(TEXT, window.target)).toMatchObject({ how: 'copied', why: 'no-keys' })
    expect([desktop.sent(), desktop.clipboard()]).toEqual([[], { 'text/plain': TEXT }])
  })

  it('rejects when not even the clipboard can be written: nothing is called done that is not', async () => {
    const { desktop, insert } = begin()
    desktop.open()
    desktop.faults.noCopying = true
    await expect(desktop.until(insert(TEXT, null, { method: 'copy' }))).rejects.toMatchObject({ code: 'internal' })
  })

  it('a text when the focus cannot be asked for', async () => {
    const { desktop, inserted } = begin()
    desktop.open()
    desktop.faults.noFocus = true
    expect(await inserted(TEXT, null)).toMatchObject({ how: 'copied', why: 'no-target' })
  })
})

describe('typing', () => {
  it('leaves the clipboard alone', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open()
    expect(await inserted(TEXT, window.target, { method: 'type' })).toEqual({ how: 'typed', confirmed: true, why: null, text: TEXT, undo: expect.any(Function), isLast: expect.any(Function) })
    expect([window.text(), desktop.clipboard(), desktop.clipboardStory().length]).toEqual([TEXT, IMAGE, 1])
  })

  it('types 5,000 characters', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open()
    const text = '漢字 and words. '.repeat(400).slice(0, 5_000)
    await inserted(text, window.target, { method: 'type' })
    expect(window.text()).toBe(text)
  })

  it('takes the place of a chord that the keyboard lacks', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open()
    desktop.faults.noChords = true
    expect(await inserted(TEXT, window.target)).toMatchObject({ how: 'typed', confirmed: true })
    expect([window.text(), desktop.clipboard()]).toEqual([TEXT, IMAGE])
  })

  it('sends no Return to a chat', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open({ appId: 'Slack', kind: 'chat' })
    expect(await inserted('one\ntwo\n', window.target, { method: 'type' })).toMatchObject({ how: 'typed', text: 'one two' })
    expect([window.text(), window.submitted()]).toEqual(['one two', []])
  })

  it('stops when the focus moves, and leaves the whole on the clipboard', async () => {
    const { desktop, insert } = begin({ latencyMs: () => 1 })
    const [window, other] = [desktop.open(), desktop.open()]
    const done = insert('x'.repeat(500), window.target, { method: 'type' })
    await desktop.pass(50)
    desktop.focus(other)
    expect(await desktop.until(done)).toMatchObject({ how: 'copied', why: 'focus-moved', undo: null })
    expect(window.text().length).toBeGreaterThan(20)
    // What was under way while the system was asked where the focus is.
    expect(other.text().length).toBeLessThan(4)
    expect(desktop.clipboard()).toEqual({ 'text/plain': 'x'.repeat(500) })
  })

  it('types nothing into a program that is stopped', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open()
    window.stop()
    expect(await inserted(TEXT, window.target, { method: 'type' })).toMatchObject({ how: 'copied', why: 'not-read' })
    window.resume()
    await desktop.pass(100)
    expect(window.text()).toBe('')
  })

  it('is confirmed only where the program says so', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open({ answersPings: false })
    expect(await inserted(TEXT, window.target, { method: 'type' })).toMatchObject({ how: 'typed', confirmed: false, why: null })
  })

  it('spares a clipboard that cannot be kept', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open()
    desktop.faults.noSaving = true
    expect(await inserted(TEXT, window.target)).toMatchObject({ how: 'typed' })
    desktop.faults.noSaving = false
    desktop.faults.tooLarge = Object.keys(IMAGE)
    expect(await inserted(TEXT, window.target)).toMatchObject({ how: 'typed' })
    expect([window.text(), desktop.clipboard()]).toEqual([TEXT + TEXT, IMAGE])
    desktop.faults.noTyping = true
    expect(await inserted(TEXT, window.target)).toMatchObject({ how: 'pasted', confirmed: true })
    // It could not be given back; what is there is ours, and not empty.
    expect(desktop.clipboard()).toEqual({ 'text/plain': TEXT })
  })

  it('takes the place of a clipboard that cannot be written', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open()
    desktop.faults.noOffering = true
    expect(await inserted(TEXT, window.target)).toMatchObject({ how: 'typed' })
    expect([window.text(), desktop.clipboard()]).toEqual([TEXT, IMAGE])
    expect(await inserted(TEXT, window.target, { method: 'paste' })).toMatchObject({ how: 'copied', why: 'no-keys' })
  })
})

describe('a paste that is not read', () => {
  it('is typed when the program is awake and has let the chord pass', async () => {
    const { clock, desktop, inserted } = begin()
    const window = desktop.open({ pastes: {} })
    expect(await inserted(TEXT, window.target)).toMatchObject({ how: 'typed', confirmed: true, why: null })
    expect([window.text(), desktop.clipboard()]).toEqual([TEXT, IMAGE])
    expect(clock.nowMs()).toBeLessThan(4_000)
  })

  it('stays on the clipboard, and is never replaced by the old content, when only pasting was allowed', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open({ pastes: {} })
    expect(await inserted(TEXT, window.target, { method: 'paste' })).toEqual({ how: 'pasted', confirmed: false, why: 'not-read', text: TEXT, undo: null, isLast: expect.any(Function) })
    await desktop.pass(10_000)
    expect([desktop.clipboard(), desktop.isKept()]).toEqual([{ 'text/plain': TEXT }, true])
  })

  it('field 13: a program that is stopped for two seconds gets it once, and never the old clipboard', async () => {
    const { desktop, insert, injector } = begin()
    desktop.person.copies({ 'text/plain': 'OLD' })
    const window = desktop.open()
    window.stop()
    const done = insert(TEXT, window.target)
    await desktop.pass(2_000)
    window.resume()
    expect(await desktop.until(done)).toMatchObject({ how: 'pasted', confirmed: true })
    await desktop.until(injector.settled())
    expect([window.text(), desktop.clipboard()]).toEqual([TEXT, { 'text/plain': 'OLD' }])
  })

  it.each([{ pings: true }, { pings: false }])('a program that wakes up much later still gets it once, and nothing else ($pings)', async ({ pings }) => {
    const { clock, desktop, inserted } = begin({ pings })
    const window = desktop.open()
    window.stop()
    expect(await inserted(TEXT, window.target)).toMatchObject({ how: 'pasted', confirmed: false, why: 'not-read' })
    expect(clock.nowMs()).toBeLessThan(5_300)
    await desktop.pass(30_000)
    window.resume()
    await desktop.pass(100)
    expect([window.text(), desktop.clipboard()]).toEqual([TEXT, { 'text/plain': TEXT }])
  })

  it('a terminal that wakes up much later pastes it, and not what was selected before', async () => {
    const { desktop, inserted } = begin()
    const [other, window] = [desktop.open(), desktop.open(xterm())]
    other.set('an old selection')
    other.select(0, 16)
    desktop.focus(window)
    window.stop()
    expect(await inserted(TEXT, window.target)).toMatchObject({ how: 'pasted', confirmed: false, why: 'not-read' })
    await desktop.pass(30_000)
    window.resume()
    await desktop.pass(100)
    expect(window.text()).toBe(TEXT)
  })

  it('what is selected is selected again once a terminal has pasted', async () => {
    const { desktop, injector, inserted } = begin()
    const [other, window] = [desktop.open(), desktop.open(xterm())]
    other.set('an old selection')
    other.select(0, 16)
    desktop.focus(window)
    await inserted(TEXT, window.target)
    expect(window.text()).toBe(TEXT)
    expect(await desktop.until(injector.selection(other.target, new AbortController().signal))).toBe('an old selection')
  })

  it('what comes next is not put where a stopped program would paste it instead', async () => {
    const { desktop, inserted } = begin()
    const [asleep, window] = [desktop.open(), desktop.open()]
    asleep.stop()
    await inserted('first', asleep.target)
    desktop.focus(window)
    expect(await inserted('second', window.target)).toMatchObject({ how: 'typed' })
    desktop.focus(asleep)
    expect(await inserted('third', asleep.target)).toMatchObject({ how: 'copied', why: 'not-read' })
    expect(desktop.sent()).toEqual(['Ctrl+V', '“second”'])
    asleep.resume()
    await desktop.pass(300)
    expect(window.text()).toBe('second')
    expect(await inserted('fourth', asleep.target)).toMatchObject({ how: 'pasted', confirmed: true })
  })

  it('a program of several processes that answers, and reads after all, has it once', async () => {
    for (const readMs of [590, 601, 700, 805, 1_000, 2_000]) {
      const { desktop, inserted, close } = begin()
      desktop.person.copies({ 'text/plain': 'OLD' })
      const window = desktop.open({ readMs, readsApart: true })
      await inserted(TEXT, window.target)
      await desktop.pass(5_000)
      expect([readMs, window.text(), desktop.clipboard()]).toEqual([readMs, TEXT, { 'text/plain': 'OLD' }])
      await close()
    }
  })

  it('is left alone when another program has taken the clipboard', async () => {
    const { desktop, insert, injector } = begin()
    const window = desktop.open({ readMs: 500 })
    const done = insert(TEXT, window.target)
    await desktop.pass(100)
    desktop.person.copies({ 'text/plain': 'theirs' })
    expect(await desktop.until(done)).toMatchObject({ how: 'pasted', confirmed: false, why: 'not-read', undo: null })
    await desktop.until(injector.settled())
    expect(desktop.clipboard()).toEqual({ 'text/plain': 'theirs' })
    expect(desktop.sent()).toEqual(['Ctrl+V'])
  })

  it('is on the clipboard as soon as the window is closed', async () => {
    const { clock, desktop, insert } = begin()
    const window = desktop.open({ readMs: 400 })
    const done = insert(TEXT, window.target)
    await desktop.pass(50)
    window.close()
    expect(await desktop.until(done)).toMatchObject({ how: 'copied', why: 'target-gone' })
    expect(clock.nowMs()).toBeLessThan(100)
    expect(desktop.clipboard()).toEqual({ 'text/plain': TEXT })
  })

  it('is not typed when the focus has moved meanwhile', async () => {
    const { desktop, insert } = begin()
    const [window, other] = [desktop.open({ pastes: {} }), desktop.open()]
    const done = insert(TEXT, window.target)
    await desktop.pass(100)
    desktop.focus(other)
    expect(await desktop.until(done)).toMatchObject({ how: 'pasted', confirmed: false, why: 'not-read' })
    expect([other.text(), desktop.clipboard()]).toEqual(['', { 'text/plain': TEXT }])
  })

  it('is on the clipboard when it cannot be typed either', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open({ pastes: {} })
    desktop.faults.noTyping = true
    expect(await inserted(TEXT, window.target)).toMatchObject({ how: 'pasted', confirmed: false, why: 'not-read' })
    expect(desktop.clipboard()).toEqual({ 'text/plain': TEXT })
  })

  it('is not typed after a chord of which nobody knows whether it was pressed', async () => {
    const { desktop, inserted } = begin()
    const window = desktop.open()
    desktop.faults.pressFails = true
    expect(await inserted(TEXT, window.target)).toMatchObject({ how: 'pasted', confirmed: true })
    expect([window.text(), desktop.clipboard()]).toEqual([TEXT, IMAGE])
  })
})

describe('where reading cannot be seen', () => {
  it('the paste is done when the chord is pressed, and the clipboard comes back after the slowest usual program', async () => {
    const { clock, desktop, insert, injector } = begin({ native: true, pings: false })
    const window = desktop.open({ readMs: 1_500 })
    const report = await desktop.until(insert(TEXT, window.target))
    expect(report).toEqual({ how: 'pasted', confirmed: false, why: null, text: TEXT, undo: expect.any(Function), isLast: expect.any(Function) })
    expect(clock.nowMs()).toBe(0)
    await desktop.until(injector.settled())
    expect([window.text(), desktop.clipboard()]).toEqual([TEXT, IMAGE])
  })

  it('is typed where the clipboard would come back in part, and the clipboard is not touched', async () => {
    const { desktop, insert, injector } = begin({ native: true, pings: false })
    const window = desktop.open()
    desktop.person.copies({ 'text/plain': 'word', 'text/html': '<b>word</b>' })
    desktop.faults.tooLarge = ['text/html']
    expect(await desktop.until(insert(TEXT, window.target))).toMatchObject({ how: 'typed' })
    expect([window.text(), desktop.clipboard()]).toEqual([TEXT, { 'text/plain': 'word', 'text/html': '<b>word</b>' }])
    desktop.faults.noTyping = true
    expect(await desktop.until(insert(' again', window.target))).toMatchObject({ how: 'pasted' })
    await desktop.until(injector.settled())
    expect([window.text(), desktop.clipboard()]).toEqual([`${TEXT} again`, { 'text/plain': 'word' }])
  })

  it('two at once do not take each other\'s place', async () => {
    const { desktop, insert, injector } = begin({ native: true, pings: false })
    const window = desktop.open({ readMs: 300 })
    await desktop.until(Promise.all([insert('one ', window.target), insert('two', window.target)]))
    await desktop.until(injector.settled())
    expect([window.text(), desktop.clipboard()]).toEqual(['one two', IMAGE])
  })

  it('a selection is read by copying, once the keys are up, and the clipboard is as before', async () => {
    const { desktop, injector } = begin({ native: true, pings: false })
    const window = desktop.open()
    window.set('some words')
    window.select(5, 10)
    desktop.person.holds('Ctrl')
    const selection = injector.selection(window.target, new AbortController().signal)
    await desktop.pass(20_000)
    expect(desktop.sent()).toEqual([])
    desktop.person.releases()
    expect(await desktop.until(selection)).toBe('words')
    expect(desktop.clipboard()).toEqual(IMAGE)
    window.select(3, 3)
    expect(await desktop.until(injector.selection(window.target, new AbortController().signal))).toBe(null)
    const terminal = desktop.open({ appId: 'WindowsTerminal.exe', kind: 'terminal' })
    desktop.focus(terminal)
    expect(await desktop.until(injector.selection(terminal.target, new AbortController().signal))).toBe(null)
    expect(desktop.sent()).toEqual(['Ctrl+C', 'Ctrl+C'])
  })
})

describe('a selection that the system tells', () => {
  it('is read without a key', async () => {
    const { desktop, injector } = begin()
    const [window, other] = [desktop.open(), desktop.open()]
    window.set('some words')
    window.select(0, 4)
    const { signal } = new AbortController()
    expect(await desktop.until(injector.selection(window.target, signal))).toBe('some')
    expect(await desktop.until(injector.selection(other.target, signal))).toBe(null)
    expect([desktop.sent(), desktop.clipboard()]).toEqual([[], IMAGE])
  })
})

describe('an abort', () => {
  it('before anything, and while it waits for another, inserts nothing', async () => {
    const { desktop, insert, injector } = begin()
    const window = desktop.open({ readMs: 300 })
    await expect(insert('never', window.target, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop')
    const first = insert('first', window.target)
    const waiting = new AbortController()
    const second = insert('second', window.target, { signal: waiting.signal })
    const third = insert('third', window.target)
    const rejected = expect(second).rejects.toThrow('stop')
    await desktop.pass(10)
    waiting.abort(new Error('stop'))
    await rejected
    await desktop.until(Promise.all([first, third]))
    await desktop.until(injector.settled())
    expect([window.text(), desktop.clipboard()]).toEqual(['firstthird', IMAGE])
  })

  it.each(Array.from({ length: 16 }, (_, at) => at))('at any moment gives the clipboard back: after %i ms', async (afterMs) => {
    for (const kind of ['field', 'deaf'] as const) {
      const { desktop, insert, injector, close } = begin({ latencyMs: () => 1 })
      const window = desktop.open({ kind, readMs: 3 })
      const stop = new AbortController()
      const done = insert(TEXT, window.target, { signal: stop.signal }).then(() => 'done', (error: Error) => error.message)
      await desktop.pass(afterMs)
      const pressedBefore = desktop.sent().length > 0
      stop.abort(new Error('stop'))
      const outcome = await desktop.until(done)
      await desktop.until(injector.settled())
      await desktop.pass(3_000)
      expect(desktop.clipboard()).toEqual(IMAGE)
      if (outcome === 'stop' && !pressedBefore)
        expect([window.text(), desktop.sent()]).toEqual(['', []])
      expect(['', TEXT]).toContain(window.text())
      await close()
    }
  })

  it('after the chord, of a program that is stopped: never the old clipboard', async () => {
    const { desktop, insert, injector } = begin()
    const window = desktop.open()
    window.stop()
    const stop = new AbortController()
    const rejected = expect(insert(TEXT, window.target, { signal: stop.signal })).rejects.toThrow('stop')
    await desktop.pass(100)
    stop.abort(new Error('stop'))
    await rejected
    await desktop.until(injector.settled())
    window.resume()
    await desktop.pass(100)
    expect(window.text()).toBe(TEXT)
  })

  it('while it is typed after a paste that was not read, has the clipboard back', async () => {
    const { desktop, insert, injector } = begin({ latencyMs: () => 1 })
    const window = desktop.open({ pastes: {} })
    const stop = new AbortController()
    const rejected = expect(insert('y'.repeat(300), window.target, { signal: stop.signal })).rejects.toThrow('stop')
    await desktop.pass(900)
    expect(window.text()).toMatch(/^y+$/)
    stop.abort(new Error('stop'))
    await desktop.until(rejected)
    await desktop.until(injector.settled())
    expect(desktop.clipboard()).toEqual(IMAGE)
    expect(window.text().length).toBeLessThan(300)
  })

  it('is what closing does to all that is under way', async () => {
    const { desktop, insert, injector } = begin()
    const window = desktop.open()
    desktop.person.holds('Ctrl')
    const rejected = expect(insert(TEXT, window.target)).rejects.toMatchObject({ code: 'aborted' })
    await desktop.pass(10)
    await desktop.until(injector[Symbol.asyncDispose]())
    await rejected
    expect([window.text(), desktop.clipboard(), desktop.disposed()]).toEqual(['', IMAGE, true])
    await expect(insert(TEXT, window.target)).rejects.toMatchObject({ code: 'aborted' })
  })
})
