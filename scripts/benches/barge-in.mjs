import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { launchApp } from '../stage/app.mjs'
import { lastSoundMs, monotonicMs } from '../stage/index.mjs'
import { askOnce } from './key-to-voice.mjs'
import { spokenQuestion } from './lib/questions.mjs'
import { round1, summary } from './lib/statistics.mjs'

export const name = 'barge-in'
export const needs = ['stage']

/** What is still to come after silence was asked for is listened to for so long. */
const LISTEN_MS = 700
/** The voice pauses between words: a press in such a pause would measure nothing. */
const LOUD_DB = -35

/** Key down while it speaks (a real X event) to the last sample above the noise at the loudspeaker's monitor. */
export async function run({ stage, env, log, turns = 20 }) {
  const question = await spokenQuestion(env.PARLEY_SPEECH_DIR ?? process.env.PARLEY_SPEECH_DIR, 'q-story')
  const app = await launchApp({ stage, env })
  try {
    return await measure({ app, stage, log, turns, question })
  }
  finally {
    await app.close()
  }
}

async function measure({ app, stage, log, turns, question }) {
  const times = []
  while (times.length < turns) {
    // Each on its own: what was broken off before must not make the next story short.
    await app.request('conversation.create')
    const ms = await askOnce(app, stage, question, {
      async onSpeaking({ speaker }) {
        await speaker.untilSound({ thresholdDb: LOUD_DB })
        // Somewhere in the reply, not always at its beginning.
        await delay(150 + 70 * (times.length % 7))
        const loud = await speaker.untilSound({ thresholdDb: LOUD_DB, timeoutMs: 3_000 }).catch(() => null)
        const { sentAtMs } = await app.keyDown()
        await delay(Math.max(0, sentAtMs + LISTEN_MS - monotonicMs()))
        await app.keyUp()
        await app.until(({ pipeline }) => pipeline.state === 'idle', { what: 'idle after an empty take' })
        const recording = await speaker.stop()
        const quietMs = lastSoundMs(recording)
        return loud === null || quietMs === null ? null : Math.max(0, quietMs - sentAtMs)
      },
    })
    if (ms === null)
      continue
    log(`${times.length + 1}: silent after ${Math.round(ms)} ms`)
    times.push(ms)
  }
  return { name, ...summary(times), maxMs: round1(Math.max(...times)) }
}
