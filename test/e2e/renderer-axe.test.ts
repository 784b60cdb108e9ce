import type { AppEvent, DictationEntryView, DictationView, TurnView } from '@contract'
import type { Page } from 'playwright-core'
import type { RendererHarness } from '../support/renderer-harness/harness'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { defaultSettings, idleDictation } from '../../src-main/contract'
import { violations } from '../support/axe'
import { useRenderer } from '../support/renderer'
import { dictations, fileJobs, HOPS, IDLE, INTERRUPTED_REPLY, MARKDOWN_REPLY, models, offers, ROUTES, services, snapshot, turn } from '../support/renderer-harness/world'

/** Set to a folder to get a picture of each view. */
const pictures = process.env['PARLEY_PICTURES']
if (pictures !== undefined)
  mkdirSync(pictures, { recursive: true })

const talk = turn('t1', { replyText: MARKDOWN_REPLY })
const cut = turn('t2', { userText: 'And why is a sunset red?', replyText: INTERRUPTED_REPLY, heardText: INTERRUPTED_REPLY.slice(0, 66), end: 'interrupted' })

interface View {
  readonly name: string
  readonly hash?: string
  readonly width?: number
  readonly height?: number
  readonly page?: 'index' | 'overlay'
  readonly pseudo?: boolean
  readonly snapshot: Parameters<typeof snapshot>[0]
  readonly history?: readonly DictationEntryView[]
  readonly act?: (page: Page, harness: RendererHarness) => Promise<unknown>
}

async function listen(harness: RendererHarness): Promise<void> {
  await harness.emit(
    { type: 'pipeline', pipeline: { ...IDLE, state: 'listening', turnId: 't3' } },
    { type: 'partial', partial: { turnId: 't3', text: 'What would I need for a week in the mounta', stableChars: 32 } },
    ...Array.from({ length: 30 }, (_, index) => ({ type: 'level' as const, rmsDb: -38 + 20 * Math.sin(index / 3) * Math.sin(index), peakDb: -12 })),
  )
}

function busy(state: 'transcribing' | 'thinking'): AppEvent {
  return { type: 'pipeline', pipeline: { ...IDLE, state, turnId: 't3' } }
}

const routing = defaultSettings.routing
const ordered = { ...defaultSettings, routing: { ...routing, chat: { ...routing.chat, prefer: 'order' as const, order: ['ollama', 'local', 'openai'], maxPrice: 2 } } }
const routed = turn('t4', { replyText: 'Six minutes for a soft yolk, nine for a firm one.', reasoningText: 'Eggs differ.', routes: ROUTES, usage: { promptTokens: 412, completionTokens: 38 } })
const SERVICES_HASH = '#/settings/services'

async function openRoutes(page: Page): Promise<void> {
  await page.getByTestId('waterfall-badge').last().click()
  await page.getByTestId('by-chat').click()
  await page.getByTestId('route-chat').scrollIntoViewIfNeeded()
}

/** Comes back with what can be set up, as main finds it when the page is opened. */
async function offered(page: Page, harness: RendererHarness): Promise<void> {
  await harness.answer('services.offers', { ok: true, value: offers })
  await page.getByTestId('tab-general').click()
  await page.getByTestId('tab-services').click()
}

async function addService(page: Page, harness: RendererHarness, preset: string): Promise<void> {
  await offered(page, harness)
  await page.getByTestId('add-service').click()
  await page.getByTestId(`preset-${preset}`).click()
  await page.getByTestId('service-editor').waitFor()
}

async function addWithoutKeychain(page: Page, harness: RendererHarness): Promise<void> {
  await harness.answer('services.keychain', { ok: true, value: { hasKeychain: false } })
  await addService(page, harness, 'openai')
  await page.getByTestId('keys-in-file').waitFor()
}

async function wrongService(page: Page, harness: RendererHarness): Promise<void> {
  await addService(page, harness, 'other')
  await page.getByTestId('service-url').fill('https://user:secret@example.org/v1')
  await page.getByTestId('save-service').click()
}

