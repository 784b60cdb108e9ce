import type { DictationEntryView, DictationView, Snapshot } from '@contract'
import type { Locator, Page } from 'playwright-core'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { idleDictation } from '../../src-main/contract'
import { useRenderer } from '../support/renderer'
import { wakeUps } from '../support/renderer-harness/harness'
import { dictation, dictations, fileJobs, IDLE, services, snapshot } from '../support/renderer-harness/world'

const harness = useRenderer()

afterEach(() => {
  expect(harness.complaints.splice(0)).toEqual([])
})

function open(history: readonly DictationEntryView[] = dictations, part: Partial<Snapshot> = {}, options: { hash?: string, width?: number, height?: number } = {}): Promise<Page> {
  return harness.open({ snapshot: snapshot({ services, ...part }), history, hash: '#/dictations', ...options })
}

function row(page: Page, id: string): Locator {
  return page.locator(`[data-dictation=${id}]`)
}

/** The texts in the list, in their order. */
function texts(page: Page): Promise<string[]> {
  return page.getByTestId('dictation-text').evaluateAll(list => list.map(one => one.textContent?.trim() ?? ''))
}

function many(count: number): DictationEntryView[] {
  return Array.from({ length: count }, (_, index) => dictation(`m${index}`, { finalText: `Number ${index}` }, index * 1_000))
}

function dictating(part: Partial<DictationView>) {
  return { type: 'dictation', dictation: { ...idleDictation, id: 'd0', ...part } } as const
}

describe('the history of dictations', () => {
  it('is reached from the sidebar, also in a narrow window', async () => {
    const page = await open([], {}, { hash: '', width: 480, height: 700 })
    await page.getByTestId('open-sidebar').click()
    await page.getByTestId('open-dictations').click()
    await page.getByRole('heading', { name: 'Dictations' }).waitFor()
    await expect.poll(() => page.getByTestId('sidebar').isVisible()).toBe(false)
    expect(await page.getByTestId('open-dictations').getAttribute('aria-current')).toBe('page')
  })

  it('tells the key while there is none, and how it is pressed', async () => {
    const page = await open([])
    expect([await page.getByTestId('dictations-empty').locator('kbd').allTextContents(), await page.getByTestId('dictations-empty').locator('h2').textContent()]).toEqual([['Ctrl', 'Alt', 'D'], 'Hold the key and dictate'])
    await harness.emit({ type: 'keys', keys: { ...snapshot().keys, dictate: { accelerator: 'Ctrl+Alt+D', errorCode: 'hotkey-taken', suggestion: null } } })
    await page.getByRole('link', { name: 'Choose a key' }).click()
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
  })

  it('says of each what was written, where, and how it ended, by days', async () => {
    const page = await open()
    const told = await page.getByTestId('dictation').evaluateAll(list => list.map((entry) => {
      const of = (id: string): string => entry.querySelector(`[data-testid=${id}]`)?.textContent?.trim() ?? ''
      return [entry.getAttribute('data-end'), of('dictation-text').slice(0, 24), of('dictation-outcome')]
    }))
    expect(told).toEqual([
      ['inserted', 'The meeting is moved to ', ''],
      ['inserted', 'Could you look at the Po', ''],
      ['inserted', 'Thanks for waiting! The ', ''],
      ['copied', 'See you at the station, ', 'On the clipboard: another window had the focus.'],
      ['failed', '', 'OpenAI has reached a limit. Wait a moment and try again, or add another service.'],
      ['empty', '', 'Nothing was heard.'],
      ['inserted', 'Before you begin, read t', ''],
      ['cancelled', 'And another thing', 'Cancelled'],
      ['inserted', 'Good morning, everybody.', ''],
    ])
    const days = await page.getByTestId('dictations').locator('h2').allTextContents()
    expect(days.slice(-4, -2)).toEqual(['Today', 'Yesterday'])
    expect([await row(page, 'd2').getByTestId('dictation-target').locator('span').allTextContents(), await row(page, 'd3').getByTestId('dictation-instruction').textContent()].flat()).toEqual(['Slack', 'release (channel) – Workshop – Slack', 'Make this shorter and more friendly.'])
  })

  it('follows what main tells', async () => {
    const page = await open(dictations.slice(0, 2))
    await harness.emit({ type: 'dictation-entry', entry: dictation('new', { finalText: 'The newest.' }, -1_000) })
    await harness.emit({ type: 'dictation-entry', entry: { ...dictation('d2'), createdAtMs: dictations[1]?.createdAtMs ?? 0, finalText: 'Another text.' } })
    await harness.emit({ type: 'dictations-removed', ids: ['d1'] })
    expect(await texts(page)).toEqual(['The newest.', 'Another text.'])
  })

  it('comes in pages as one scrolls, to its end', async () => {
    const page = await open(many(130))
    const box = page.getByTestId('dictations')
    await expect.poll(() => page.getByTestId('dictation').count()).toBeGreaterThanOrEqual(50)
    expect(await page.getByTestId('dictation').count()).toBeLessThan(130)
    await expect.poll(async () => {
      await box.evaluate(node => node.scrollTo(0, node.scrollHeight))
      return page.getByTestId('dictation').count()
    }).toBe(130)
    expect(await texts(page)).toEqual(many(130).map(({ finalText }) => finalText))
    await page.getByText('Kept for 30 days.').waitFor()
  })

  it('is searched by words once the typing rests', async () => {
    const page = await open()
    const field = page.getByTestId('dictations-search').getByRole('searchbox')
    await field.pressSequentially('station')
    await expect.poll(() => texts(page)).toEqual(['See you at the station, track nine.'])
    await field.fill('xylophone')
    await page.getByText('No dictation has these words.').waitFor()
    await field.fill('')
    await expect.poll(() => page.getByTestId('dictation').count()).toBe(dictations.length)
    expect((await harness.calls('dictations.list')).map(({ input }) => (input as { search: string }).search)).toEqual(['', 'station', 'xylophone', ''])
  })

  it('says when it cannot be read, and reads it again', async () => {
    const page = await open([], {}, { hash: '' })
    await harness.answer('dictations.list', [{ ok: false, error: { code: 'disk-full', message: '', params: {} } }, { ok: true, value: dictations }])
    await page.getByTestId('open-dictations').click()
    await page.getByText('The dictations could not be read.').waitFor()
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect.poll(() => page.getByTestId('dictation').count()).toBe(dictations.length)
  })
})

