import type { PermissionView } from '@contract'
import type { Page } from 'playwright-core'
import type { OpenOptions } from '../support/renderer-harness/harness'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultSettings } from '../../src-main/contract'
import { violations } from '../support/axe'
import { useRenderer } from '../support/renderer'
import { dictations, dictationSettings, snapshot } from '../support/renderer-harness/world'

const harness = useRenderer()
/** Set to a folder to get a picture of each view. */
const pictures = process.env['PARLEY_PICTURES']
if (pictures !== undefined)
  mkdirSync(pictures, { recursive: true })

type Tab = 'dictation' | 'words' | 'programs'

const used = snapshot({ settings: { ...defaultSettings, dictation: dictationSettings } })
const PERMISSIONS: PermissionView[] = [
  { id: 'microphone', state: 'denied', canAsk: true },
  { id: 'accessibility', state: 'undecided', canAsk: true },
  { id: 'input-monitoring', state: 'undecided', canAsk: true },
  { id: 'remote-desktop', state: 'not-needed', canAsk: false },
]

afterEach(() => {
  expect(harness.complaints.splice(0)).toEqual([])
})

function open(tab: Tab, options: Partial<OpenOptions> = {}): Promise<Page> {
  return harness.open({ snapshot: used, history: dictations, hash: `#/settings/${tab}`, ...options })
}

/** Opened again, now that main's answers are known. */
async function reopen(page: Page, tab: Tab): Promise<void> {
  await page.getByTestId('tab-about').click()
  await page.getByTestId(`tab-${tab}`).click()
}

async function needsPermissions(page: Page): Promise<void> {
  await harness.answer('permissions.list', { ok: true, value: PERMISSIONS })
  await reopen(page, 'dictation')
  await page.getByTestId('permissions').waitFor()
}

async function wrongWord(page: Page): Promise<void> {
  await page.getByTestId('add-word').click()
  await page.getByTestId('word').fill('postgresql')
  await page.getByTestId('save-entry').click()
  await page.getByRole('alert').waitFor()
}

async function takenKey(page: Page): Promise<void> {
  await harness.answer('key.set', { ok: true, value: { accelerator: 'Ctrl+Alt+U', errorCode: 'hotkey-taken', suggestion: 'Ctrl+Alt+J' } })
  const row = page.getByTestId('key-undo')
  await row.getByTestId('record-hotkey').click()
  await page.keyboard.press('Control+Alt+KeyU')
  await row.getByTestId('hotkey-offer').waitFor()
}

interface View extends Partial<OpenOptions> {
  readonly name: string
  readonly tab: Tab
  readonly act?: (page: Page) => Promise<unknown>
}

