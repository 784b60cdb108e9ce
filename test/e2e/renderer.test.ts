import type { Snapshot, TurnView } from '@contract'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import { useRenderer } from '../support/renderer'
import { wakeUps } from '../support/renderer-harness/harness'
import { HOPS, IDLE, INTERRUPTED_REPLY, MARKDOWN_REPLY, models, snapshot, turn } from '../support/renderer-harness/world'

const harness = useRenderer()

afterEach(() => {
  expect(harness.complaints.splice(0)).toEqual([])
})

function open(part: Partial<Snapshot> = {}, options: { hash?: string, width?: number, height?: number } = {}): Promise<Page> {
  return harness.open({ snapshot: snapshot(part), ...options })
}

function state(name: Snapshot['pipeline']['state'], part: Partial<Snapshot['pipeline']> = {}) {
  return { type: 'pipeline', pipeline: { ...IDLE, state: name, turnId: 't9', ...part } } as const
}

/** In pixels, with the round ends. */
async function barHeights(page: Page): Promise<number[]> {
  const path = await page.getByTestId('level-meter').locator('path').getAttribute('d')
  return [...(path ?? '').matchAll(/M\S+ ([\d.]+)V([\d.]+)/g)].map(([, top, bottom]) => Math.round(Number(bottom) - Number(top)) + 3)
}

const pending: TurnView = turn('t9', { userText: 'What is a list?', end: 'pending', hops: {} })

describe('the way out of a page', () => {
  it('is the three functions of the bridge and nothing else', async () => {
    const page = await open()
    const seen = await page.evaluate(async () => {
      const reaches = window as unknown as Record<string, unknown>
      return {
        bridge: Object.entries(window.parley).map(([name, value]) => [name, typeof value]),
        node: ['require', 'process', 'module', 'ipcRenderer', 'electron'].filter(name => reaches[name] !== undefined),
      }
    })
    expect(seen).toEqual({ bridge: [['request', 'function'], ['onEvent', 'function'], ['pathOf', 'function']], node: [] })
  })

  it('is closed by the page\'s own policy for scripts, styles, pictures and connections from elsewhere', async () => {
    const page = await open()
    // Each refusal is told there too, and is wanted here.
    page.removeAllListeners('console')
    await page.evaluate(() => {
      const refused: string[] = []
      Object.assign(window, { refused })
      document.addEventListener('securitypolicyviolation', event => refused.push(event.effectiveDirective))
      const add = (name: string, part: object): void => {
        document.body.append(Object.assign(document.createElement(name), part))
      }
      add('script', { textContent: 'window.hit = 1' })
      add('style', { textContent: 'body { color: red }' })
      add('img', { src: 'https://example.org/x.png' })
      add('iframe', { src: 'https://example.org/' })
      fetch('https://example.org/').catch(() => {})
    })
    await expect.poll(() => page.evaluate(() => [...(window as unknown as { refused: string[] }).refused].sort()))
      .toEqual(['connect-src', 'frame-src', 'img-src', 'script-src-elem', 'style-src-elem'])
  })
})

