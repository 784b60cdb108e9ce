import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { launchApp } from '../stage/app.mjs'
import { firstSoundMs, lastSoundMs, monotonicMs } from '../stage/index.mjs'
import { spokenQuestion } from './lib/questions.mjs'
import { medians, round1, summary } from './lib/statistics.mjs'

export const name = 'key-to-voice'
export const needs = ['stage']

/** Two to four seconds each. */
const QUESTIONS = ['k-france', 'k-spider', 'k-sky', 'k-tea', 'k-moon']
/** The key is let go so long after the voice ends. */
const RELEASE_MS = 200

/** Key up (a real X event) to the first sample above the noise at the loudspeaker's monitor, warm. */
export async function run({ stage, env, log, turns = 20 }) {
  const questions = await Promise.all(QUESTIONS.map(question => spokenQuestion(env.PARLEY_SPEECH_DIR ?? process.env.PARLEY_SPEECH_DIR, question)))
  const app = await launchApp({ stage, env })
  try {
    return await measure({ app, stage, log, turns, questions })
  }
  finally {
    await app.close()
  }
}

async function measure({ app, stage, log, turns, questions }) {
  const times = []
  const hops = []
  for (let turn = -1; turn < turns; turn++) {
    const question = questions[(turn + questions.length) % questions.length]
    const result = await askOnce(app, stage, question)
    log(`turn ${turn < 0 ? '(warm-up)' : turn + 1}: ${question.name} ${Math.round(question.durationMs)} ms, first sound after ${Math.round(result.ms)} ms: ${JSON.stringify(Object.fromEntries(Object.entries(result.hops).map(([key, value]) => [key, Math.round(value)])))}`)
    if (turn >= 0) {
      times.push(result.ms)
      hops.push(result.hops)
    }
  }
  return { name, ...summary(times), hops: medians(hops), maxMs: round1(Math.max(...times)), questionMs: medians(questions.map(({ durationMs }) => ({ durationMs }))).durationMs }
}

/** One turn: holds the key, speaks, lets go, listens; resolves when the reply has been heard. */
export async function askOnce(app, stage, question, { onSpeaking } = {}) {
  const speaker = await stage.recordSpeaker()
  const microphone = await stage.recordSource('micsink.monitor')
  const before = (await app.snapshot()).turns.length
  await app.keyDown()
  await app.until(({ pipeline }) => pipeline.state === 'listening', { what: 'listening' })
  await stage.playMicPcm(question)
  const heard = await microphone.stop()
  const voiceEndMs = lastSoundMs(heard)
  await delay(Math.max(0, voiceEndMs + RELEASE_MS - monotonicMs()))
  const { sentAtMs } = await app.keyUp()
  if (onSpeaking) {
    await app.until(({ pipeline }) => pipeline.state === 'speaking', { what: 'speaking' })
    return onSpeaking({ speaker, sentAtMs })
  }
  const turn = await app.until(({ pipeline, turns }) => pipeline.state === 'idle' && turns.length > before && turns.at(-1).end !== 'pending' ? turns.at(-1) : null, { what: 'the end of the turn' })
  const recording = await speaker.stop()
  const soundMs = firstSoundMs(recording, { fromMs: sentAtMs })
  if (soundMs === null)
    throw new Error(`nothing was heard after ${question.name}: ${JSON.stringify({ ...turn, end: turn.end })}`)
  return { ms: soundMs - sentAtMs, hops: turn.hops, turn }
}