const fresh = snapshot()
const views: View[] = [
  { name: 'dictation-first', tab: 'dictation', snapshot: fresh, history: [], height: 900, act: page => page.getByTestId('try-dictation').waitFor() },
  { name: 'dictation-first-narrow', tab: 'dictation', snapshot: fresh, history: [], width: 480, height: 900 },
  { name: 'dictation-all', tab: 'dictation', height: 1_900 },
  { name: 'dictation-all-narrow', tab: 'dictation', width: 480, height: 2_300 },
  { name: 'dictation-long', tab: 'dictation', pseudo: true, width: 480, height: 2_300 },
  { name: 'dictation-permissions', tab: 'dictation', height: 900, act: needsPermissions },
  { name: 'dictation-permissions-narrow', tab: 'dictation', width: 480, height: 900, act: needsPermissions },
  { name: 'dictation-taken', tab: 'dictation', height: 900, act: takenKey },
  { name: 'dictation-taken-narrow', tab: 'dictation', width: 480, height: 900, act: takenKey },
  { name: 'dictation-no-hold', tab: 'dictation', snapshot: snapshot({ hotkey: { ...fresh.hotkey, mechanism: 'portal', hold: false } }) },
  { name: 'words-empty', tab: 'words', snapshot: fresh, height: 1_000 },
  { name: 'words', tab: 'words', height: 1_400 },
  { name: 'words-narrow', tab: 'words', width: 480, height: 1_400 },
  { name: 'words-long', tab: 'words', pseudo: true, width: 480, height: 1_400 },
  { name: 'word-dialog', tab: 'words', act: page => page.getByRole('button', { name: 'Edit PostgreSQL' }).click() },
  { name: 'word-dialog-wrong', tab: 'words', act: wrongWord },
  { name: 'word-dialog-narrow', tab: 'words', width: 480, height: 560, act: wrongWord },
  { name: 'word-remove', tab: 'words', act: page => page.getByRole('button', { name: 'Remove PostgreSQL' }).click() },
  { name: 'snippet-dialog', tab: 'words', act: page => page.getByRole('button', { name: 'Edit signature' }).click() },
  { name: 'programs-empty', tab: 'programs', snapshot: fresh },
  { name: 'programs', tab: 'programs' },
  { name: 'programs-narrow', tab: 'programs', width: 480, height: 900 },
  { name: 'programs-long', tab: 'programs', pseudo: true, width: 480, height: 900 },
  { name: 'program-new', tab: 'programs', height: 1_200, act: page => page.getByTestId('add-program').click().then(() => page.getByTestId('save-profile').click()) },
  { name: 'program-edit', tab: 'programs', height: 1_300, act: page => page.getByTestId('edit-terminal').click() },
  { name: 'program-edit-narrow', tab: 'programs', width: 480, height: 1_600, act: page => page.getByTestId('edit-mail').click() },
  { name: 'program-language', tab: 'programs', act: page => page.getByTestId('edit-german').click().then(() => page.getByTestId('profile-language').click()) },
  { name: 'program-never', tab: 'programs', act: page => page.getByTestId('edit-vault').click() },
  { name: 'program-long', tab: 'programs', pseudo: true, width: 480, height: 1_600, act: page => page.getByTestId('edit-terminal').click() },
]

/** What the window asked for that changes something. */
async function calls(): Promise<unknown[]> {
  return (await harness.calls()).filter(({ name }) => name !== 'dictations.list' && name !== 'permissions.list')
}

function patchOf(dictation: object): unknown {
  return { name: 'settings.patch', input: { dictation } }
}

async function choose(page: Page, testId: string, name: string): Promise<void> {
  await page.getByTestId(testId).click()
  await page.getByRole('menuitemradio', { name, exact: true }).click()
}

/** What is wrong, as it is said beside the field. */
function complaint(page: Page): Promise<string | undefined> {
  return page.getByRole('alert').textContent().then(text => text?.trim())
}

function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? document.activeElement?.getAttribute('aria-label') ?? null)
}

const refused = { ok: false, error: { code: 'read-only', message: 'No.', params: {} } } as const
const { dictionary, snippets, profiles } = dictationSettings