describe('conversation', () => {
  it('shows the words while they are heard, the sure ones apart', async () => {
    const page = await open()
    await harness.emit(state('listening'), { type: 'partial', partial: { turnId: 't9', text: 'What is a lis', stableChars: 10 } })
    expect(await page.getByTestId('state').textContent()).toContain('Listening')
    expect([await page.getByTestId('stable').textContent(), await page.getByTestId('partial').locator('p').textContent()]).toEqual(['What is a ', 'What is a lis'])
    await harness.emit({ type: 'turn', turn: pending })
    expect([await page.getByTestId('partial').count(), await page.getByTestId('question').locator('p').textContent()]).toEqual([0, 'What is a list?'])
  })

  it('paints a reply as it comes, and touches only its end', async () => {
    const page = await open({ turns: [pending] })
    const chunks = MARKDOWN_REPLY.match(/[\s\S]{1,40}/g) ?? []
    await page.evaluate(() => {
      const paints: { text: string, atMs: number }[] = []
      Object.assign(window, { paints })
      new MutationObserver(() => {
        const text = document.querySelector('[data-testid=reply]')?.textContent ?? ''
        if (paints.at(-1)?.text !== text)
          paints.push({ text, atMs: performance.now() })
      }).observe(document.body, { subtree: true, childList: true, characterData: true })
    })
    let offset = 0
    let first = null
    for (const text of chunks) {
      await harness.emit({ type: 'tokens', turnId: 't9', kind: 'text', offset, text })
      offset += text.length
      if (offset > 200)
        first ??= await page.getByTestId('reply').locator('p').first().elementHandle()
    }
    await page.getByTestId('reply').getByText('the long version').waitFor()
    const paints = await page.evaluate(() => (window as unknown as { paints: { text: string, atMs: number }[] }).paints)
    expect(paints.length).toBeGreaterThanOrEqual(3)
    expect(paints.map(({ text }) => text.length)).toEqual(paints.map(({ text }) => text.length).sort((a, b) => a - b))
    // Not with every token: painting takes the processor that the model needs.
    expect(Math.min(...paints.slice(1).map(({ atMs }, index) => atMs - (paints[index]?.atMs ?? 0)))).toBeGreaterThan(40)
    // The first paragraph is the same node as when the second block began.
    expect(await first?.evaluate(node => node.isConnected)).toBe(true)
    expect(await page.getByTestId('reply').locator('li').allTextContents()).toEqual(['Bring the water to a boil first.', 'Lower the egg in with a spoon.', 'Start the clock.'])
  })

  it('lets nothing of a reply act', async () => {
    const page = await open({ turns: [turn('t1', { replyText: '<img src=x onerror="window.hit=1">\n\n<script>window.hit=1</script>\n\n[go](https://example.org/) ![see](https://example.org/x.png)\n\n<style>*{display:none}</style>' })] })
    const reply = page.getByTestId('reply')
    expect(await reply.locator('a, img, script, style, iframe').count()).toBe(0)
    expect(await reply.textContent()).toContain('go https://example.org/')
    expect(await page.evaluate(() => (window as unknown as { hit?: number }).hit)).toBeUndefined()
  })

  it('sanitises what its own renderer would let through', async () => {
    // The second wall alone: blocks are set as HTML only through it.
    const page = await open({ turns: [turn('t1', { replyText: '```a"onmouseover="x\ncode\n```' })] })
    const attributes = await page.getByTestId('reply').locator('*').evaluateAll(nodes => nodes.flatMap(node => node.getAttributeNames()))
    expect([...new Set(attributes)].sort()).toEqual(['aria-label', 'class', 'data-copy', 'role', 'tabindex', 'type'])
  })

  it('keeps to the end until the reader goes up, and goes back when asked', async () => {
    const page = await open({ turns: [turn('t1', { replyText: 'Line.\n\n'.repeat(60) }), pending] })
    const box = page.getByTestId('conversation')
    const toEnd = () => box.evaluate(node => Math.round(node.scrollHeight - node.clientHeight - node.scrollTop))
    await expect.poll(toEnd).toBeLessThanOrEqual(1)
    await harness.emit({ type: 'tokens', turnId: 't9', kind: 'text', offset: 0, text: 'More.\n\n'.repeat(20) })
    await expect.poll(toEnd).toBeLessThanOrEqual(1)
    await box.hover()
    await page.mouse.wheel(0, -400)
    await page.getByTestId('to-end').waitFor()
    const before = await box.evaluate(node => node.scrollTop)
    await harness.emit({ type: 'tokens', turnId: 't9', kind: 'text', offset: 140, text: 'And more.\n\n'.repeat(20) })
    expect([await box.evaluate(node => node.scrollTop), await toEnd() > 300]).toEqual([before, true])
    await page.getByTestId('to-end').click()
    await expect.poll(toEnd).toBeLessThanOrEqual(1)
    expect(await page.getByTestId('to-end').count()).toBe(0)
  })

  it('shows how far an interrupted reply was heard', async () => {
    const page = await open({ turns: [turn('t1', { replyText: INTERRUPTED_REPLY, heardText: INTERRUPTED_REPLY.slice(0, 66), end: 'interrupted' })] })
    expect(await page.getByTestId('reply').textContent()).toBe(`${INTERRUPTED_REPLY.slice(0, 66).trim()}\n`)
    expect(await page.locator('del').textContent()).toBe(`${INTERRUPTED_REPLY.slice(66).trim()}\n`)
  })

  it('says why a reply failed, and runs it again', async () => {
    const page = await open({ turns: [turn('t1', { end: 'failed', errorCode: 'model-missing', hops: {} })] })
    expect(await page.getByTestId('end-label').textContent()).toContain('A model is missing. Install it in Settings, Models.')
    await page.getByTestId('retry').click()
    expect(await harness.calls()).toEqual([{ name: 'turn.retry', input: { turnId: 't1' } }])
  })

  it('copies an answer, and the code in it', async () => {
    const page = await open({ turns: [turn('t1', { replyText: MARKDOWN_REPLY })] })
    await page.getByTestId('copy').click()
    await page.getByTestId('reply').getByRole('button', { name: 'Copy' }).click()
    await page.getByTestId('reply').getByRole('button', { name: 'Copied' }).waitFor()
    expect(await harness.calls()).toEqual([
      { name: 'clipboard.copy', input: { text: MARKDOWN_REPLY } },
      { name: 'clipboard.copy', input: { text: 'def minutes(yolk: str) -> int:\n    return {"soft": 6, "firm": 9}[yolk]' } },
    ])
  })

  it('folds the reasoning', async () => {
    const page = await open({ turns: [turn('t1', { replyText: 'Six minutes.', reasoningText: 'Eggs differ.' })] })
    expect(await page.getByText('Eggs differ.').count()).toBe(0)
    await page.getByRole('button', { name: 'Reasoning' }).click()
    await page.getByText('Eggs differ.').waitFor()
  })

  it('opens the times of a turn as bars and as a table', async () => {
    const page = await open({ turns: [turn('t1', { replyText: 'Six minutes.' })] })
    const badge = page.getByTestId('waterfall-badge')
    expect([(await badge.textContent())?.trim(), await badge.getAttribute('aria-expanded')]).toEqual(['452 ms to voice', 'false'])
    await badge.press('Enter')
    const rows = await page.getByTestId('waterfall').locator('tbody tr').evaluateAll(list => list.map(row => [...row.children].map(cell => cell.textContent?.trim())))
    expect(rows).toEqual([
      ['Recording ends', '118 ms', '118 ms'],
      ['Words written down', '78 ms', '196 ms'],
      ['Question sent', '5 ms', '201 ms'],
      ['First word', '111 ms', '312 ms'],
      ['First phrase', '59 ms', '371 ms'],
      ['Voice made', '57 ms', '428 ms'],
      ['First sound', '24 ms', '452 ms'],
    ])
    const edges = await page.getByTestId('waterfall').locator('.bar').evaluateAll(bars => bars.map(bar => [bar.getBoundingClientRect().left, bar.getBoundingClientRect().right] as const))
    // A bar that is too thin to be seen is widened to a pixel or four.
    edges.slice(1).forEach(([left], index) => expect(Math.abs(left - (edges[index]?.[1] ?? 0))).toBeLessThan(5))
  })

  it('is in step again after events were lost', async () => {
    const page = await open({ turns: [pending] })
    await harness.setSnapshot(snapshot({ turns: [{ ...pending, replyText: 'A list is an ordered collection' }] }))
    await harness.emitAfterGap({ type: 'tokens', turnId: 't9', kind: 'text', offset: 20, text: 'collection' })
    await page.getByText('A list is an ordered collection').waitFor()
    await harness.emit({ type: 'tokens', turnId: 't9', kind: 'text', offset: 31, text: ' of things.' })
    await page.getByText('A list is an ordered collection of things.').waitFor()
    expect(await harness.calls('app.snapshot')).toHaveLength(2)
  })

  it('shows notices, and takes them away', async () => {
    const page = await open()
    await harness.emit({ type: 'notice', notice: { id: 'n1', level: 'warning', code: 'device-lost', params: { kind: 'input', name: 'Yeti' }, atMs: 0 } })
    expect((await page.getByTestId('toasts').textContent())?.trim()).toBe('Yeti is gone. Parley uses another device if there is one.')
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await expect.poll(() => page.getByTestId('toasts').textContent()).toBe('')
    expect(await harness.calls()).toEqual([{ name: 'notice.dismiss', input: { noticeId: 'n1' } }])
  })
})

