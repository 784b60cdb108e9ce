import type { DictationEntryView, Profile, Snapshot } from '../../src-main/contract'
import { describe, expect, it } from 'vitest'
import { defaultSettings } from '../../src-main/contract'
import { useApp } from '../support/app'
import { parley } from '../support/cli'
import { usePrograms } from '../support/programs'
import { wordsKept } from '../support/speech'

const NOTE = 'I would like to know what the capital city of France is.'
const HELLO = 'Hello, how are you today?'
/** The voice of the sample speech is another one after each set-up, and the recogniser may mishear a word of it; what is heard must arrive exactly. */
const HEARD = 0.75
const DICTATE = 'ctrl+alt+d'
const NEVER: Profile = { id: 'p', name: 'Never', app: '', title: '', never: true, cleanup: null, ownPrompt: null, method: null, chord: null, newlines: null, language: null, spokenPunctuation: null, snippets: [] }

describe('dictation into real windows', () => {
  const program = useApp({ ready: ['microphone', 'models', 'hotkey'] })
  const programs = usePrograms(() => program.stage)

  const isRecording = ({ dictation }: Snapshot): boolean => dictation.state === 'recording'
  const isOver = ({ dictation }: Snapshot): boolean => dictation.state === 'idle'
  const entries = (): Promise<readonly DictationEntryView[]> => program.app.request('dictations.list', {})

  async function press(keys = DICTATE): Promise<void> {
    await program.app.keyDown(keys)
    await program.app.until(isRecording, { what: 'recording' })
  }

  async function release(keys = DICTATE): Promise<void> {
    await program.app.keyUp(keys)
  }

  /** Holds the key for the length of what is said. */
  async function dictate(name: Parameters<typeof program.say>[0]): Promise<void> {
    await press()
    await program.say(name)
    await release()
    await program.app.until(isOver, { what: 'the end of the dictation' })
  }

  async function ownClipboard(text: string): Promise<void> {
    await program.app.electron.evaluate(({ clipboard }, wanted) => clipboard.writeText(wanted), text)
  }

  const clipboardText = (): Promise<string> => program.app.electron.evaluate(({ clipboard }) => clipboard.readText())

  it('types what was said into the entry that has the focus; the clipboard is what it was', async () => {
    await ownClipboard('what I had copied')
    const entry = await programs.openEntry()
    await dictate('k-france')
    const typed = await entry.untilText(text => text !== '')
    expect(wordsKept(NOTE, typed), typed).toBeGreaterThanOrEqual(HEARD)
    await program.app.keyboard.waitFor(async () => await clipboardText() === 'what I had copied', { what: 'the former clipboard' })
    const [newest] = await entries()
    expect(newest).toMatchObject({ end: 'inserted', how: 'pasted', confirmed: true, hasTake: true, finalText: await entry.text() })
    // None of the dictation key's own characters.
    expect(entry.keys.filter(({ key }) => key === 'd' || key === 'D')).toEqual([])
  })

  it('puts a blank between two, and none where there is nothing before', async () => {
    const view = await programs.openTextView()
    await dictate('q-hello')
    const first = await view.untilText(text => text !== '')
    await dictate('k-france')
    const both = await view.untilText(text => text.length > first.length)
    expect(both.slice(0, first.length + 1)).toBe(`${first} `)
    expect(both).not.toMatch(/\s$|\s\s/)
    expect(both).toBe((await entries()).slice(0, 2).map(({ finalText }) => finalText).reverse().join(''))
    expect(wordsKept(`${HELLO} ${NOTE}`, both)).toBeGreaterThanOrEqual(HEARD)
  })

  it('never takes the focus: neither window nor overlay', async () => {
    const { keyboard } = program.app
    const work = await keyboard.openWindow({ title: 'the window somebody works in' })
    await press()
    await keyboard.waitFor(async () => (await keyboard.windowsOf({ name: 'Parley overlay' })).length === 1, { what: 'the overlay' })
    expect(await keyboard.isFocused(work.window)).toBe(true)
    await program.say('q-hello')
    await release()
    await program.app.until(isOver, { what: 'the end' })
    expect(work.focusLosses()).toBe(0)
    await work.close()
  })

  it('types nothing into another window: the text is on the clipboard, and the overlay says so', async () => {
    const entry = await programs.openEntry({ title: 'first' })
    await press()
    await program.say('q-hello')
    const other = await programs.openTextView({ title: 'second' })
    await release()
    const { outcome } = await program.app.until(({ dictation }) => dictation.state === 'idle' && dictation.outcome !== null ? dictation : null, { what: 'the outcome' })
    expect(outcome).toBe('focus-moved')
    expect(await entry.text()).toBe('')
    expect(await other.text()).toBe('')
    expect(wordsKept(HELLO, await clipboardText())).toBeGreaterThanOrEqual(HEARD)
    await (await program.app.overlay()).getByTestId('pill').getByText('Another window has the focus').first().waitFor()
  })

  it('types nothing when nothing is said', async () => {
    const entry = await programs.openEntry()
    await press()
    await program.stage.playMicPcm({ samples: new Int16Array(48_000), sampleRateHz: 48_000 })
    await release()
    await program.app.until(({ dictation }) => dictation.state === 'idle' && dictation.outcome === 'no-speech', { what: 'no speech' })
    expect(await entry.text()).toBe('')
    expect(entry.keys.filter(({ key }) => key === 'v')).toEqual([])
  })

  it('cancelled with Esc types nothing; the recording is in the history', async () => {
    const entry = await programs.openEntry()
    await press()
    await program.say('k-france')
    await program.app.keyboard.tap('escape')
    await program.app.until(isOver, { what: 'the end' })
    await release()
    expect(await entry.text()).toBe('')
    expect((await entries())[0]).toMatchObject({ end: 'cancelled', hasTake: true })
    // Esc itself did not reach the window.
    expect(entry.keys.filter(({ key }) => key === 'Escape')).toEqual([])
  })

  it('takes back exactly the last insertion, and inserts it again', async () => {
    const entry = await programs.openEntry()
    await entry.set({ text: 'Before: ' })
    await dictate('q-hello')
    const whole = await entry.untilText(text => text.length > 10)
    await program.app.request('dictation.undo')
    await entry.untilText('Before: ')
    await program.app.request('dictation.pasteLast')
    await entry.untilText(whole)
  })

  it('changes the selected text by what is said about it; taking back gives the former one', async () => {
    const view = await programs.openTextView()
    await view.set({ text: 'a quiet word, please', caret: 2, anchor: 12 })
    await press('ctrl+alt+shift+d')
    await program.say('e-quotes')
    await release('ctrl+alt+shift+d')
    await view.untilText('a "quiet word", please')
    expect((await entries())[0]).toMatchObject({ kind: 'edit', end: 'inserted', finalText: '"quiet word"' })
    await program.app.until(isOver, { what: 'the end' })
    await program.app.request('dictation.undo')
    await view.untilText('a quiet word, please')
  })

  it('does nothing in a program whose rule says never', async () => {
    await program.set({ dictation: { ...defaultSettings.dictation, profiles: [{ ...NEVER, app: 'gtk-entry*' }] } })
    const entry = await programs.openEntry()
    await program.app.keyDown(DICTATE)
    await program.app.until(({ dictation }) => dictation.outcome === 'never-here', { what: 'the refusal' })
    await program.say('q-hello')
    await release()
    expect(await entry.text()).toBe('')
    expect((await entries()).filter(({ target }) => target?.appId.startsWith('Gtk-entry') && target.title === 'never')).toEqual([])
  })

  it('the talk key ends a dictation, whose words are inserted, and asks the assistant', async () => {
    const entry = await programs.openEntry()
    await program.app.request('dictation.toggle')
    await program.app.until(isRecording, { what: 'recording' })
    await program.say('q-hello')
    await program.ask('q-capital')
    const text = await entry.untilText(found => found !== '')
    expect(wordsKept(HELLO, text), text).toBeGreaterThanOrEqual(HEARD)
    expect((await program.turn()).userText).toMatch(/capital of France/)
  })

  it('that was killed in the middle is in the history with its sound, and can be tried again', async () => {
    await program.app.keyboard.openWindow({ title: 'where it was meant for' })
    await program.app.request('dictation.toggle')
    await program.app.until(isRecording, { what: 'recording' })
    await program.say('q-hello')
    const gone = new Promise(resolve => program.app.electron.process().once('exit', resolve))
    program.app.electron.process().kill('SIGKILL')
    await gone
    await program.restart()
    const [cut] = await entries()
    expect(cut).toMatchObject({ end: 'failed', hasTake: true, rawText: '' })
    await program.app.request('dictations.retry', { dictationId: cut?.id ?? '', asr: null })
    const [again] = await entries()
    expect(wordsKept(HELLO, again?.finalText ?? ''), again?.finalText).toBeGreaterThanOrEqual(HEARD)
  })

  it('by commands of the command line', async () => {
    const env = { PARLEY_DATA_DIR: program.app.dataDir, ...program.stage.env }
    const entry = await programs.openEntry()
    expect(await parley(['dictate', 'start'], { env })).toMatchObject({ code: 0, stderr: '' })
    await program.app.until(isRecording, { what: 'recording' })
    await program.say('q-hello')
    expect(await parley(['dictate', 'status'], { env })).toMatchObject({ code: 0, stdout: expect.stringContaining('recording') as string })
    expect(await parley(['dictate', 'stop'], { env })).toMatchObject({ code: 0 })
    expect(wordsKept(HELLO, await entry.untilText(text => text !== ''))).toBeGreaterThanOrEqual(HEARD)
  })

  it('a question that was dictated is written, and no answer is given', async () => {
    await program.set({ dictation: { cleanup: 'light' } })
    const entry = await programs.openEntry()
    await dictate('q-capital')
    const text = await entry.untilText(found => found !== '')
    expect(wordsKept('What is the capital of France?', text)).toBeGreaterThanOrEqual(HEARD)
    expect(text).not.toMatch(/paris/i)
    expect((await program.app.snapshot()).turns).toEqual([])
  })

  it('into the program\'s own question field', async () => {
    const { app } = program
    await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().find(window => window.getTitle() === 'Parley')?.focus())
    const [own] = await app.keyboard.windowsOf({ name: 'Parley' })
    await app.keyboard.waitForFocus(own as number)
    await app.page.getByPlaceholder('Ask by voice, or type here').focus()
    await dictate('q-hello')
    await app.page.waitForFunction(() => document.querySelector('textarea')?.value !== '')
    expect(wordsKept(HELLO, await app.page.evaluate(() => document.querySelector('textarea')?.value ?? ''))).toBeGreaterThanOrEqual(HEARD)
  })

  it('into a terminal: written at the prompt, and not submitted', async () => {
    const terminal = await programs.openXterm()
    await dictate('q-hello')
    const text = await terminal.untilText(found => found !== '')
    expect(wordsKept(HELLO, text)).toBeGreaterThanOrEqual(HEARD)
    expect(text).not.toMatch(/[\r\n]/)
  })

  it('while the assistant speaks: it falls silent, and the words go into the window', async () => {
    const entry = await programs.openEntry()
    await program.ask('q-story')
    await program.app.until(({ pipeline }) => pipeline.state === 'speaking', { what: 'speaking' })
    await program.app.keyboard.releaseAll()
    await press()
    expect((await program.app.snapshot()).pipeline.state).toBe('idle')
    await program.say('q-hello')
    await release()
    const typed = await entry.untilText(text => text !== '')
    expect(wordsKept(HELLO, typed), typed).toBeGreaterThanOrEqual(HEARD)
  })
})
