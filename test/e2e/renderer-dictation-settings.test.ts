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
  { name: 'program-never', tab: 'programs', act: page => page.getByTestId('edit-vault').click() },
  { name: 'program-long', tab: 'programs', pseudo: true, width: 480, height: 1_600, act: page => page.getByTestId('edit-terminal').click() },
]

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
