import type { LaunchedApp } from '../../scripts/stage/app.mjs'
import type { Stage } from '../../scripts/stage/index.mjs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchApp } from '../../scripts/stage/app.mjs'
import { startStage } from '../../scripts/stage/index.mjs'
import { spokenFile, transcript, wordsKept } from '../support/speech'

describe('a spoken turn in the real window', () => {
  let stage: Stage
  let app: LaunchedApp

  beforeAll(async () => {
    stage = await startStage()
    app = await launchApp({ stage })
  }, 120_000)

  afterAll(async () => {
    await app?.close()
    await stage?.stop()
  })

  async function idle(): Promise<void> {
    await app.until(({ pipeline }) => pipeline.state === 'idle' || pipeline.state === 'failed', { what: 'rest' })
  }

  async function newConversation(): Promise<void> {
    await idle()
    await app.request('conversation.create')
  }

  async function finishedTurn() {
    return await app.until(({ pipeline, turns }) => pipeline.state === 'idle' && turns.length > 0 && turns.at(-1)?.end !== 'pending' ? turns.at(-1) : null, { what: 'a finished turn' })
  }

  it('goes from the key to the loudspeaker, and never takes the focus', async () => {
    const work = await app.keyboard.openWindow({ title: 'the window somebody works in' })
    const focus: boolean[] = [await app.keyboard.isFocused(work.window)]
    // Every text the reply had when the page was painted.
    await app.page.evaluate(() => {
      const paints = new Set<string>()
      Object.assign(globalThis, { paints })
      const look = (): void => {
        const replies = [...document.querySelectorAll('[data-testid="reply"]')]
        const text = replies.at(-1)?.textContent
        if (text)
          paints.add(text)
        requestAnimationFrame(look)
      }
      look()
    })
    const speaker = await stage.recordSpeaker()

    await app.keyDown()
    await app.until(({ pipeline }) => pipeline.state === 'listening', { what: 'listening' })
    focus.push(await app.keyboard.isFocused(work.window))
    const overlay = await app.overlay()
    await overlay.locator('[data-testid="pill"][data-state="listening"]').waitFor({ state: 'attached' })
    await stage.playMic(spokenFile('q-capital'))
    await app.keyUp()
    await app.until(({ pipeline }) => pipeline.state === 'speaking', { what: 'speaking' })
    focus.push(await app.keyboard.isFocused(work.window))
    const turn = await finishedTurn()
    focus.push(await app.keyboard.isFocused(work.window))
    const heard = await transcript(await speaker.stop())

    expect(wordsKept('what is the capital of france', turn.userText)).toBe(1)
    expect(turn.end).toBe('complete')
    expect(turn.replyText).toContain('Paris')
    expect(await app.page.locator('[data-testid="question"]').last().textContent()).toContain('capital of France')
    expect((await app.page.locator('[data-testid="reply"]').last().textContent())?.trim()).toBe(turn.replyText.trim())
    expect(await app.page.evaluate(() => (globalThis as unknown as { paints: Set<string> }).paints.size)).toBeGreaterThanOrEqual(3)
    expect(wordsKept(turn.replyText, heard)).toBeGreaterThan(0.7)
    expect(focus).toEqual([true, true, true, true])
    // The modifiers alone are everybody's; the key itself is ours.
    const space = await app.keyboard.keycodeOf('space')
    expect(work.keys.filter(({ keycode }) => keycode === space)).toEqual([])
    expect(turn.hasTake).toBe(true)
    await access(join(app.dataDir, 'takes'))
    const { transcriptMs = Number.NaN, firstTokenMs = Number.NaN, firstPieceMs = Number.NaN, firstSoundMs = Number.NaN } = turn.hops
    expect(firstTokenMs).toBeLessThan(firstPieceMs)
    expect(firstPieceMs).toBeLessThan(firstSoundMs)
    expect(transcriptMs).toBeLessThan(firstSoundMs)
    await work.close()
  })

  it('field 2: ends the take when the modifier is lifted first', async () => {
    await newConversation()
    await app.keyDown('ctrl+alt')
    await app.keyDown('space')
    await app.until(({ pipeline }) => pipeline.state === 'listening')
    await stage.playMic(spokenFile('q-capital'))
    await app.keyUp('ctrl+alt')
    expect((await app.snapshot()).pipeline).toMatchObject({ state: 'listening', latched: false })
    await app.keyUp('space')
    const turn = await finishedTurn()
    expect(wordsKept('what is the capital of france', turn.userText)).toBe(1)
  })

  it('keeps listening after a tap, until the next one', async () => {
    await newConversation()
    await app.keyboard.tap('ctrl+alt+space')
    await app.until(({ pipeline }) => pipeline.state === 'listening' && pipeline.latched, { what: 'latched' })
    await stage.playMic(spokenFile('q-capital'))
    expect((await app.snapshot()).pipeline.state).toBe('listening')
    await app.keyboard.tap('ctrl+alt+space')
    const turn = await finishedTurn()
    expect(wordsKept('what is the capital of france', turn.userText)).toBe(1)
  })

  it('field 35, 40: does nothing on silence, and says why', async () => {
    await newConversation()
    await app.request('settings.patch', { hotkey: { mode: 'hold' } })
    await app.keyDown()
    await app.until(({ pipeline }) => pipeline.state === 'listening')
    await app.keyUp()
    const { pipeline } = await app.until(({ pipeline, turns }) => pipeline.state === 'idle' && pipeline.errorCode !== null ? { pipeline, turns } : null, { what: 'a hint' })
    expect(['too-short', 'no-speech']).toContain(pipeline.errorCode)
    expect((await app.snapshot()).turns.filter(turn => turn.userText !== '')).toEqual([])
    await app.request('settings.patch', { hotkey: { mode: 'auto' } })
  })

  it('field 9: Esc drops the take but keeps the recording', async () => {
    await newConversation()
    await app.keyDown()
    await app.until(({ pipeline }) => pipeline.state === 'listening')
    await stage.playMic(spokenFile('q-hello'))
    await app.keyboard.tap('escape')
    await app.until(({ pipeline }) => pipeline.state === 'idle', { what: 'idle after Esc' })
    await app.keyUp()
    const { turns } = await app.snapshot()
    expect(turns.map(({ hasTake, replyText }) => ({ hasTake, replyText }))).toEqual([{ hasTake: true, replyText: '' }])
  })

  it('works by the button in the window, by keyboard and mouse', async () => {
    await newConversation()
    const button = app.page.locator('[data-testid="talk"]')
    await button.dispatchEvent('pointerdown', { button: 0, pointerId: 1, isPrimary: true })
    await app.until(({ pipeline }) => pipeline.state === 'listening')
    await stage.playMic(spokenFile('q-capital'))
    await button.dispatchEvent('pointerup', { button: 0, pointerId: 1, isPrimary: true })
    const turn = await finishedTurn()
    expect(wordsKept('what is the capital of france', turn.userText)).toBe(1)
  })

  it('answers a typed question', async () => {
    await newConversation()
    await app.page.locator('[data-testid="ask"]').fill('What is the capital of Italy?')
    await app.page.locator('[data-testid="ask"]').press('Enter')
    const turn = await finishedTurn()
    expect(turn).toMatchObject({ userText: 'What is the capital of Italy?', end: 'complete', hasTake: false })
    expect(turn.replyText).toContain('Rome')
  })
})