describe('a long reply', () => {
  /** As it comes: in pieces of some hundred characters. */
  async function stream(page: Page, text: string): Promise<void> {
    let offset = 0
    for (const piece of text.match(/[\s\S]{1,900}/g) ?? []) {
      await harness.emit({ type: 'tokens', turnId: 't9', kind: 'text', offset, text: piece })
      offset += piece.length
    }
    await harness.emit({ type: 'turn', turn: { ...pending, replyText: text, end: 'complete' } })
  }

  it('of code is copied as it was written, although it was painted in parts', async () => {
    const page = await open({ turns: [pending] })
    const code = Array.from({ length: 1_000 }, (_, index) => index % 7 === 0 ? '' : `  const value${index} = ${index} < 3`).join('\n')
    await stream(page, `Here:\n\n\`\`\`js\n${code}\n\`\`\`\n\nThat is all.`)
    await page.getByTestId('reply').getByText('That is all.').waitFor()
    expect(await page.getByTestId('reply').locator('.code').count()).toBe(1)
    expect(await page.getByTestId('reply').locator('.part').count()).toBeGreaterThan(2)
    await page.getByTestId('reply').getByRole('button', { name: 'Copy' }).click()
    expect(await harness.calls()).toEqual([{ name: 'clipboard.copy', input: { text: code } }])
    // A line of code is a line on the screen, also where two parts meet.
    const lines = await page.getByTestId('reply').locator('code').evaluate(box => box.getBoundingClientRect().height / Number.parseFloat(getComputedStyle(box).lineHeight))
    expect(Math.round(lines)).toBe(1_000)
  })

  it('in numbers goes on counting in its next box, and is the same after a new start', async () => {
    const text = Array.from({ length: 2_000 }, (_, index) => `1. Step ${index + 1} of many small ones`).join('\n')
    const page = await open({ turns: [pending] })
    await stream(page, `${text}\n\nThat is all.`)
    await page.getByTestId('reply').getByText('That is all.').waitFor()
    const count = (): Promise<unknown> => page.getByTestId('reply').locator('ol').evaluateAll((lists) => {
      let next = 1
      const fits = lists.map((list) => {
        const isNext = (list as HTMLOListElement).start === next
        next += list.children.length
        return isNext
      })
      return { hasBoxes: lists.length > 1, fits: fits.every(Boolean), next }
    })
    expect(await count()).toEqual({ hasBoxes: true, fits: true, next: 2_001 })
    const again = await open({ turns: [{ ...pending, replyText: `${text}\n\nThat is all.`, end: 'complete' }] })
    expect(await again.getByTestId('reply').locator('li').count()).toBe(2_000)
  })

  it('has its height also where it is not drawn any more', async () => {
    const page = await open({ turns: [pending] })
    await stream(page, Array.from({ length: 260 }, (_, index) => `Paragraph ${index} of a long reply.`).join('\n\n'))
    await page.getByTestId('reply').getByText('Paragraph 259').waitFor()
    expect(await page.getByTestId('reply').locator('.far').count()).toBeGreaterThan(3)
    const box = page.getByTestId('conversation')
    const heights: number[] = []
    for (const part of [1, 0.6, 0.3, 0]) {
      await box.evaluate((node, at) => node.scrollTo(0, node.scrollHeight * at), part)
      await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
      heights.push(await box.evaluate(node => node.scrollHeight))
    }
    expect(new Set(heights).size).toBe(1)
    expect(await page.getByTestId('reply').getByText('Paragraph 0 of').isVisible()).toBe(true)
  })
})

