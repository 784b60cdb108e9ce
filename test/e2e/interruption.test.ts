import type { StageRecorder } from '../../scripts/stage/index.mjs'
import { describe, expect, it } from 'vitest'
import { lastSoundMs } from '../../scripts/stage/index.mjs'
import { useApp } from '../support/app'
import { transcript, wordsKept } from '../support/speech'

/** The bench asserts the bound (100 ms); here it is only to be told from a voice that speaks on. */
const SOON_MS = 400
const VOICE_DB = -35
/** Blocks of about 10 ms with a voice in them: enough words that the piece which was cut is the smaller part of them. */
const SOME_WORDS = 250

function untilWordsWereHeard(speaker: StageRecorder): Promise<void> {
  return new Promise((resolve) => {
    let loud = 0
    const off = speaker.onLevel(({ peakDb }) => {
      if (peakDb > VOICE_DB && ++loud === SOME_WORDS) {
        off()
        resolve()
      }
    })
  })
}

describe('interruption', () => {
  const program = useApp()

  it('field 34, 49, 51: falls silent at the next key down, keeps what was heard, and answers the next question', async () => {
    const { app, stage, ask, listen, say, turns } = program
    await ask('q-story')
    const first = await stage.recordSpeaker()
    await untilWordsWereHeard(first)

    const { sentAtMs } = await listen()
    await say('q-capital')
    const cut = await first.stop()
    const second = await stage.recordSpeaker()
    await app.keyUp()
    const [story, capital] = await turns(2)
    const answer = await transcript(await second.stop())

    const silentAfterMs = (lastSoundMs(cut) ?? Number.NaN) - sentAtMs
    expect(silentAfterMs).toBeLessThan(SOON_MS)
    expect(story?.end).toBe('interrupted')
    const { replyText = '', heardText } = story ?? {}
    expect(heardText).toBeTruthy()
    expect(replyText.startsWith(heardText ?? '-')).toBe(true)
    expect(heardText?.length).toBeLessThan(replyText.length)
    expect(wordsKept(heardText ?? '', await transcript(cut))).toBeGreaterThan(0.5)
    // What was not heard is shown as such.
    expect(await app.page.locator('del').textContent()).toContain(replyText.slice(heardText?.length).trim().slice(0, 20))
    expect(capital).toMatchObject({ end: 'complete', replyText: expect.stringContaining('Paris') as unknown })
    expect(wordsKept('what is the capital of france', capital?.userText ?? '')).toBe(1)
    expect(wordsKept(capital?.replyText ?? '', answer)).toBeGreaterThan(0.7)
  })
})