async function testedService(page: Page, harness: RendererHarness): Promise<void> {
  await addService(page, harness, 'openai')
  await harness.answer('services.test', [
    { ok: true, value: { part: 'asr', ok: true, firstOutputMs: 231, errorCode: null, status: null, detail: null } },
    { ok: true, value: { part: 'chat', ok: false, firstOutputMs: null, errorCode: 'service-key', status: 401, detail: 'Incorrect API key provided: sk-…abc. You can find your API key at the address of your account.' } },
    { ok: true, value: { part: 'tts', ok: true, firstOutputMs: 412, errorCode: null, status: null, detail: null } },
  ])
  await page.getByTestId('test-service').click()
  await page.getByTestId('test-tts').getByText('Works').waitFor()
}

async function openModels(page: Page, harness: RendererHarness): Promise<void> {
  await addService(page, harness, 'ollama')
  await page.getByRole('combobox').press('ArrowDown')
  await page.getByRole('combobox').press('ArrowDown')
  await page.getByRole('listbox').waitFor()
}

const serviceViews: View[] = [
  { name: 'services-empty', hash: SERVICES_HASH, width: 900, snapshot: {} },
  { name: 'services-empty-offers', hash: SERVICES_HASH, width: 900, snapshot: {}, act: offered },
  { name: 'services-list', hash: SERVICES_HASH, width: 900, height: 1_500, snapshot: { services } },
  { name: 'services-order', hash: SERVICES_HASH, width: 900, height: 1_700, snapshot: { services, settings: ordered } },
  { name: 'services-local-only', hash: SERVICES_HASH, width: 900, snapshot: { services, settings: { ...defaultSettings, routing: { ...routing, localOnly: true } } } },
  { name: 'services-remove', hash: SERVICES_HASH, width: 900, snapshot: { services }, act: page => page.getByTestId('remove-openai').click().then(() => page.getByRole('alertdialog').waitFor()) },
  { name: 'services-add', hash: SERVICES_HASH, width: 900, snapshot: {}, act: (page, harness) => offered(page, harness).then(() => page.getByTestId('add-service').click()) },
  { name: 'services-editor', hash: SERVICES_HASH, width: 900, height: 1_300, snapshot: {}, act: addWithoutKeychain },
  { name: 'services-edit', hash: SERVICES_HASH, width: 900, snapshot: { services }, act: page => page.getByTestId('edit-openai').click() },
  { name: 'services-wrong', hash: SERVICES_HASH, width: 900, snapshot: {}, act: wrongService },
  { name: 'services-tested', hash: SERVICES_HASH, width: 900, height: 900, snapshot: {}, act: testedService },
  { name: 'services-models', hash: SERVICES_HASH, width: 900, snapshot: {}, act: openModels },
  { name: 'services-narrow-empty', hash: SERVICES_HASH, width: 480, height: 800, snapshot: {}, act: offered },
  { name: 'services-narrow-list', hash: SERVICES_HASH, width: 480, height: 2_000, snapshot: { services, settings: ordered } },
  { name: 'services-narrow-add', hash: SERVICES_HASH, width: 480, height: 900, snapshot: {}, act: (page, harness) => offered(page, harness).then(() => page.getByTestId('add-service').click()) },
  { name: 'services-narrow-tested', hash: SERVICES_HASH, width: 480, height: 900, snapshot: {}, act: testedService },
  { name: 'services-narrow-editor', hash: SERVICES_HASH, width: 480, height: 1_700, snapshot: {}, act: addWithoutKeychain },
  { name: 'services-long', hash: SERVICES_HASH, pseudo: true, width: 480, height: 900, snapshot: { services, settings: ordered } },
  { name: 'services-long-editor', hash: SERVICES_HASH, pseudo: true, width: 900, height: 1_300, snapshot: { services }, act: page => page.getByTestId('edit-openai').click() },
  { name: 'routes', width: 900, height: 900, snapshot: { turns: [routed], services, settings: { ...defaultSettings, routing: { ...routing, localOnly: true } } }, act: openRoutes },
  { name: 'routes-narrow', width: 480, height: 900, snapshot: { turns: [routed], services, settings: { ...defaultSettings, routing: { ...routing, localOnly: true } } }, act: openRoutes },
  { name: 'routes-failed', width: 900, snapshot: { services, turns: [{ ...routed, replyText: '', end: 'failed', errorCode: 'service-busy', hops: { keyDownMs: -1_200, captureEndMs: 118, transcriptMs: 196, requestMs: 201 }, routes: { chat: { ...ROUTES.chat, servedBy: null, attempts: ROUTES.chat?.attempts.slice(0, 1) ?? [] } } } as TurnView] }, act: openRoutes },
  { name: 'routes-long', pseudo: true, width: 480, height: 900, snapshot: { turns: [routed], services }, act: openRoutes },
]