describe('at rest', () => {
  const WATCHED_MS = 10_000
  const NONE = { timers: 0, frames: 0 }
  const OVERLAY = { page: 'overlay', width: 420, height: 64, motion: true } as const

  /** What belongs to opening and to the last event is over. */
  async function settled(page: Page): Promise<void> {
    await expect.poll(() => wakeUps(page), { interval: 1_500, timeout: 10_000 }).toEqual(NONE)
  }

  it.each([
    ['a conversation', '', snapshot({ turns: [turn('t1', { replyText: MARKDOWN_REPLY })] })],
    ['the settings, and an error in the overlay', '#/settings/sound', snapshot({ pipeline: { ...IDLE, state: 'failed', errorCode: 'inference-child-lost' } })],
  ])('both windows wake up for nothing: %s', async (_, hash, shown) => {
    const pages = [await harness.open({ snapshot: shown, hash, motion: true }), await harness.open({ ...OVERLAY, snapshot: shown })]
    await Promise.all(pages.map(settled))
    await new Promise(done => setTimeout(done, WATCHED_MS))
    expect(await Promise.all(pages.map(wakeUps))).toEqual([NONE, NONE])
    expect(await Promise.all(pages.map(page => page.evaluate(() => document.getAnimations().length)))).toEqual([0, 0])
  })

  it('is where both windows come back to after a turn', async () => {
    const pages = [await harness.open({ snapshot: snapshot(), motion: true }), await harness.open({ ...OVERLAY, snapshot: snapshot() })]
    for (const name of ['listening', 'transcribing', 'thinking', 'speaking'] as const)
      await harness.emit(state(name))
    // The test sees movement where there is some.
    await expect.poll(() => pages[1] ? wakeUps(pages[1]).then(({ timers }) => timers) : 0).toBeGreaterThan(0)
    await harness.emit(state('idle'))
    await Promise.all(pages.map(settled))
  })
})