describe('keys of dictation', () => {
  it('are set, refused with a free one offered, and taken away', async () => {
    const page = await open('dictation')
    await takenKey(page)
    const row = page.getByTestId('key-undo')
    expect(await row.getByTestId('hotkey-trouble').textContent()).toBe('Ctrl+Alt+U does not work. Another program uses it. Choose another one.')
    await harness.answer('key.set', { ok: true, value: { accelerator: 'Ctrl+Alt+J', errorCode: null, suggestion: null } })
    await row.getByTestId('hotkey-offer').click()
    await row.getByTestId('hotkey-trouble').waitFor({ state: 'detached' })
    expect(await row.locator('kbd').allTextContents()).toEqual(['Ctrl', 'Alt', 'J'])
    await harness.answer('key.set', { ok: true, value: { accelerator: '', errorCode: null, suggestion: null } })
    await row.getByTestId('clear-hotkey').click()
    await row.getByText('Not set').waitFor()
    // The button that was pressed is gone; one goes on at the other one.
    await expect.poll(() => focused(page)).toBe('record-hotkey')
    expect(await calls()).toEqual(['Ctrl+Alt+U', 'Ctrl+Alt+J', ''].map(accelerator => ({ name: 'key.set', input: { name: 'undo', accelerator } })))
  })

  it('are never given away twice', async () => {
    const page = await open('dictation')
    const row = page.getByTestId('key-pasteLast')
    await row.getByTestId('record-hotkey').press('Enter')
    await page.keyboard.press('Control+Alt+KeyD')
    expect(await row.getByTestId('hotkey-trouble').textContent()).toBe('Ctrl+Alt+D does not work. It is used for “Dictate”. Choose another one.')
    await row.getByTestId('record-hotkey').press('Enter')
    await page.keyboard.press('Control+Alt+Space')
    expect(await row.getByTestId('hotkey-trouble').textContent()).toContain('It is used for “Talk key”.')
    expect(await calls()).toEqual([])
  })

  it('that another program took say so, and follow what main tells', async () => {
    const keys = { ...used.keys, dictate: { accelerator: 'Ctrl+Alt+D', errorCode: 'hotkey-taken', suggestion: 'Ctrl+Alt+K' } }
    const page = await open('dictation', { snapshot: { ...used, keys }, history: [] })
    await page.getByTestId('key-dictate').getByTestId('hotkey-trouble').waitFor()
    // Nothing can be tried with it.
    expect(await page.getByTestId('try-dictation').count()).toBe(0)
    await harness.emit({ type: 'keys', keys: { ...keys, dictate: { accelerator: 'F9', errorCode: null, suggestion: null } } })
    expect([await page.getByTestId('key-dictate').locator('kbd').allTextContents(), await page.getByTestId('hotkey-trouble').count()]).toEqual([['F9'], 0])
  })

  it('can only be tapped where no key up is told', async () => {
    const page = await open('dictation', { snapshot: { ...used, hotkey: { ...used.hotkey, mechanism: 'portal', hold: false } } })
    await page.getByTestId('dictate-mode').click()
    expect(await page.getByRole('menuitemradio').allTextContents().then(texts => texts.map(text => text.trim()))).toEqual(['Tap only'])
  })
})