const DICTATIONS = { hash: '#/dictations', history: dictations, height: 900 } as const
const bound = { ...snapshot().keys, undo: { accelerator: 'Ctrl+Alt+Z', errorCode: null, suggestion: null }, pasteLast: { accelerator: 'Ctrl+Alt+V', errorCode: null, suggestion: null } }

/** Everything that opens in a row of the list is open. */
async function openRows(page: Page): Promise<void> {
  const row = page.getByTestId('dictation')
  await row.first().getByTestId('dictation-times').click()
  await row.nth(1).getByTestId('dictation-rewritten').click()
  await page.getByTestId('dictation-fold').click()
  await page.getByTestId('dictations').evaluate(box => box.scrollTo(0, 0))
}

async function openRetry(page: Page): Promise<void> {
  await page.getByTestId('dictation-retry').nth(4).click()
  await page.getByRole('menu').waitFor()
}

async function drag(page: Page, kind: 'dragenter' | 'drop'): Promise<void> {
  await page.evaluate((type) => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(['RIFF'], 'a.wav', { type: 'audio/wav' }))
    window.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
  }, kind)
}

const dictationViews: View[] = [
  { name: 'dictations', ...DICTATIONS, snapshot: { services } },
  { name: 'dictations-open', ...DICTATIONS, height: 1_500, snapshot: { services }, act: openRows },
  { name: 'dictations-hover', ...DICTATIONS, snapshot: { services }, act: page => page.getByTestId('dictation').nth(1).hover() },
  { name: 'dictations-retry', ...DICTATIONS, snapshot: { services }, act: openRetry },
  { name: 'dictations-delete', ...DICTATIONS, snapshot: { services }, act: page => page.getByTestId('dictation-delete').first().click().then(() => page.getByRole('alertdialog').waitFor()) },
  { name: 'dictations-files', ...DICTATIONS, snapshot: { services, files: fileJobs, keys: bound } },
  { name: 'dictations-drop', ...DICTATIONS, snapshot: {}, act: page => drag(page, 'dragenter') },
  { name: 'dictations-empty', ...DICTATIONS, history: [], snapshot: {} },
  { name: 'dictations-empty-no-key', ...DICTATIONS, history: [], snapshot: { keys: { ...snapshot().keys, dictate: { accelerator: '', errorCode: null, suggestion: null } } } },
  { name: 'dictations-empty-files', ...DICTATIONS, history: [], snapshot: { files: fileJobs.slice(1) } },
  { name: 'dictations-none-found', ...DICTATIONS, snapshot: {}, act: page => page.getByTestId('dictations-search').getByRole('searchbox').fill('xylophone').then(() => page.getByText('No dictation has').waitFor()) },
  { name: 'dictations-narrow', ...DICTATIONS, width: 480, snapshot: { services, files: fileJobs, keys: bound } },
  { name: 'dictations-narrow-open', ...DICTATIONS, width: 480, height: 1_700, snapshot: { services }, act: openRows },
  { name: 'dictations-narrow-empty', ...DICTATIONS, history: [], width: 480, height: 560, snapshot: {} },
  { name: 'dictations-narrow-sidebar', ...DICTATIONS, width: 480, height: 560, snapshot: {}, act: page => page.getByTestId('open-sidebar').click() },
  { name: 'dictations-long', ...DICTATIONS, pseudo: true, width: 480, height: 1_400, snapshot: { services, files: fileJobs, keys: bound } },
  { name: 'dictations-long-wide', ...DICTATIONS, pseudo: true, snapshot: { services, files: fileJobs, keys: bound } },
  { name: 'dictations-large', ...DICTATIONS, width: 1_600, height: 1_000, snapshot: { services } },
  { name: 'dictating', snapshot: { turns: [cut] }, act: (_, harness) => dictate(harness, { state: 'recording', text: 'The meeting is moved' }) },
]