describe('a dictation', () => {
  it('is copied, played and stopped', async () => {
    const page = await open()
    await row(page, 'd4').hover()
    await row(page, 'd4').getByTestId('dictation-copy').click()
    await row(page, 'd4').getByRole('button', { name: 'Copied' }).waitFor()
    const play = row(page, 'd4').getByTestId('dictation-play')
    await play.click()
    await harness.emit({ type: 'dictation-playing', dictationId: 'd4' })
    expect(await play.getAttribute('aria-label')).toBe('Stop')
    await play.click()
    expect(await play.getAttribute('aria-label')).toBe('Play the recording')
    expect((await harness.calls()).slice(1)).toEqual([
      { name: 'clipboard.copy', input: { text: 'See you at the station, track nine.' } },
      { name: 'dictations.play', input: { dictationId: 'd4' } },
      { name: 'dictations.play', input: { dictationId: null } },
    ])
  })

  it('is recognised again by whoever is chosen, with keys alone', async () => {
    const page = await open()
    await row(page, 'd5').getByTestId('dictation-retry').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menu').waitFor()
    expect((await page.getByRole('menuitem').allTextContents()).map(text => text.trim())).toEqual(['As usual', 'This computer', 'OpenAI'])
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await page.getByRole('menu').waitFor({ state: 'detached' })
    for (const [index, name] of ['As usual', 'This computer'].entries()) {
      await row(page, 'd5').getByTestId('dictation-retry').click()
      await page.getByRole('menuitem', { name }).click()
      await expect.poll(() => harness.calls('dictations.retry')).toHaveLength(index + 2)
    }
    expect((await harness.calls('dictations.retry')).map(({ input }) => input)).toEqual(['openai', null, 'local'].map(asr => ({ dictationId: 'd5', asr })))
  })

  it('is deleted only after it was asked', async () => {
    const page = await open()
    await row(page, 'd1').hover()
    await row(page, 'd1').getByTestId('dictation-delete').click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(await harness.calls('dictations.delete')).toEqual([])
    await row(page, 'd1').getByTestId('dictation-delete').click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => harness.calls('dictations.delete')).toEqual([{ name: 'dictations.delete', input: { ids: ['d1'] } }])
  })

  it('shows on demand what was heard, its times, and all of a long text', async () => {
    const page = await open()
    await row(page, 'd2').getByTestId('dictation-rewritten').click()
    expect((await row(page, 'd2').locator('ins').allTextContents())[0]).toBe('Put in:Could')
    expect((await row(page, 'd2').locator('del').allTextContents())[0]).toBe('Left out:um could you could')
    await row(page, 'd2').getByTestId('dictation-times').click()
    expect([await row(page, 'd2').getByTestId('dictation-heard').count(), await row(page, 'd2').getByTestId('waterfall').locator('tbody th').allTextContents().then(list => list.map(text => text.trim()))]).toEqual([0, [
      'Recording ends',
      'Words written down',
      'Words put in shape',
      'Tidied up by the model',
      'Kept in the history',
      'Inserted',
    ]])
    const text = row(page, 'd7').getByTestId('dictation-text')
    expect((await text.textContent())?.trim().endsWith('…')).toBe(true)
    await row(page, 'd7').getByTestId('dictation-fold').click()
    expect((await text.textContent())?.trim()).toBe(dictations.find(({ id }) => id === 'd7')?.finalText)
  })

  it('shows its tools to those who come by keys', async () => {
    const page = await open()
    const tools = row(page, 'd1').locator('.tools')
    expect(await tools.evaluate(node => getComputedStyle(node).opacity)).toBe('0')
    await page.getByTestId('dictations').focus()
    await page.keyboard.press('Tab')
    expect([await page.evaluate(() => document.activeElement?.getAttribute('data-testid')), await tools.evaluate(node => getComputedStyle(node).opacity)]).toEqual(['dictation-times', '1'])
  })
})