describe('settings of dictation', () => {
  it('are each sent as they are chosen', async () => {
    const page = await open('dictation', { snapshot: fresh })
    await choose(page, 'dictate-mode', 'Tap only')
    await page.getByRole('radio', { name: 'While you speak' }).click()
    await choose(page, 'method', 'Clipboard only')
    await page.getByTestId('newlines').click()
    await choose(page, 'cleanup', 'My own way')
    await page.getByTestId('own-prompt').fill('Short.')
    await expect.poll(async () => (await calls()).length).toBe(6)
    await page.getByTestId('cues').click()
    await choose(page, 'media', 'Pause players')
    await choose(page, 'silence-stop', '3 s')
    await choose(page, 'limit', '60 min')
    await choose(page, 'keep', 'Not at all')
    await choose(page, 'keep', 'For ever')
    await page.getByTestId('tab-words').click()
    for (const name of ['fillers', 'numbers', 'spoken-punctuation', 'scratch-that', 'learn'])
      await page.getByTestId(name).click()
    await expect.poll(calls).toEqual([
      { name: 'settings.patch', input: { hotkey: { dictateMode: 'toggle' } } },
      ...[
        { mode: 'live' },
        { method: 'copy' },
        { newlines: true },
        { cleanup: 'own' },
        { ownPrompt: 'Short.' },
        { cues: false },
        { media: 'pause' },
        { silenceStopMs: 3_000 },
        { limitMs: 3_600_000 },
        { keepNothing: true },
        { keepNothing: false, keepDays: 0 },
        { fillers: false },
        { numbers: false },
        { spokenPunctuation: true },
        { scratchThat: false },
        { learn: true },
      ].map(patchOf),
    ])
  })

  it('offer words that were corrected by hand, and learn or drop them when told', async () => {
    const corrections = [{ heard: 'post gress', word: 'Postgres' }, { heard: 'par lay', word: 'Parley' }]
    const page = await open('words', { snapshot: { ...used, corrections } })
    await page.getByRole('button', { name: 'Learn “Postgres”', exact: true }).click()
    await page.getByRole('button', { name: 'Do not learn “Parley”' }).click()
    await expect.poll(calls).toEqual([
      { name: 'words.learn', input: { heard: 'post gress', word: 'Postgres' } },
      { name: 'words.dismiss', input: { heard: 'par lay', word: 'Parley' } },
    ])
  })

  it('show what was set elsewhere, also when it is none of the choices', async () => {
    const dictation = { ...dictationSettings, silenceStopMs: 4_500, limitMs: 1_200_000, keepDays: 12 }
    const page = await open('dictation', { snapshot: { ...used, settings: { ...used.settings, dictation } } })
    const shown = (testId: string): Promise<string | undefined> => page.getByTestId(testId).textContent().then(text => text?.trim())
    expect([await shown('silence-stop'), await shown('limit'), await shown('keep')]).toEqual(['4.5 s', '20 min', 'For 12 days'])
  })

  it('can be tried at once by who has never dictated', async () => {
    const page = await open('dictation', { snapshot: fresh, history: [] })
    const box = page.getByRole('textbox', { name: 'A box to dictate into' })
    expect(await box.getAttribute('placeholder')).toBe('Click into the box, hold Ctrl+Alt+D, say something and let go.')
    const again = await open('dictation')
    await again.getByTestId('dictate-mode').waitFor()
    expect(await again.getByTestId('try-dictation').count()).toBe(0)
  })

  it('are shown on the empty page, with the key', async () => {
    const page = await harness.open({ snapshot: fresh })
    await page.getByTestId('empty-dictate').getByRole('link', { name: 'Try it' }).click()
    await page.getByTestId('try-dictation').waitFor()
  })

  it('tell what the system does not allow, ask for it, and look again when one comes back', async () => {
    const page = await open('dictation')
    expect(await page.getByTestId('permissions').count()).toBe(0)
    await needsPermissions(page)
    expect(await page.getByTestId('permissions').getByRole('button').allTextContents().then(texts => texts.map(text => text.trim()))).toEqual(['Open the settings', 'Allow', 'Open the settings'])
    await harness.answer('permissions.list', { ok: true, value: PERMISSIONS.filter(({ id }) => id !== 'accessibility') })
    await page.getByTestId('allow-accessibility').click()
    await page.getByTestId('allow-accessibility').waitFor({ state: 'detached' })
    expect(await calls()).toEqual([{ name: 'permissions.ask', input: { id: 'accessibility' } }])
    await harness.answer('permissions.list', { ok: true, value: [] })
    await page.evaluate(() => window.dispatchEvent(new Event('focus')))
    await page.getByTestId('permissions').waitFor({ state: 'detached' })
  })

  it('are all reached by the keyboard', async () => {
    const page = await open('dictation')
    const seen = new Set<string>()
    await page.getByTestId('tab-dictation').focus()
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab')
      seen.add(await page.evaluate(() => {
        const element = document.activeElement
        return element?.getAttribute('data-testid') ?? element?.getAttribute('role') ?? element?.tagName ?? ''
      }))
    }
    expect(['record-hotkey', 'clear-hotkey', 'dictate-mode', 'radio', 'method', 'newlines', 'cleanup', 'own-prompt', 'cues', 'slider', 'media', 'silence-stop', 'limit', 'keep'].filter(name => !seen.has(name))).toEqual([])
  })
})

