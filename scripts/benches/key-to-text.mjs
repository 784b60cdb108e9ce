import { setTimeout as delay } from 'node:timers/promises'
import { launchApp } from '../stage/app.mjs'
import { lastSoundMs, monotonicMs } from '../stage/index.mjs'
import { loadTs } from './lib/load-ts.mjs'
import { spokenQuestion } from './lib/questions.mjs'
import { medians, round1, summary } from './lib/statistics.mjs'

export const name = 'key-to-text'
export const needs = ['stage']

const SENTENCES = ['k-france', 'k-spider', 'k-sky', 'k-tea', 'k-moon']
const DICTATE = 'ctrl+alt+d'
/** The key is let go so long after the voice ends. */
const RELEASE_MS = 200
/** How many takes of each length; the long ones are spoken in real time. */
const TAKES = [{ seconds: 3, count: 20 }, { seconds: 30, count: 5 }, { seconds: 100, count: 3 }]

/** Key up (a real X event) to the text in a GTK entry, as the program itself tells it. `--quick`: short takes alone. */
export async function run({ stage, env, log, args = [] }) {
  const { openTextView } = await loadTs('test/support/programs/gtk.ts')
  const sentences = await Promise.all(SENTENCES.map(sentence => spokenQuestion(env.PARLEY_SPEECH_DIR, sentence)))
  const app = await launchApp({ stage, env })
  const view = await openTextView(stage)
  try {
    const lengths = {}
    const all = []
    const hops = []
    for (const { seconds, count } of args.includes('--quick') ? TAKES.slice(0, 1) : TAKES) {
      const times = []
      for (let take = seconds === 3 ? -1 : 0; take < count; take++) {
        const result = await dictateOnce({ app, stage, view, sound: spokenFor(sentences, seconds, take + 1) })
        log(`${seconds} s, take ${take + 1}: ${Math.round(result.ms)} ms, ${JSON.stringify(result.times)}`)
        if (take < 0)
          continue
        times.push(result.ms)
        hops.push(result.times)
      }
      lengths[`${seconds}s`] = { ...summary(times), maxMs: round1(Math.max(...times)) }
      all.push(...times)
    }
    return { name, ...summary(all), hops: medians(hops), lengths }
  }
  finally {
    await view.close()
    await app.close()
  }
}

/** Sentences one after another, with a breath between them, of about this length. */
function spokenFor(sentences, seconds, from) {
  const { sampleRateHz } = sentences[0]
  const breath = new Int16Array(sampleRateHz * 0.35)
  const parts = []
  let length = 0
  for (let i = from; parts.length === 0 || length < (seconds - 2) * sampleRateHz; i++) {
    const { samples } = sentences[i % sentences.length]
    parts.push(samples, breath)
    length += samples.length + breath.length
  }
  const samples = new Int16Array(length - breath.length)
  let at = 0
  for (const part of parts.slice(0, -1)) {
    samples.set(part, at)
    at += part.length
  }
  return { samples, sampleRateHz }
}

async function dictateOnce({ app, stage, view, sound }) {
  await view.clear()
  const microphone = await stage.recordSource('micsink.monitor')
  await app.keyDown(DICTATE)
  await app.until(({ dictation }) => dictation.state === 'recording', { what: 'recording' })
  await stage.playMicPcm(sound)
  const voiceEndMs = lastSoundMs(await microphone.stop())
  await delay(Math.max(0, voiceEndMs + RELEASE_MS - monotonicMs()))
  const { sentAtMs } = await app.keyUp(DICTATE)
  await view.untilText(text => text !== '')
  const ms = monotonicMs() - sentAtMs
  await app.until(({ dictation }) => dictation.state === 'idle', { what: 'the end' })
  const [{ times, end, finalText }] = await app.request('dictations.list', { limit: 1 })
  if (end !== 'inserted' || finalText !== await view.text())
    throw new Error(`not inserted as it was said: ${end}`)
  return { ms, times: Object.fromEntries(Object.entries(times).map(([hop, at]) => [hop, Math.round(at)])) }
}