describe('what a screen reader is told', () => {
  const ends = (part: Partial<TurnView>) => ({ type: 'turn', turn: { ...pending, replyText: 'An ordered collection.', ...part } } as const)

  it('is nothing of an answer that is spoken anyway, and why one failed', async () => {
    const page = await open({ turns: [pending] })
    await harness.emit(ends({ end: 'complete' }))
    expect((await page.getByTestId('announcer').textContent())?.trim()).toBe('')
    await harness.emit({ type: 'turn', turn: { ...pending, id: 't10', createdAtMs: 2_000 } }, { type: 'turn', turn: { ...pending, id: 't10', createdAtMs: 2_000, end: 'failed', errorCode: 'model-missing' } })
    expect((await page.getByTestId('announcer').textContent())?.trim()).toBe('A model is missing. Install it in Settings, Models.')
  })

  it('is a silent answer once, when it is whole', async () => {
    const { settings } = snapshot()
    const page = await open({ turns: [pending], settings: { ...settings, voice: { ...settings.voice, enabled: false } } })
    await page.evaluate(() => {
      const told: string[] = []
      Object.assign(window, { told })
      new MutationObserver(() => told.push(document.querySelector('[data-testid=announcer]')?.textContent?.trim() ?? '')).observe(document.querySelector('[data-testid=announcer]') as Element, { characterData: true, childList: true, subtree: true })
    })
    for (const [offset, text] of [[0, 'An ordered '], [11, 'collection.']] as const)
      await harness.emit({ type: 'tokens', turnId: 't9', kind: 'text', offset, text })
    await harness.emit(ends({ end: 'complete' }))
    expect(await page.evaluate(() => (window as unknown as { told: string[] }).told)).toEqual(['An ordered collection.'])
  })

  it('is the state of the overlay, not the words that change in it', async () => {
    const page = await harness.open({ page: 'overlay', snapshot: snapshot(), width: 420, height: 64 })
    await harness.emit(state('listening'), { type: 'partial', partial: { turnId: 't9', text: 'What is a list', stableChars: 10 } })
    expect(await page.getByRole('status').allTextContents()).toEqual(['Listening'])
  })
})

describe('talking', () => {
  it('lasts from the press of the mouse to its release, wherever that is', async () => {
    const page = await open()
    await page.getByTestId('talk').hover()
    await page.mouse.down()
    await page.mouse.move(-200, 2_000)
    await expect.poll(() => harness.calls()).toEqual([{ name: 'talk.down' }])
    await page.mouse.up()
    await expect.poll(() => harness.calls()).toEqual([{ name: 'talk.down' }, { name: 'talk.up' }])
  })

  it.each(['Space', 'Enter'])('lasts as long as %s is held on the button, its repeats folded', async (key) => {
    const page = await open()
    await page.getByTestId('talk').focus()
    for (let repeats = 0; repeats < 4; repeats++)
      await page.keyboard.down(key)
    await page.keyboard.up(key)
    await expect.poll(() => harness.calls()).toEqual([{ name: 'talk.down' }, { name: 'talk.up' }])
  })

  it('ends when the focus leaves a held key', async () => {
    const page = await open()
    await page.getByTestId('talk').focus()
    await page.keyboard.down('Space')
    await page.getByTestId('ask').focus()
    await page.keyboard.up('Space')
    await expect.poll(() => harness.calls()).toEqual([{ name: 'talk.down' }, { name: 'talk.up' }])
  })

  it('is cancelled or stopped by Esc, and by nothing else that Esc closes', async () => {
    const page = await open()
    await page.keyboard.press('Escape')
    await harness.emit(state('listening'))
    await page.keyboard.press('Escape')
    await harness.emit(state('speaking'))
    await page.getByRole('button', { name: 'More for Boiling an egg' }).click()
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await page.getByTestId('stop').click()
    await expect.poll(() => harness.calls()).toEqual([{ name: 'talk.cancel' }, { name: 'turn.stop' }, { name: 'turn.stop' }])
  })

  it('says what is to be done, for how long it has been going on, and why nothing came of it', async () => {
    const page = await open()
    const line = page.getByTestId('dock-line')
    await harness.emit(state('listening'))
    expect(await line.textContent()).toBe('Let go to send. Esc cancels.0:00')
    await harness.emit(state('listening', { latched: true }))
    expect(await line.locator('.words').textContent()).toBe('Press again to send. Esc cancels.')
    await harness.emit(state('idle', { turnId: null, errorCode: 'too-short' }))
    expect(await line.textContent()).toBe('That was too short. Hold the key while you speak.')
  })

  it('moves the level meter', async () => {
    const page = await open()
    await harness.emit(state('listening'), ...[-90, -34, -10].map(rmsDb => ({ type: 'level' as const, rmsDb, peakDb: rmsDb })))
    await expect.poll(() => barHeights(page).then(heights => heights.slice(-3))).toEqual([3, 11, 22])
  })
})

