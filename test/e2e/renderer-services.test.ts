import type { Snapshot } from '@contract'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultSettings } from '../../src-main/contract'
import { useRenderer } from '../support/renderer'
import { offers, ROUTES, services, snapshot, turn } from '../support/renderer-harness/world'

const harness = useRenderer()

afterEach(() => {
  expect(harness.complaints.splice(0)).toEqual([])
})

async function open(part: Partial<Snapshot> = {}, hasKeychain = true): Promise<Page> {
  const page = await harness.open({ snapshot: snapshot(part), hash: '#/settings/general', height: 1_000 })
  await harness.answer('services.offers', { ok: true, value: offers })
  await harness.answer('services.keychain', { ok: true, value: { hasKeychain } })
  await page.getByTestId('tab-services').click()
  return page
}

async function calls(): Promise<unknown[]> {
  return (await harness.calls()).filter(({ name }) => name !== 'services.offers' && name !== 'services.keychain')
}

const [openai, groq] = services.map(view => view.service)
const KEY = 'sk-of-a-test'

describe('services', () => {
  it('are none at first, and what is there is offered and not used', async () => {
    const page = await open()
    await page.getByTestId('services-empty').waitFor()
    expect(await page.getByTestId('found-server').textContent()).toContain('Ollama is running on this computer.')
    expect(await page.getByTestId('environment-offer').textContent()).toContain('OPENAI_API_KEY is set in the environment.')
    expect(await calls()).toEqual([])
    await page.getByTestId('found-server').getByRole('button').click()
    expect(await page.getByTestId('service-url').inputValue()).toBe('http://127.0.0.1:11434/v1')
    expect(await calls()).toEqual([])
  })

  it('are shown with what they do, how soon, and how they are', async () => {
    const page = await open({ services })
    const states = await Promise.all(['openai', 'groq', 'gateway', 'ollama', 'speaches'].map(id => page.getByTestId(`service-${id}`).getAttribute('data-state')))
    expect(states).toEqual(['ready', 'resting', 'key', 'ready', 'off'])
    const row = await page.getByTestId('service-openai').textContent()
    for (const text of ['OpenAI', 'Internet', 'https://api.openai.com/v1', 'gpt-4o-mini-tts', 'alloy', '431 ms', 'Key in the keychain', 'Ready'])
      expect(row).toContain(text)
    // One that is set up already is not offered again.
    expect([await page.getByTestId('found-server').count(), await page.getByTestId('environment-offer').count()]).toEqual([0, 0])
  })

  it('are switched, and removed once that was confirmed', async () => {
    const page = await open({ services })
    await harness.answer('services.save', { ok: true, value: services })
    await page.getByTestId('use-groq').click()
    await page.getByTestId('remove-openai').click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByTestId('remove-openai').click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByTestId('service-openai').waitFor({ state: 'detached' })
    expect(await calls()).toEqual([{ name: 'services.save', input: { service: { ...groq, enabled: false } } }, { name: 'services.remove', input: { serviceId: 'openai' } }])
  })

  it('are added from a preset: key, list of models, test, save', async () => {
    const page = await open()
    await harness.answer('services.models', { ok: true, value: ['gpt-4o', 'gpt-4o-mini', 'whisper-1'] })
    await harness.answer('services.test', [
      { ok: true, value: { part: 'asr', ok: true, firstOutputMs: 231, errorCode: null, status: null, detail: null } },
      { ok: true, value: { part: 'chat', ok: false, firstOutputMs: null, errorCode: 'service-key', status: 401, detail: 'Incorrect key.' } },
      { ok: false, error: { code: 'timeout', message: 'Too long.', params: {} } },
    ])
    await harness.answer('services.save', { ok: true, value: services.slice(0, 1) })
    await page.getByTestId('add-service').click()
    await page.getByTestId('preset-openai').click()
    await page.getByTestId('key').fill(` ${KEY} `)
    const model = page.getByTestId('part-chat').getByRole('combobox')
    await model.press('ArrowDown')
    await page.getByRole('option').nth(2).waitFor()
    await model.fill('4o')
    expect(await page.getByRole('option').allTextContents()).toEqual(['gpt-4o', 'gpt-4o-mini'])
    await model.press('ArrowDown')
    await model.press('Enter')
    expect([await model.inputValue(), await page.getByRole('listbox').count()]).toEqual(['gpt-4o', 0])
    await page.getByTestId('test-service').click()
    await page.getByTestId('test-tts').getByText('This took too long.').waitFor()
    expect(await page.getByTestId('test-asr').textContent()).toContain('first output after 231 ms')
    for (const text of ['OpenAI refused the key.', 'Status 401', 'Incorrect key.'])
      expect(await page.getByTestId('test-chat').textContent()).toContain(text)
    await page.getByTestId('save-service').click()
    await page.getByTestId('service-openai').waitFor()
    const service = { ...openai, chat: { model: 'gpt-4o', completeOnly: false, price: null } }
    expect(await calls()).toEqual([
      { name: 'services.models', input: { service: { ...service, chat: null, asr: null, tts: null }, key: KEY } },
      ...['asr', 'chat', 'tts'].map(part => ({ name: 'services.test', input: { service, key: KEY, part } })),
      { name: 'services.save', input: { service, key: KEY } },
    ])
    // It is nowhere in the page any more.
    expect(await page.content()).not.toContain(KEY)
    expect(await page.evaluate(() => [...document.querySelectorAll('input')].map(input => input.value).join(' '))).not.toContain(KEY)
  })

  it('say what is wrong before anything is sent, and go to the first of it', async () => {
    const page = await open()
    await harness.answer('services.save', { ok: true, value: services })
    await page.getByTestId('add-service').click()
    await page.getByTestId('preset-other').click()
    await page.getByTestId('service-name').fill('Mine')
    await page.getByTestId('service-url').fill('https://me:secret@example.org/v1')
    await page.getByTestId('save-service').click()
    const alerts = page.getByRole('alert')
    await alerts.first().waitFor()
    expect((await alerts.allTextContents()).map(text => text.trim())).toEqual(['Leave user name and password out of the address. A key goes below.', 'Name a model.'])
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('service-url')
    await page.getByTestId('test-service').click()
    expect(await calls()).toEqual([])
    await page.getByTestId('service-url').fill('https://example.org/v1/')
    await page.getByTestId('part-chat').getByRole('combobox').fill('m')
    await page.getByTestId('save-service').click()
    await expect.poll(calls).toMatchObject([{ name: 'services.save', input: { service: { id: 'mine', baseUrl: 'https://example.org/v1', chat: { model: 'm' } } } }])
  })

  it('tell why their models cannot be listed', async () => {
    const page = await open({ services })
    await harness.answer('services.models', { ok: false, error: { code: 'service-unreachable', message: 'No.', params: {} } })
    await page.getByTestId('edit-groq').click()
    await page.getByRole('combobox').press('ArrowDown')
    await page.getByText('Groq cannot be reached.').waitFor()
    // Esc closes the list, and does not stop a turn.
    await page.keyboard.press('Escape')
    await page.getByText('Groq cannot be reached.').waitFor({ state: 'hidden' })
  })

  it('have a key that is kept, taken away or replaced, and never shown', async () => {
    const page = await open({ services })
    await harness.answer('services.save', { ok: true, value: services })
    for (const act of ['keep', 'remove', 'replace'] as const) {
      await page.getByTestId('edit-openai').click()
      expect(await page.getByTestId('key').inputValue()).toBe('')
      if (act === 'remove')
        await page.getByTestId('remove-key').click()
      if (act === 'replace')
        await page.getByTestId('key').fill(KEY)
      await page.getByTestId('save-service').click()
      await page.getByTestId('service-openai').waitFor()
    }
    await page.getByTestId('edit-openai').click()
    await page.getByTestId('service-url').fill('https://elsewhere.example.org/v1')
    await page.getByText('The stored key belongs to the former address').waitFor()
    expect(await calls()).toEqual([{}, { key: null }, { key: KEY }].map(key => ({ name: 'services.save', input: { service: openai, ...key } })))
  })

  it('tell where keys go when there is no keychain, and ask', async () => {
    const page = await open({ services }, false)
    await page.getByTestId('edit-openai').click()
    await page.getByText('The key is kept until Parley is closed').waitFor()
    await page.getByTestId('keys-in-file').click()
    await page.getByText('kept in a file that only you can read').waitFor()
    expect(await calls()).toEqual([{ name: 'settings.patch', input: { keysInFile: true } }])
  })

  it('take their key from the environment, or one that is entered instead', async () => {
    const page = await open({ services })
    await harness.answer('services.save', { ok: true, value: services })
    await page.getByTestId('edit-groq').click()
    await page.getByText('Read from GROQ_API_KEY in the environment').waitFor()
    await page.getByTestId('enter-key').click()
    await page.getByTestId('key').fill(KEY)
    await page.getByTestId('save-service').click()
    await expect.poll(calls).toEqual([{ name: 'services.save', input: { service: { ...groq, keyEnv: null }, key: KEY } }])
  })
})