describe('sound files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-files-'))
  const paths = ['a.wav', 'b – ü.wav'].map(name => join(folder, name))
  paths.forEach(path => writeFileSync(path, 'RIFF'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** As the system does it, with real files. */
  async function dragging(page: Page): Promise<(...types: ('dragEnter' | 'dragOver' | 'drop')[]) => Promise<void>> {
    const session = await page.context().newCDPSession(page)
    return async (...types) => {
      for (const type of types)
        await session.send('Input.dispatchDragEvent', { type, x: 500, y: 300, data: { items: [], files: paths, dragOperationsMask: 1 } })
    }
  }

  it('are dropped anywhere, by their paths, and nothing is gone to', async () => {
    const page = await open([], {}, { hash: '' })
    const before = page.url()
    const drag = await dragging(page)
    await drag('dragEnter', 'dragOver')
    await page.getByTestId('drop-target').waitFor()
    // Out of the window again, after going from one element to the next; the protocol's own cancelling tells the page nothing.
    const leave = (isOutside: boolean): Promise<number> => page.evaluate(async (outside) => {
      document.body.dispatchEvent(new DragEvent('dragleave', { bubbles: true, relatedTarget: outside ? null : document.body }))
      await new Promise(requestAnimationFrame)
      return document.querySelectorAll('[data-testid=drop-target]').length
    }, isOutside)
    expect([await leave(false), await leave(true)]).toEqual([1, 0])
    expect([page.url(), await harness.calls('files.transcribe')]).toEqual([before, []])
    await drag('dragEnter', 'dragOver', 'drop')
    await page.getByRole('heading', { name: 'Dictations' }).waitFor()
    expect([new URL(page.url()).pathname, await page.getByTestId('drop-target').count(), await harness.calls('files.transcribe')]).toEqual([
      '/index.html',
      0,
      [{ name: 'files.transcribe', input: { paths } }],
    ])
  })

  it('are chosen', async () => {
    const page = await open([])
    const chooser = page.waitForEvent('filechooser')
    await page.getByTestId('choose-files').click()
    const asked = await chooser
    expect(asked.isMultiple()).toBe(true)
    await asked.setFiles(paths)
    await expect.poll(() => harness.calls('files.transcribe')).toEqual([{ name: 'files.transcribe', input: { paths } }])
  })

  it('are not what a text is that is dragged', async () => {
    const page = await open([])
    const refused = await page.evaluate(() => {
      const dataTransfer = new DataTransfer()
      dataTransfer.setData('text/plain', 'words')
      return !window.dispatchEvent(new DragEvent('dragover', { dataTransfer, cancelable: true }))
    })
    expect([refused, await page.getByTestId('drop-target').count()]).toEqual([false, 0])
  })

  it('show how far they are, are stopped, and lead to their text', async () => {
    const page = await open()
    await harness.emit({ type: 'files', files: fileJobs })
    const job = page.getByTestId('file-job')
    expect(await job.evaluateAll(list => list.map(one => one.getAttribute('data-state')))).toEqual(['done', 'running', 'waiting', 'failed'])
    expect([await page.getByRole('progressbar').getAttribute('aria-valuenow'), await job.nth(3).textContent()]).toEqual(['37', expect.stringContaining('This file has no sound that can be read.')])
    await job.nth(1).getByTestId('file-stop').click()
    expect(await harness.calls('files.stop')).toEqual([{ name: 'files.stop', input: { jobId: 'f2' } }])
    await page.getByTestId('dictations-search').getByRole('searchbox').fill('station')
    await expect.poll(() => page.getByTestId('dictation').count()).toBe(1)
    await job.nth(0).getByTestId('file-show').click()
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-dictation'))).toBe('d9')
    await page.getByTestId('files-hide').click()
    expect(await job.evaluateAll(list => list.map(one => one.getAttribute('data-state')))).toEqual(['running', 'waiting'])
  })
})