describe('a typed question', () => {
  it('is sent by Enter, and goes on to the next line with Shift', async () => {
    const page = await open()
    await page.getByTestId('ask').click()
    await page.keyboard.type('How long')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('for an egg?')
    await page.keyboard.press('Enter')
    await expect.poll(() => harness.calls()).toEqual([{ name: 'turn.ask', input: { text: 'How long\nfor an egg?' } }])
    expect(await page.getByTestId('ask').inputValue()).toBe('')
  })

  it('is not lost when it cannot be asked', async () => {
    const page = await open()
    await harness.answer('turn.ask', { ok: false, error: { code: 'model-missing', message: 'No model.', params: {} } })
    await page.getByTestId('ask').fill('How long for an egg?')
    await page.getByTestId('send').click()
    await page.getByText('A model is missing. Install it in Settings, Models.').waitFor()
    expect(await page.getByTestId('ask').inputValue()).toBe('How long for an egg?')
  })
})

describe('conversation list', () => {
  it('searches titles and words, opens, makes', async () => {
    const page = await open()
    await harness.answer('conversation.search', { ok: true, value: [{ id: 'c2', title: 'Why sunsets are red', createdAtMs: 0, updatedAtMs: 0 }] })
    const titles = page.getByTestId('sidebar').locator('.title')
    await page.getByRole('searchbox').fill('zurich')
    const shown = async () => (await titles.allTextContents()).map(text => text.trim()).sort()
    await expect.poll(shown).toEqual(['Café names in Zürich', 'Why sunsets are red'])
    await titles.getByText('Café names').click()
    await page.getByTestId('new-conversation').click()
    await expect.poll(() => harness.calls()).toEqual([
      { name: 'conversation.search', input: { text: 'zurich' } },
      { name: 'conversation.open', input: { conversationId: 'c4' } },
      { name: 'conversation.create' },
    ])
    await harness.emit({ type: 'conversation-opened', conversationId: 'c4', turns: [turn('t7', { conversationId: 'c4', userText: 'Which cafés?' })] })
    await page.getByText('Which cafés?').waitFor()
  })

  it('renames', async () => {
    const page = await open()
    await page.getByRole('button', { name: 'More for Why sunsets are red' }).click()
    await page.getByRole('menuitem', { name: 'Rename' }).click()
    const name = page.getByRole('textbox', { name: 'Name' })
    expect(await name.inputValue()).toBe('Why sunsets are red')
    await name.fill('  Red evenings ')
    await name.press('Enter')
    await expect.poll(() => harness.calls()).toEqual([{ name: 'conversation.rename', input: { conversationId: 'c2', title: 'Red evenings' } }])
  })

  it('deletes only after it has asked', async () => {
    const page = await open()
    const ask = async (): Promise<void> => {
      await page.getByRole('button', { name: 'More for Why sunsets are red' }).click()
      await page.getByRole('menuitem', { name: 'Delete' }).click()
    }
    await ask()
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(await harness.calls()).toEqual([])
    await ask()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => harness.calls()).toEqual([{ name: 'conversation.delete', input: { conversationId: 'c2' } }])
  })

  it('makes room in a narrow window', async () => {
    const page = await open({}, { width: 480, height: 560 })
    expect(await page.getByTestId('sidebar').isVisible()).toBe(false)
    await page.getByTestId('open-sidebar').click()
    await page.getByTestId('open-settings').click()
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
    await expect.poll(() => page.getByTestId('sidebar').isVisible()).toBe(false)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(480)
  })
})