describe('who is asked', () => {
  it('is nobody outside when local only is on, and the main window says so', async () => {
    const page = await open({ services })
    expect(await page.getByTestId('local-only-sign').count()).toBe(0)
    await page.getByTestId('local-only').click()
    await page.getByTestId('farthest').waitFor({ state: 'detached' })
    await page.getByTestId('settings-back').click()
    await page.getByTestId('local-only-sign').click()
    await page.getByTestId('local-only').waitFor()
    expect(await calls()).toEqual([{ name: 'settings.patch', input: { routing: { localOnly: true } } }])
  })

  it('follows the user\'s order, which the keyboard changes', async () => {
    const page = await open({ services })
    await page.getByTestId('prefer-chat').click()
    await page.getByRole('menuitemradio', { name: 'My order' }).click()
    const list = page.getByRole('list', { name: 'Order for Answers' })
    const order = () => list.locator('[data-entry]').evaluateAll(entries => entries.map(entry => entry.getAttribute('data-entry')))
    expect(await order()).toEqual(['openai', 'groq', 'gateway', 'ollama', 'local'])
    await list.getByRole('button', { name: 'Move This computer up' }).focus()
    for (let times = 0; times < 4; times++)
      await page.keyboard.press('Enter')
    await expect.poll(order).toEqual(['local', 'openai', 'groq', 'gateway', 'ollama'])
    // The button goes with the entry, and stays where the focus is.
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Move This computer up')
    await page.keyboard.press('Enter')
    const chat = { ...defaultSettings.routing.chat, prefer: 'order' }
    const patches = (await calls()).map(call => (call as { input: { routing: { chat: unknown } } }).input.routing.chat)
    expect([patches.length, patches[0], patches.at(-1)]).toEqual([5, { ...chat, order: ['openai', 'groq', 'gateway', 'ollama', 'local'] }, { ...chat, order: ['local', 'openai', 'groq', 'gateway', 'ollama'] }])
  })

  it('has a price at most, where prices are known', async () => {
    const page = await open({ services })
    expect(await page.getByTestId('max-price-asr').count()).toBe(0)
    const price = page.getByTestId('max-price-chat')
    await price.fill('much')
    await page.getByText('Enter a number from 0').waitFor()
    await price.fill('2,5')
    await price.press('Tab')
    await expect.poll(calls).toEqual([{ name: 'settings.patch', input: { routing: { chat: { ...defaultSettings.routing.chat, maxPrice: 2.5 } } } }])
  })
})

