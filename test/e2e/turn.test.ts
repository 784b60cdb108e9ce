import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { describe, expect, it } from 'vitest'
import { readAudio } from '../../src-main/audio/read-audio'
import { useApp } from '../support/app'
import { spokenFile, transcript, wordsKept } from '../support/speech'

const CAPITAL = 'what is the capital of france'

/** Of a WAV, as the program itself reads it. */
async function durationMs(path: string): Promise<number> {
  let samples = 0
  for await (const frame of readAudio(path))
    samples += frame.samples.length
  return samples / 16
}

describe('a spoken turn in the real window', () => {
  const program = useApp()
  const { listen, say, turn, set } = program

  const pipeline = async () => (await program.app.snapshot()).pipeline

  /** Every text the reply has when the page is painted, in order. */
  async function watchPaints(): Promise<() => Promise<string[]>> {
    await program.app.page.evaluate(() => {
      const paints: string[] = []
      Object.assign(globalThis, { paints })
      const look = (): void => {
        const text = [...document.querySelectorAll('[data-testid="reply"]')].at(-1)?.textContent?.trim() ?? ''
        if (text !== '' && text !== paints.at(-1))
          paints.push(text)
        requestAnimationFrame(look)
      }
      look()
    })
    return () => program.app.page.evaluate(() => (globalThis as unknown as { paints: string[] }).paints)
  }

  /** The turn as it lies on disk, read beside the program. */
  function storedTurn(id: string): Record<string, unknown> | undefined {
    const database = new DatabaseSync(join(program.app.dataDir, 'history.sqlite'), { readOnly: true })
    try {
      return database.prepare('SELECT user_text, reply_text, reply_end, take_path FROM turns WHERE id = ?').get(id) as Record<string, unknown> | undefined
    }
    finally {
      database.close()
    }
  }

  it('goes from the key to the loudspeaker, and never takes the focus', async () => {
    const { app, stage } = program
    const work = await app.keyboard.openWindow({ title: 'the window somebody works in' })
    const isOverlayShown = async (): Promise<boolean> => (await app.keyboard.windowsOf({ name: 'Parley overlay' })).length === 1
    const focus: boolean[] = [await app.keyboard.isFocused(work.window)]
    const paints = await watchPaints()
    const speaker = await stage.recordSpeaker()

    await listen()
    focus.push(await app.keyboard.isFocused(work.window))
    const overlay = await app.overlay()
    await overlay.locator('[data-testid="pill"][data-state="listening"]').waitFor({ state: 'attached' })
    await app.keyboard.waitFor(isOverlayShown, { what: 'the overlay on the screen' })
    await say('q-capital')
    await app.keyUp()
    await app.until(({ pipeline }) => pipeline.state === 'speaking', { what: 'speaking' })
    focus.push(await app.keyboard.isFocused(work.window))
    await overlay.locator('[data-testid="pill"][data-state="speaking"]').waitFor({ state: 'attached' })
    expect(await isOverlayShown()).toBe(true)
    const answered = await turn()
    focus.push(await app.keyboard.isFocused(work.window))
    const heard = await transcript(await speaker.stop())
    await app.keyboard.waitFor(async () => !await isOverlayShown(), { what: 'the overlay to go' })

    expect(wordsKept(CAPITAL, answered.userText)).toBe(1)
    expect(answered).toMatchObject({ end: 'complete', hasTake: true, replyText: expect.stringContaining('Paris') as unknown })
    expect(await app.page.locator('[data-testid="question"]').allTextContents()).toEqual([expect.stringContaining(answered.userText)])
    const reply = (await app.page.locator('[data-testid="reply"]').last().textContent())?.trim()
    expect(reply).toBe(answered.replyText.trim())
    const painted = await paints()
    expect(painted.length).toBeGreaterThanOrEqual(3)
    expect(painted.at(-1)).toBe(reply)
    painted.slice(1).forEach((text, index) => expect(text.startsWith(painted[index] ?? '-')).toBe(true))
    expect(wordsKept(answered.replyText, heard)).toBeGreaterThan(0.7)
    // Looked at four times, and told by the display in between.
    expect({ focus, losses: work.focusLosses() }).toEqual({ focus: [true, true, true, true], losses: 0 })
    // The modifiers alone are everybody's; the key itself is ours.
    const space = await app.keyboard.keycodeOf('space')
    expect(work.keys.filter(({ keycode }) => keycode === space)).toEqual([])
    const stored = storedTurn(answered.id)
    expect(stored).toMatchObject({ user_text: answered.userText, reply_text: answered.replyText, reply_end: 'complete' })
    expect(await durationMs(String(stored?.['take_path']))).toBeGreaterThan(await durationMs(spokenFile('q-capital')))
    const { transcriptMs = Number.NaN, firstTokenMs = Number.NaN, firstPieceMs = Number.NaN, firstSoundMs = Number.NaN } = answered.hops
    expect(firstTokenMs).toBeLessThan(firstPieceMs)
    expect(firstPieceMs).toBeLessThan(firstSoundMs)
    expect(transcriptMs).toBeLessThan(firstSoundMs)
    await work.close()
  })

  it('field 2: goes on when the modifiers are lifted first, and ends with the key itself', async () => {
    const { app, stage } = program
    await app.keyDown('ctrl+alt')
    await listen('space')
    const question = stage.startMic(spokenFile('q-capital'))
    await app.keyUp('ctrl+alt')
    await question.done
    expect(await pipeline()).toMatchObject({ state: 'listening', latched: false })
    await app.keyUp('space')
    expect(wordsKept(CAPITAL, (await turn()).userText)).toBe(1)
    // Alt let go alone brings out a hidden menu bar.
    expect(await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map(window => window.isMenuBarVisible()))).not.toContain(true)
  })

  it('keeps listening after a tap, until the next one', async () => {
    const { app } = program
    await app.keyboard.tap('ctrl+alt+space')
    await app.until(({ pipeline }) => pipeline.state === 'listening' && pipeline.latched, { what: 'latched' })
    await say('q-capital')
    expect(await pipeline()).toMatchObject({ state: 'listening', latched: true })
    await app.keyboard.tap('ctrl+alt+space')
    expect(wordsKept(CAPITAL, (await turn()).userText)).toBe(1)
  })

  it('as a switch: however long the key was held, the next press ends it', async () => {
    const { app } = program
    await set({ hotkey: { mode: 'toggle' } })
    await listen()
    await say('q-capital')
    await app.keyUp()
    await app.until(({ pipeline }) => pipeline.latched, { what: 'latched' })
    await say('q-water')
    expect(await pipeline()).toMatchObject({ state: 'listening', latched: true })
    await app.keyDown()
    // The press ends it, not the release.
    await app.until(({ pipeline }) => pipeline.state !== 'listening', { what: 'the end of the take' })
    await app.keyUp()
    const { userText } = await turn()
    expect(wordsKept(`${CAPITAL} how many legs does a spider have`, userText)).toBe(1)
  })

  it('does nothing on a tap where the key is to be held, and says why', async () => {
    const { app } = program
    await set({ hotkey: { mode: 'hold' } })
    await app.keyboard.tap('ctrl+alt+space')
    const { turns } = await app.until(snapshot => snapshot.pipeline.state === 'idle' && snapshot.pipeline.errorCode === 'too-short' ? snapshot : null, { what: 'a hint' })
    expect(turns).toEqual([])
    expect(await app.page.locator('[data-testid="dock-line"]').textContent()).toContain('too short')
  })

  it('field 35, 40: does nothing on silence, and says why', async () => {
    const { app, stage } = program
    await listen()
    await stage.playMicPcm({ samples: new Int16Array(16_000), sampleRateHz: 16_000 })
    await app.keyUp()
    const { turns } = await app.until(snapshot => snapshot.pipeline.state === 'idle' && snapshot.pipeline.errorCode === 'no-speech' ? snapshot : null, { what: 'a hint' })
    expect(turns).toEqual([])
  })

  it('field 9: Esc drops the take but keeps the recording', async () => {
    const { app } = program
    await listen()
    await say('q-hello')
    await app.keyboard.tap('escape')
    await app.until(({ pipeline }) => pipeline.state === 'idle', { what: 'idle after Esc' })
    await app.keyUp()
    const { id, hasTake, replyText } = await turn()
    expect({ hasTake, replyText }).toEqual({ hasTake: true, replyText: '' })
    expect(await durationMs(String(storedTurn(id)?.['take_path']))).toBeGreaterThan(await durationMs(spokenFile('q-hello')))
  })

  it('works by the button in the window', async () => {
    const { app } = program
    const button = app.page.locator('[data-testid="talk"]')
    await button.dispatchEvent('pointerdown', { button: 0, pointerId: 1, isPrimary: true })
    await app.until(({ pipeline }) => pipeline.state === 'listening')
    await say('q-capital')
    await button.dispatchEvent('pointerup', { button: 0, pointerId: 1, isPrimary: true })
    expect(wordsKept(CAPITAL, (await turn()).userText)).toBe(1)
  })

  it('answers a typed question', async () => {
    const { app } = program
    await app.page.locator('[data-testid="ask"]').fill('What is the capital of Italy?')
    await app.page.locator('[data-testid="ask"]').press('Enter')
    expect(await turn()).toMatchObject({ userText: 'What is the capital of Italy?', end: 'complete', hasTake: false, replyText: expect.stringContaining('Rome') as unknown })
  })
})
