import type { LaunchedApp } from '../../scripts/stage/app.mjs'
import type { Stage } from '../../scripts/stage/index.mjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchApp } from '../../scripts/stage/app.mjs'
import { lastSoundMs, startStage } from '../../scripts/stage/index.mjs'
import { spokenFile, wordsKept } from '../support/speech'

/** The bench asserts the bound (100 ms); here a machine busy with other tests must not fail what works. */
const SOON_MS = 400

describe('interruption', () => {
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

  it('field 34, 49, 51: falls silent at the next key down, keeps what was heard, and answers the next question', async () => {
    await app.keyDown()
    await app.until(({ pipeline }) => pipeline.state === 'listening')
    await stage.playMic(spokenFile('q-story'))
    await app.keyUp()
    const speaker = await stage.recordSpeaker()
    await app.until(({ pipeline }) => pipeline.state === 'speaking', { what: 'speaking' })
    await speaker.untilSound({ thresholdDb: -35 })

    const { sentAtMs } = await app.keyDown()
    await app.until(({ pipeline }) => pipeline.state === 'listening', { what: 'listening again' })
    await stage.playMic(spokenFile('q-capital'))
    const silentAtMs = lastSoundMs(await speaker.stop())
    await app.keyUp()

    const turns = await app.until(({ pipeline, turns }) => pipeline.state === 'idle' && turns.length === 2 && turns.every(turn => turn.end !== 'pending') ? turns : null, { what: 'both turns' })
    const [story, capital] = turns
    expect(silentAtMs).not.toBeNull()
    expect((silentAtMs ?? Infinity) - sentAtMs).toBeLessThan(SOON_MS)
    expect(story?.end).toBe('interrupted')
    expect(story?.heardText).not.toBeNull()
    expect(story?.replyText.startsWith(story.heardText ?? '-')).toBe(true)
    expect(capital?.end).toBe('complete')
    expect(wordsKept('what is the capital of france', capital?.userText ?? '')).toBe(1)
    expect(capital?.replyText).toContain('Paris')
  })
})