describe('a turn', () => {
  it('shows who did each part, who was tried before, and why', async () => {
    const page = await harness.open({ snapshot: snapshot({ services, turns: [turn('t1', { replyText: 'Six minutes.', routes: ROUTES, usage: { promptTokens: 412, completionTokens: 38 } })] }) })
    expect(await page.getByTestId('detour').getAttribute('aria-label')).toBe('Not the first choice answered. Answers: Ollama instead of OpenAI. Voice: This computer instead of OpenAI.')
    await page.getByTestId('waterfall-badge').press('Enter')
    expect(await page.getByTestId('waterfall').locator('.served').allTextContents().then(texts => texts.map(text => text.trim()))).toEqual(['OpenAI', 'Ollama', 'This computer'])
    await page.getByTestId('by-chat').press('Enter')
    const detail = await page.getByTestId('route-chat').textContent()
    for (const text of ['Those before it failed', 'OpenAI', 'gpt-4o-mini', 'Failed after 41 ms. OpenAI has reached a limit.', 'Ollama', 'qwen3:4b', 'Answered after 69 ms', 'Groq', 'It failed recently and rests.', 'Company gateway', 'Its key was refused.', '412 tokens read, 38 written.'])
      expect(detail).toContain(text)
    await page.getByTestId('by-tts').click()
    expect(await page.getByTestId('route-tts').textContent()).toContain('The one before it was late, and this one answered first.')
    expect(await page.getByTestId('by-chat').getAttribute('aria-expanded')).toBe('false')
  })

  it('names a service that was removed by its id, and follows the routes as they change', async () => {
    const page = await harness.open({ snapshot: snapshot({ services, turns: [turn('t1', { replyText: 'Six minutes.' })] }) })
    expect(await page.getByTestId('detour').count()).toBe(0)
    await harness.emit({ type: 'routes', turnId: 't1', routes: ROUTES }, { type: 'services', services: services.filter(({ service }) => service.id !== 'ollama') })
    await page.getByTestId('waterfall-badge').click()
    expect(await page.getByTestId('by-chat').textContent().then(text => text?.trim())).toBe('ollama')
  })

  it('that failed says whose fault it was, and who was tried', async () => {
    const chat = { ...ROUTES.chat, part: 'chat', servedBy: null, attempts: ROUTES.chat?.attempts.slice(0, 1) ?? [], why: 'only', expectedMs: null, skipped: [] } as const
    const page = await harness.open({ snapshot: snapshot({ services, turns: [turn('t1', { end: 'failed', errorCode: 'service-busy', hops: {}, routes: { chat: { ...chat, attempts: [...chat.attempts], skipped: [] } } })] }) })
    expect(await page.getByTestId('end-label').textContent()).toContain('OpenAI has reached a limit.')
    await page.getByTestId('waterfall-badge').click()
    await page.getByTestId('by-chat').click()
    expect(await page.getByTestId('route-chat').textContent()).toContain('Nobody answered.')
  })

  it('folds its reasoning while it comes, counts it, and neither copies nor tells it', async () => {
    const page = await harness.open({ snapshot: snapshot({ turns: [turn('t9', { end: 'pending', hops: {}, routes: ROUTES })] }) })
    await harness.emit({ type: 'tokens', turnId: 't9', kind: 'reasoning', offset: 0, text: 'Eggs differ.\nSize matters' })
    const fold = page.getByTestId('reasoning')
    await expect.poll(() => fold.textContent().then(text => text?.replace(/\s+/g, ' ').trim())).toBe('Reasoning … 25 characters')
    expect([await fold.getAttribute('aria-expanded'), await page.getByText('Eggs differ.').count()]).toEqual(['false', 0])
    await fold.press('Enter')
    await page.getByText('Eggs differ.').waitFor()
    await harness.emit({ type: 'tokens', turnId: 't9', kind: 'reasoning', offset: 25, text: ' too.' })
    await page.getByText('Size matters too.').waitFor()
    await harness.emit({ type: 'tokens', turnId: 't9', kind: 'text', offset: 0, text: 'Six minutes.' }, { type: 'turn', turn: turn('t9', { reasoningText: 'Eggs differ.\nSize matters too.', replyText: 'Six minutes.', routes: ROUTES }) })
    await page.getByTestId('copy').click()
    await expect.poll(() => harness.calls()).toEqual([{ name: 'clipboard.copy', input: { text: 'Six minutes.' } }])
  })
})