describe('words', () => {
  it('are added, changed and removed by the keyboard, and the focus comes back', async () => {
    const page = await open('words')
    await page.getByTestId('add-word').press('Enter')
    expect(await focused(page)).toBe('word')
    await page.keyboard.type('Ghostty')
    await page.keyboard.press('Tab')
    await page.keyboard.type('ghosty')
    await page.keyboard.press('Enter')
    await page.keyboard.type('ghost tea')
    await page.getByTestId('word').press('Enter')
    await page.getByText('Heard as ghosty, ghost tea, and what sounds like it').waitFor()
    await expect.poll(() => focused(page)).toBe('add-word')
    await page.getByRole('button', { name: 'Edit kubectl' }).press('Enter')
    expect(await page.getByTestId('heard').inputValue()).toBe('cube control\ncube cuttle\ncube C T L\ncube cuddle')
    await page.getByTestId('heard').fill('cube control')
    await page.getByTestId('sounds-like').press('Space')
    await page.getByTestId('save-entry').press('Enter')
    await page.getByText('Heard as cube control, and what sounds like it').waitFor()
    await expect.poll(() => focused(page)).toBe('Edit kubectl')
    await page.getByRole('button', { name: 'Remove Notion' }).press('Enter')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).press('Enter')
    await page.getByText('Notion', { exact: true }).waitFor({ state: 'detached' })
    await expect.poll(() => focused(page)).toBe('add-word')
    const ghostty = { word: 'Ghostty', heard: ['ghosty', 'ghost tea'], soundsLike: true }
    const kubectl = { word: 'kubectl', heard: ['cube control'], soundsLike: true }
    const changed = dictionary.with(2, kubectl)
    expect(await calls()).toEqual([
      patchOf({ dictionary: [...dictionary, ghostty] }),
      patchOf({ dictionary: [...changed, ghostty] }),
      patchOf({ dictionary: [...changed.toSpliced(4, 1), ghostty] }),
    ])
  })

  it('are not lost when they cannot be saved, nor by a click beside the form', async () => {
    const page = await open('words')
    await harness.answer('settings.patch', refused)
    await page.getByTestId('add-word').click()
    await page.getByTestId('word').fill('Ghostty')
    await page.getByTestId('save-entry').click()
    await page.getByText('The data folder cannot be written. Check its permissions, then try again.').waitFor()
    await page.mouse.click(20, 400)
    expect(await page.getByTestId('word').inputValue()).toBe('Ghostty')
    await page.getByTestId('word').press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expect.poll(() => focused(page)).toBe('add-word')
  })

  it('say what is wrong beside the field, and go there', async () => {
    const page = await open('words')
    await page.getByTestId('add-word').click()
    await page.getByTestId('word').press('Tab')
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.getByTestId('save-entry').click()
    expect(await complaint(page)).toBe('Enter a word.')
    expect(await focused(page)).toBe('word')
    await page.keyboard.type(' zürich')
    expect(await complaint(page)).toBe('This word is in the list already.')
    await page.keyboard.type(' See')
    await page.getByTestId('heard').fill('x'.repeat(101))
    await page.getByTestId('save-entry').click()
    expect([await complaint(page), await focused(page)]).toEqual(['Use at most 100 characters a line.', 'heard'])
    expect(await calls()).toEqual([])
  })

  it('are searched, and shown page by page when there are many', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => ({ word: `Word ${String(index).padStart(4, '0')}`, heard: [], soundsLike: false }))
    const page = await open('words', { snapshot: { ...used, settings: { ...used.settings, dictation: { ...dictationSettings, dictionary: many } } } })
    const rows = page.getByTestId('dictionary').getByRole('listitem')
    await expect.poll(() => rows.count()).toBe(101)
    await page.getByText('There is room for 2,000 words.').waitFor()
    await page.getByTestId('more-words').click()
    expect(await rows.count()).toBe(201)
    await page.getByRole('searchbox', { name: 'Search your words' }).fill('199')
    await expect.poll(() => rows.count()).toBe(12)
    await page.getByRole('searchbox', { name: 'Search your words' }).fill('nothing')
    await page.getByText('No word has these letters.').waitFor()
  })
})