describe('settings', () => {
  it('record a key, say why it cannot be had, and offer another one', async () => {
    const page = await open({}, { hash: '#/settings/talking' })
    const { hotkey } = snapshot()
    await harness.answer('hotkey.set', { ok: true, value: { ...hotkey, errorCode: 'hotkey-taken', suggestion: 'Ctrl+Alt+J' } })
    await page.getByTestId('record-hotkey').click()
    await page.keyboard.press('Shift+KeyA')
    await page.getByText('Add Ctrl, Alt or Super').waitFor()
    await page.keyboard.press('Control+Alt+KeyK')
    expect(await page.getByTestId('hotkey-trouble').textContent()).toBe('Ctrl+Alt+K does not work. Another program uses it. Choose another one.')
    await harness.answer('hotkey.set', { ok: true, value: { ...hotkey, accelerator: 'Ctrl+Alt+J' } })
    await page.getByTestId('hotkey-offer').click()
    await page.getByTestId('hotkey-trouble').waitFor({ state: 'detached' })
    expect(await page.getByTestId('hotkey').locator('kbd').allTextContents()).toEqual(['Ctrl', 'Alt', 'J'])
    expect(await harness.calls()).toEqual([{ name: 'hotkey.set', input: { accelerator: 'Ctrl+Alt+K' } }, { name: 'hotkey.set', input: { accelerator: 'Ctrl+Alt+J' } }])
  })

  it('leave the key as it is on Esc', async () => {
    const page = await open({ pipeline: { ...IDLE, state: 'speaking', turnId: 't1' } }, { hash: '#/settings/talking' })
    await page.getByTestId('record-hotkey').click()
    await page.keyboard.press('Escape')
    expect(await page.getByTestId('hotkey').locator('kbd').allTextContents()).toEqual(['Ctrl', 'Alt', 'Space'])
    expect(await harness.calls()).toEqual([])
  })

  it('field 8: offer only tapping where no key can be held', async () => {
    const page = await open({ hotkey: { ...snapshot().hotkey, mechanism: 'portal', hold: false } }, { hash: '#/settings/talking' })
    expect(await page.getByRole('radio').evaluateAll(list => list.map(radio => [radio.getAttribute('aria-checked'), (radio as HTMLButtonElement).disabled]))).toEqual([['false', true], ['false', true], ['true', false]])
  })

  it('choose a device, and show the level while they are open', async () => {
    const page = await open({}, { hash: '#/settings/sound' })
    await page.getByTestId('input-device').click()
    await page.getByRole('menuitemradio', { name: 'Yeti Stereo Microphone' }).click()
    await expect.poll(() => page.getByTestId('input-device').textContent()).toContain('Yeti')
    await harness.emit({ type: 'level', rmsDb: -31.4, peakDb: -12 })
    expect(await page.getByTestId('level-bar').getAttribute('aria-valuenow')).toBe('-31')
    await page.getByTestId('settings-back').click()
    await expect.poll(() => harness.calls('levels.watch', 'settings.patch')).toEqual([
      { name: 'levels.watch', input: { on: true } },
      { name: 'settings.patch', input: { audio: { inputId: 'in-2' } } },
      { name: 'levels.watch', input: { on: false } },
    ])
  })

  it('send a slider once it stands still', async () => {
    const page = await open({}, { hash: '#/settings/sound' })
    const speed = page.getByRole('slider', { name: 'Speed' })
    await speed.focus()
    for (let steps = 0; steps < 4; steps++)
      await page.keyboard.press('ArrowRight')
    expect(await speed.getAttribute('aria-valuetext')).toBe('1.20×')
    await expect.poll(() => harness.calls()).toEqual([{ name: 'settings.patch', input: { voice: { speed: 1.2 } } }])
  })

  it('keep what is still being typed when they are closed', async () => {
    const page = await open({}, { hash: '#/settings/assistant' })
    await page.getByTestId('system-prompt').fill('Answer in one sentence.')
    await page.getByTestId('settings-back').click()
    await expect.poll(() => harness.calls()).toEqual([{ name: 'settings.patch', input: { chat: { systemPrompt: 'Answer in one sentence.' } } }])
  })

  it('fall back to what is in force when a change is refused', async () => {
    const page = await open({}, { hash: '#/settings/general' })
    await harness.answer('settings.patch', { ok: false, error: { code: 'read-only', message: 'No.', params: {} } })
    const showWindow = page.getByRole('switch', { name: 'Show the window at the start' })
    await showWindow.click()
    await page.getByText('The data folder cannot be written. Check its permissions, then try again.').waitFor()
    expect(await showWindow.getAttribute('aria-checked')).toBe('true')
  })

  it('change the colours at once, whatever the system has', async () => {
    const page = await open({}, { hash: '#/settings/general' })
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const light = await background()
    await page.getByTestId('theme').click()
    await page.getByRole('menuitemradio', { name: 'Dark' }).click()
    await expect.poll(background).not.toBe(light)
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.getByTestId('theme').click()
    await page.getByRole('menuitemradio', { name: 'Light' }).click()
    await expect.poll(background).toBe(light)
  })

  it('install and choose models', async () => {
    const page = await open({ models }, { hash: '#/settings/models' })
    expect(await page.getByRole('progressbar', { name: 'Installing SmolLM2 135M Instruct' }).getAttribute('aria-valuenow')).toBe('43')
    await page.getByTestId('model-gemma-3-4b-it-q4-k-m').getByRole('button', { name: 'Install again' }).click()
    await page.getByTestId('model-moonshine-tiny-en').getByRole('button', { name: 'Use' }).click()
    await expect.poll(() => harness.calls()).toEqual([
      { name: 'models.install', input: { modelId: 'gemma-3-4b-it-q4-k-m' } },
      { name: 'settings.patch', input: { models: { asr: 'moonshine-tiny-en' } } },
    ])
    await expect.poll(() => page.getByTestId('model-moonshine-tiny-en').textContent()).toContain('In use')
  })

  it('are reached by the keyboard alone', async () => {
    const page = await open()
    await page.getByTestId('open-settings').focus()
    await page.keyboard.press('Enter')
    await page.getByTestId('tab-programs').focus()
    await page.keyboard.press('ArrowRight')
    await page.getByTestId('level-bar').waitFor()
    expect(new URL(page.url()).hash).toBe('#/settings/sound')
  })
})