describe('while it is dictated', () => {
  it('the window says so, and Esc cancels', async () => {
    const page = await open([], {}, { hash: '' })
    const chip = page.getByTestId('state')
    const told: (string | null)[] = []
    for (const state of ['recording', 'transcribing', 'cleaning', 'inserting', 'idle'] as const) {
      await harness.emit(dictating({ state }))
      told.push(await chip.getAttribute('data-state'))
      if (state === 'recording')
        told.push(await page.getByTestId('dock-line').locator('.words').textContent())
    }
    expect(told).toEqual(['dictating', 'Speak; it is typed at the cursor. Esc cancels.', 'transcribing', 'writing', 'writing', 'idle'])
    await harness.emit(dictating({ state: 'recording' }))
    await page.keyboard.press('Escape')
    await harness.emit(dictating({ state: 'idle' }))
    await page.keyboard.press('Escape')
    expect(await harness.calls()).toEqual([{ name: 'dictation.cancel' }])
  })

  it('the pill keeps its width and its words, whatever stands below them', async () => {
    const page = await harness.open({ page: 'overlay', snapshot: snapshot(), width: 420, height: 64 })
    const said = 'I will be a little late because the train from Gothenburg stands'
    const measure = (): Promise<number[]> => page.getByTestId('pill').evaluate(pill => [pill, pill.querySelector('.text')].map(part => Math.round(part?.getBoundingClientRect().width ?? 0)))
    await harness.emit(dictating({ state: 'recording', text: 'I will' }))
    const widths = [await measure()]
    for (const part of [{ text: said }, { text: said, latched: true }, { text: said, endsInMs: 30_000 }]) {
      await harness.emit(dictating({ state: 'recording', ...part }))
      widths.push(await measure())
    }
    expect(new Set(widths.map(([pill]) => pill))).toEqual(new Set([408]))
    expect(new Set(widths.map(([, words]) => words)).size).toBe(1)
    expect(widths[0]?.[1]).toBeGreaterThan(240)
    // Told once, and not with each word.
    expect(new Set((await harness.calls('overlay.sized')).map(({ input }) => (input as { widthPx: number }).widthPx))).toEqual(new Set([408]))
    // The end of what is said is what is seen.
    const [text, words] = await page.locator('.text, .text bdi').evaluateAll(list => list.map(part => part.getBoundingClientRect()))
    expect([Math.round((words?.right ?? 0) - (text?.right ?? 0)), (words?.left ?? 0) < (text?.left ?? 0)]).toEqual([0, true])
  })

  it.each([
    ['undone', 'Taken back.', 0],
    ['focus-moved', 'Another window has the focus now. The text is on the clipboard.', 1],
  ])('the pill tells afterwards what came of it: %s', async (outcome, text, marks) => {
    const page = await harness.open({ page: 'overlay', snapshot: snapshot(), width: 420, height: 64 })
    await harness.emit(dictating({ state: 'recording' }), dictating({ state: 'idle', outcome }))
    expect([await page.getByRole('status').textContent(), await page.locator('.mark').count()]).toEqual([text, marks])
  })
})

describe('at rest', () => {
  it('the history wakes up for nothing, and hidden it asks for nothing', async () => {
    const page = await harness.open({ snapshot: snapshot({ files: fileJobs }), history: many(120), hash: '#/dictations', motion: true })
    await page.getByTestId('dictation').first().waitFor()
    await expect.poll(() => wakeUps(page), { interval: 1_500, timeout: 10_000 }).toEqual({ timers: 0, frames: 0 })
    await page.getByTestId('sidebar').locator('.title').first().click()
    await page.getByTestId('ask').waitFor()
    const before = (await harness.calls('dictations.list')).length
    await harness.emit({ type: 'dictation-entry', entry: dictation('x') }, { type: 'files', files: [] }, { type: 'pipeline', pipeline: IDLE })
    expect((await harness.calls('dictations.list')).length).toBe(before)
  })
})