async function dictate(harness: RendererHarness, part: Partial<DictationView>): Promise<void> {
  await harness.emit(
    { type: 'dictation', dictation: { ...idleDictation, id: 'd1', ...part } },
    ...Array.from({ length: 30 }, (_, index) => ({ type: 'level' as const, rmsDb: -38 + 20 * Math.sin(index / 3) * Math.sin(index), peakDb: -12 })),
  )
}

const SAID = 'I will be a little late because the train from Gothenburg stands'
const overlayDictations: View[] = ([
  ['start', { state: 'recording' }],
  ['few', { state: 'recording', text: 'I will be' }],
  ['words', { state: 'recording', text: SAID }],
  ['latched', { state: 'recording', latched: true, text: SAID }],
  ['latched-start', { state: 'recording', latched: true }],
  ['ends-soon', { state: 'recording', text: SAID, endsInMs: 30_000 }],
  ['instruct', { state: 'recording', kind: 'edit', latched: true }],
  ['transcribing', { state: 'transcribing', text: SAID }],
  ['transcribing-start', { state: 'transcribing' }],
  ['cleaning', { state: 'cleaning' }],
  ['plain', { state: 'cleaning', plainOffered: true }],
  ['editing', { state: 'cleaning', kind: 'edit' }],
  ['inserting', { state: 'inserting' }],
  ['outcome', { outcome: 'focus-moved' }],
  ['undone', { outcome: 'undone' }],
] as const satisfies readonly (readonly [string, Partial<DictationView>])[]).flatMap(([name, part]) => [false, true].map((pseudo): View => ({
  name: `overlay-dictation-${name}${pseudo ? '-long' : ''}`,
  page: 'overlay',
  width: 420,
  height: 64,
  ...(pseudo ? { pseudo } : {}),
  snapshot: {},
  act: (_, harness) => dictate(harness, part),
})))