describe('snippets', () => {
  it('are added, changed and removed, with their line breaks', async () => {
    const page = await open('words')
    await page.getByTestId('add-snippet').click()
    await page.getByTestId('snippet-name').fill('signature')
    await page.getByTestId('snippet-text').fill('Dear all,\n\n')
    await page.getByTestId('save-entry').click()
    expect(await complaint(page)).toBe('Another snippet has this name.')
    await page.getByTestId('snippet-name').fill('opening')
    await page.getByTestId('save-entry').click()
    await page.getByRole('button', { name: 'Edit opening' }).click()
    expect(await page.getByTestId('snippet-text').inputValue()).toBe('Dear all,\n\n')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Remove address' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
    const opening = { name: 'opening', text: 'Dear all,\n\n' }
    await expect.poll(calls).toEqual([patchOf({ snippets: [...snippets, opening] }), patchOf({ snippets: [...snippets.slice(0, 1), opening] })])
  })
})

describe('programs', () => {
  it('are asked in an order that the keyboard changes', async () => {
    const page = await open('programs')
    const order = () => page.locator('[data-entry]').evaluateAll(entries => entries.map(entry => entry.getAttribute('data-entry')))
    await page.getByRole('button', { name: 'Move Passwords up' }).focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await expect.poll(order).toEqual(['vault', 'mail', 'terminal', 'german'])
    expect(await focused(page)).toBe('Move Passwords up')
    const patches = await calls() as { input: { dictation: { profiles: { id: string }[] } } }[]
    expect(patches.map(({ input }) => input.dictation.profiles.map(({ id }) => id))).toEqual([['mail', 'vault', 'terminal', 'german'], ['vault', 'mail', 'terminal', 'german']])
  })

  it('are told in a few words', async () => {
    const page = await open('programs')
    const texts = await page.locator('[data-entry] .words').allInnerTexts()
    expect(texts.map(text => text.replace(/\s+/g, ' ').trim())).toEqual([
      'Mail thunderbird, titled *Write:* Clean-up: As an e-mail · Spoken punctuation · Snippets: 1',
      'Terminal org.gnome.* Clean-up: Off · Inserting: Type · Pastes by Ctrl+Shift+V · No line breaks',
      'Passwords keepassxc No dictation here',
      'Letters to Austria titled *Österreich* Austrian German',
    ])
  })

  it('begin with a window that was dictated into', async () => {
    const page = await open('programs', { snapshot: fresh })
    await page.getByRole('button', { name: 'Add Slack' }).click()
    expect([await page.getByTestId('profile-name').inputValue(), await page.getByTestId('profile-app').inputValue(), await page.getByTestId('profile-title').inputValue()]).toEqual(['Slack', 'Slack', ''])
    await page.getByTestId('use-title').click()
    expect([await page.getByTestId('profile-title').inputValue(), await focused(page)]).toEqual(['release (channel) – Workshop – Slack', 'profile-title'])
    await page.getByRole('button', { name: 'Fill in Firefox' }).click()
    expect([await page.getByTestId('profile-name').inputValue(), await page.getByTestId('profile-app').inputValue()]).toEqual(['Slack', 'firefox'])
  })

  it('are set up with everything that may differ', async () => {
    const page = await open('programs')
    await page.getByTestId('add-program').press('Enter')
    await page.getByTestId('save-profile').click()
    expect([await complaint(page), await focused(page)]).toEqual(['Give it a name.', 'profile-name'])
    await page.keyboard.type(' Notes ')
    await page.getByTestId('profile-app').fill('obsidian*')
    await choose(page, 'profile-cleanup', 'My own way')
    await page.getByTestId('profile-prompt').fill('As a list.')
    await choose(page, 'profile-method', 'Paste')
    await page.getByTestId('record-chord').press('Enter')
    await page.keyboard.press('Shift+Insert')
    await choose(page, 'profile-newlines', 'Yes')
    await choose(page, 'profile-language', 'German')
    await choose(page, 'profile-punctuation', 'No')
    await page.getByTestId('add-snippet').click()
    await page.getByTestId('snippet-name').fill('today')
    await page.getByTestId('snippet-text').fill('## Today')
    await page.getByTestId('save-entry').click()
    expect(await calls()).toEqual([])
    await harness.answer('settings.patch', refused)
    await page.getByTestId('save-profile').click()
    await page.getByText('The data folder cannot be written. Check its permissions, then try again.').waitFor()
    const settings = { ...used.settings, dictation: dictationSettings }
    await harness.answer('settings.patch', { ok: true, value: settings })
    await page.getByTestId('save-profile').click()
    await expect.poll(() => focused(page)).toBe('add-program')
    const [first, second] = await calls() as { input: { dictation: { profiles: { id: string }[] } } }[]
    expect(second).toEqual(first)
    const added = { id: expect.stringMatching(/^[\da-f-]{36}$/) as string, name: 'Notes', app: 'obsidian*', title: '', never: false, cleanup: 'own', ownPrompt: 'As a list.', method: 'paste', chord: 'Shift+Insert', newlines: true, language: 'de', spokenPunctuation: false, snippets: [{ name: 'today', text: '## Today' }] }
    expect(first?.input.dictation.profiles).toEqual([...profiles, added])
  })

  it('are changed in their place, left with nothing changed, and removed', async () => {
    const page = await open('programs')
    await page.getByTestId('edit-terminal').click()
    await page.getByTestId('clear-chord').click()
    expect(await focused(page)).toBe('record-chord')
    await choose(page, 'profile-method', 'As in the settings (Automatic)')
    await page.getByTestId('save-profile').click()
    await expect.poll(() => focused(page)).toBe('edit-terminal')
    await page.getByTestId('edit-vault').click()
    expect(await page.getByTestId('profile-cleanup').count()).toBe(0)
    await page.getByTestId('never').click()
    await page.getByTestId('profile-cleanup').waitFor()
    await page.getByTestId('services-back').click()
    await expect.poll(() => focused(page)).toBe('edit-vault')
    await page.getByTestId('remove-mail').click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByTestId('profile-mail').waitFor({ state: 'detached' })
    const terminal = { ...profiles[1], method: null, chord: null }
    await expect.poll(calls).toEqual([patchOf({ profiles: profiles.with(1, terminal as never) }), patchOf({ profiles: [terminal, ...profiles.slice(2)] })])
  })

  it('that are being edited stay when a key is recorded or Esc closes a menu', async () => {
    const page = await open('programs')
    await page.getByTestId('edit-terminal').click()
    await page.getByTestId('record-chord').click()
    await page.keyboard.press('Escape')
    expect(await page.getByTestId('chord').locator('kbd').allTextContents()).toEqual(['Ctrl', 'Shift', 'V'])
    await page.getByTestId('profile-method').click()
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
    expect([await page.getByTestId('profile-editor').count(), await calls()]).toEqual([1, []])
  })
})

describe('tabs', () => {
  it('that do not fit are brought into sight', async () => {
    const page = await open('words', { width: 480 })
    const isSeen = (testId: string): Promise<boolean> => page.getByTestId(testId).evaluate((tab) => {
      const { left, right } = tab.getBoundingClientRect()
      return left >= 0 && right <= window.innerWidth
    })
    await expect.poll(() => isSeen('tab-words')).toBe(true)
    expect(await isSeen('tab-about')).toBe(false)
    const about = await harness.open({ snapshot: used, hash: '#/settings/about', width: 480 })
    await about.getByTestId('tab-about').waitFor()
    await expect.poll(() => about.getByTestId('tab-about').evaluate(tab => tab.getBoundingClientRect().right <= window.innerWidth)).toBe(true)
  })
})

describe('axe finds nothing', () => {
  it.each(views)('$name', async ({ name, tab, act, ...options }) => {
    const page = await open(tab, options)
    await act?.(page)
    const found: string[] = []
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      if (pictures !== undefined)
        await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`) })
      found.push(...await violations(page))
    }
    expect(found).toEqual([])
    // Nothing reaches beyond the window's edge.
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
    expect(await page.locator('h1').count()).toBe(1)
  })
})