describe('overlay', () => {
  async function overlay(): Promise<Page> {
    return harness.open({ page: 'overlay', snapshot: snapshot(), width: 420, height: 64 })
  }

  it('is empty and transparent while nothing goes on', async () => {
    const page = await overlay()
    await harness.emit(state('idle'))
    expect(await page.getByTestId('pill').count()).toBe(0)
    expect(await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.documentElement).backgroundColor])).toEqual(['rgba(0, 0, 0, 0)', 'rgba(0, 0, 0, 0)'])
  })

  it('fits its window in every state, and nothing in it can have the focus', async () => {
    const page = await overlay()
    const long = 'What would I need for a week in the mountains in late autumn if it rains all the time and I go alone'
    const seen: unknown[] = []
    const look = async (): Promise<void> => {
      await page.waitForFunction(() => document.getAnimations().every(animation => !(animation instanceof CSSTransition)))
      seen.push(await page.getByTestId('pill').evaluate((pill) => {
        const { left, right, top, bottom } = pill.getBoundingClientRect()
        const fits = left >= 0 && right <= 420 && top >= 0 && bottom <= 64
        return [pill.getAttribute('data-state'), fits, document.querySelectorAll('a, button, input, select, textarea, [tabindex], [contenteditable]').length]
      }))
    }
    await harness.emit(state('listening', { latched: true }), { type: 'partial', partial: { turnId: 't9', text: long, stableChars: 40 } })
    await look()
    // The last words are what one wants to see.
    expect(await page.getByTestId('pill').locator('.text').evaluate(text => Math.round((text.querySelector('bdi')?.getBoundingClientRect().right ?? 0) - text.getBoundingClientRect().right))).toBe(0)
    await harness.emit(state('thinking'))
    await look()
    await harness.emit(state('speaking'), { type: 'spoken', turnId: 't9', pieceIndex: 0, text: long })
    await look()
    await harness.emit(state('failed', { errorCode: 'hotkey-unsupported' }))
    await look()
    await harness.emit(state('idle', { errorCode: 'no-speech' }))
    await look()
    expect(seen).toEqual([['listening', true, 0], ['thinking', true, 0], ['speaking', true, 0], ['failed', true, 0], ['hint', true, 0]])
  })

  it('tells how wide its pill is, so that the window can be cut to it', async () => {
    const page = await overlay()
    await harness.emit(state('thinking'))
    const shown = await page.getByTestId('pill').evaluate(pill => (pill as HTMLElement).offsetWidth)
    expect(shown).toBeGreaterThan(48)
    await harness.emit(state('idle'))
    await page.getByTestId('pill').waitFor({ state: 'detached' })
    await expect.poll(() => harness.calls('overlay.sized')).toEqual([{ name: 'overlay.sized', input: { widthPx: shown } }, { name: 'overlay.sized', input: { widthPx: 0 } }])
  })

  it('moves its bars with the level', async () => {
    const page = await overlay()
    await harness.emit(state('listening'), { type: 'level', rmsDb: -34, peakDb: -20 }, { type: 'hops', turnId: 't9', hops: HOPS })
    await expect.poll(() => barHeights(page).then(heights => heights.at(-1))).toBe(11)
  })
})