const views: View[] = [
  ...serviceViews,
  ...dictationViews,
  ...overlayDictations,
  { name: 'empty', snapshot: {} },
  { name: 'empty-no-key', snapshot: { hotkey: { ...snapshot().hotkey, mechanism: 'none', errorCode: 'hotkey-unsupported' } } },
  { name: 'conversation', height: 920, snapshot: { turns: [talk, cut] }, act: page => page.getByTestId('waterfall-badge').last().click() },
  { name: 'listening', snapshot: { turns: [talk, cut] }, act: (_, harness) => listen(harness) },
  {
    name: 'speaking',
    snapshot: { turns: [talk, cut] },
    act: (_, harness) => harness.emit(
      { type: 'pipeline', pipeline: { ...IDLE, state: 'speaking', turnId: 't3' } },
      { type: 'turn', turn: turn('t3', { userText: 'What would I need for a week in the mountains?', end: 'pending', reasoningText: 'Autumn, so layers.', hops: {} }) },
      { type: 'tokens', turnId: 't3', kind: 'text', offset: 0, text: 'Take **layers** rather than one heavy coat:\n\n- a wool base layer\n- a fleece\n- a she' },
      { type: 'hops', turnId: 't3', hops: HOPS },
      { type: 'spoken', turnId: 't3', pieceIndex: 0, text: 'Take layers rather than one heavy coat:' },
    ),
  },
  {
    name: 'failed',
    snapshot: {
      pipeline: { ...IDLE, state: 'failed', turnId: 't2', errorCode: 'inference-child-lost' },
      turns: [turn('t1', { replyText: 'An egg needs', end: 'truncated' }), turn('t2', { end: 'failed', errorCode: 'inference-child-lost', hops: {} }), turn('t3', { userText: '', end: 'interrupted', hops: {} })],
      notices: [
        { id: '1', level: 'warning', code: 'device-lost', params: { kind: 'input', name: 'Yeti Stereo Microphone' }, atMs: 0 },
        { id: '2', level: 'error', code: 'disk-full', params: {}, atMs: 0 },
        { id: '3', level: 'info', code: 'child-restored', params: {}, atMs: 0 },
      ],
    },
  },
  { name: 'paused', snapshot: { listeningPaused: true, turns: [cut] } },
  { name: 'models-missing', snapshot: { models: models.map(model => ({ ...model, state: 'absent', progress: null, errorCode: null })) } },
  { name: 'tooltip', snapshot: {}, act: page => page.getByTestId('new-conversation').hover().then(() => page.getByRole('tooltip').waitFor({ state: 'attached' })) },
  { name: 'menu', snapshot: { turns: [talk] }, act: openMenu },
  { name: 'rename', snapshot: { turns: [talk] }, act: page => openMenu(page).then(() => page.getByRole('menuitem', { name: 'Rename' }).click()).then(() => page.getByRole('dialog').waitFor()) },
  { name: 'delete', snapshot: { turns: [talk] }, act: page => openMenu(page).then(() => page.getByRole('menuitem', { name: 'Delete' }).click()).then(() => page.getByRole('alertdialog').waitFor()) },
  ...['talking', 'assistant', 'models', 'general', 'about'].map(tab => ({ name: `settings-${tab}`, hash: `#/settings/${tab}`, snapshot: { models } })),
  { name: 'settings-sound', hash: '#/settings/sound', height: 1_000, snapshot: {}, act: (_, harness) => harness.emit({ type: 'level', rmsDb: -31, peakDb: -17 }) },
  { name: 'settings-select', hash: '#/settings/sound', snapshot: {}, act: page => page.getByTestId('input-device').click().then(() => page.getByRole('menu').waitFor()) },
  { name: 'settings-recording', hash: '#/settings/talking', snapshot: {}, act: page => page.getByTestId('record-hotkey').click() },
  {
    name: 'settings-conflict',
    hash: '#/settings/talking',
    snapshot: {},
    async act(page, harness) {
      await harness.answer('hotkey.set', { ok: true, value: { ...snapshot().hotkey, errorCode: 'hotkey-taken', suggestion: 'Ctrl+Alt+J' } })
      await page.getByTestId('record-hotkey').click()
      await page.keyboard.press('Control+Alt+KeyK')
      await page.getByTestId('hotkey-offer').waitFor()
    },
  },
  { name: 'settings-no-hold', hash: '#/settings/talking', snapshot: { hotkey: { ...snapshot().hotkey, mechanism: 'portal', hold: false } } },
  { name: 'narrow', width: 480, height: 560, snapshot: { turns: [talk, cut] } },
  { name: 'narrow-sidebar', width: 480, height: 560, snapshot: { turns: [talk] }, act: page => page.getByTestId('open-sidebar').click() },
  { name: 'narrow-settings', width: 480, height: 560, hash: '#/settings/sound', snapshot: {} },
  { name: 'first-start', snapshot: { conversations: [], activeConversationId: 'new' } },
  { name: 'search', snapshot: { turns: [talk] }, act: (page, harness) => search(page, harness, 'zur').then(() => page.getByText('Why sunsets').waitFor({ state: 'detached' })) },
  { name: 'search-nothing', snapshot: { turns: [talk] }, act: (page, harness) => search(page, harness, 'xylophone').then(() => page.getByText('No conversation has').waitFor()) },
  { name: 'transcribing', snapshot: { turns: [cut] }, act: (_, harness) => harness.emit(busy('transcribing'), { type: 'partial', partial: { turnId: 't3', text: 'What would I need for a week', stableChars: 28 } }) },
  { name: 'thinking', snapshot: { turns: [cut] }, act: (_, harness) => harness.emit(busy('thinking'), { type: 'turn', turn: turn('t3', { userText: 'What would I need for a week?', end: 'pending', hops: {} }) }) },
  { name: 'latched', snapshot: { turns: [cut] }, act: (_, harness) => harness.emit({ type: 'pipeline', pipeline: { ...IDLE, state: 'listening', turnId: 't3', latched: true } }) },
  { name: 'hint', snapshot: { turns: [cut] }, act: (_, harness) => harness.emit({ type: 'pipeline', pipeline: { ...IDLE, errorCode: 'no-speech' } }) },
  { name: 'scrolled-up', snapshot: { turns: [talk, cut, { ...talk, id: 't8' }] }, act: page => page.getByTestId('conversation').evaluate(box => box.scrollTo(0, 0)).then(() => page.getByTestId('to-end').waitFor()) },
  { name: 'focus', snapshot: { turns: [talk] }, act: page => page.getByTestId('ask').press('Tab') },
  { name: 'models-downloading', hash: '#/settings/models', height: 1_000, snapshot: { models: models.map((model, index) => ({ ...model, state: index % 2 === 0 ? 'installing' : 'absent', progress: index % 2 === 0 ? index / 8 : null, errorCode: null })) } },
  { name: 'large', width: 1_600, height: 1_000, snapshot: { turns: [talk, cut] } },
  { name: 'large-settings', width: 1_600, height: 1_000, hash: '#/settings/sound', snapshot: {} },
  { name: 'long-empty', pseudo: true, snapshot: {} },
  { name: 'long-conversation', pseudo: true, snapshot: { turns: [talk, cut] }, act: page => page.getByTestId('waterfall-badge').last().click() },
  { name: 'long-failed', pseudo: true, width: 480, height: 700, snapshot: { pipeline: { ...IDLE, state: 'failed', turnId: 't2', errorCode: 'inference-child-lost' }, turns: [turn('t2', { end: 'failed', errorCode: 'inference-child-lost', hops: {} })] } },
  ...['talking', 'sound', 'models', 'general'].map(tab => ({ name: `long-settings-${tab}`, pseudo: true, hash: `#/settings/${tab}`, snapshot: { models } })),
  { name: 'long-narrow-settings', pseudo: true, width: 480, height: 700, hash: '#/settings/sound', snapshot: {} },
  { name: 'overlay-latched', page: 'overlay', width: 420, height: 64, snapshot: {}, act: (_, harness) => harness.emit({ type: 'pipeline', pipeline: { ...IDLE, state: 'listening', turnId: 't3', latched: true } }) },
  { name: 'overlay-hint', page: 'overlay', width: 420, height: 64, snapshot: {}, act: (_, harness) => harness.emit({ type: 'pipeline', pipeline: { ...IDLE, errorCode: 'no-speech' } }) },
  { name: 'overlay-long', page: 'overlay', pseudo: true, width: 420, height: 64, snapshot: { pipeline: { ...IDLE, state: 'failed', turnId: 't1', errorCode: 'hotkey-unsupported' } } },
  { name: 'overlay-listening', page: 'overlay', width: 420, height: 64, snapshot: {}, act: (_, harness) => listen(harness) },
  { name: 'overlay-thinking', page: 'overlay', width: 420, height: 64, snapshot: { pipeline: { ...IDLE, state: 'thinking', turnId: 't1' } } },
  { name: 'overlay-speaking', page: 'overlay', width: 420, height: 64, snapshot: { pipeline: { ...IDLE, state: 'speaking', turnId: 't1' } }, act: (_, harness) => harness.emit({ type: 'spoken', turnId: 't1', pieceIndex: 0, text: 'Take layers rather than one heavy coat, and a shell against the wind.' }) },
  { name: 'overlay-failed', page: 'overlay', width: 420, height: 64, snapshot: { pipeline: { ...IDLE, state: 'failed', turnId: 't1', errorCode: 'inference-child-lost' } } },
]

async function search(page: Page, harness: RendererHarness, words: string): Promise<void> {
  await harness.answer('conversation.search', { ok: true, value: [] })
  await page.getByRole('searchbox').fill(words)
}

async function openMenu(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'More for Why sunsets are red' }).click()
  await page.getByRole('menu').waitFor()
}

const harness = useRenderer()

describe('axe finds nothing', () => {
  it.each(views)('$name', async ({ name, snapshot: part, act, page: which, ...rest }) => {
    const page = await harness.open({ snapshot: snapshot(part), ...rest, ...(which ? { page: which } : {}) })
    await act?.(page, harness)
    const found: string[] = []
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      if (pictures !== undefined)
        await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`), omitBackground: which === 'overlay' })
      found.push(...await violations(page))
    }
    expect(found).toEqual([])
    // Nothing reaches beyond the window's edge.
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
    if (rest.pseudo === true)
      expect(await page.locator('body').textContent()).toContain('ŵÿğ')
    // There was something to be looked at, and the page's own policy refused none of it.
    expect([await page.locator(which === 'overlay' ? '[data-testid=pill]' : 'h1').count(), harness.complaints]).toEqual([1, []])
  })
})
