import { setTimeout as delay } from 'node:timers/promises'
import { installedModel, openInference } from './lib/inference.mjs'
import { openClips, voiceEndSeconds } from './lib/speech-clips.mjs'
import { createStableWords } from './lib/stable-words.mjs'
import { quantile, round1, summary } from './lib/statistics.mjs'
import { normalizedWordErrors, wordErrors } from './lib/word-errors.mjs'

export const name = 'transcribe'
export const needs = []

const RATE_HZ = 16_000
const FRAME_SAMPLES = 320
const FRAME_MS = 20
/** Seconds of a take, and how many are measured with 200 ms of silence before the key goes up, and with none. */
const TAKES = [
  { seconds: 3, released: 20, clipped: 20 },
  { seconds: 30, released: 5, clipped: 3 },
  { seconds: 100, released: 5, clipped: 0 },
]
const QUICK_TAKES = [
  { seconds: 3, released: 8, clipped: 8 },
  { seconds: 30, released: 2, clipped: 1 },
  { seconds: 100, released: 1, clipped: 0 },
]
const RELEASE_SILENCE_MS = 200

/**
 * How exact the recogniser is, how fast through a whole set of clips, and how soon after the end of a take the text
 * is there, when the sound comes as a microphone gives it. All through the real child process.
 * `--quick` measures fewer takes, `--accuracy` none; `--takes=SECONDS,COUNT,FIRST`, any number of
 * times, only these takes and no accuracy; `--clips` prints each clip with errors.
 */
export async function run({ log, args = [] }) {
  const clips = openClips()
  if (!clips)
    return { name, skipped: true, why: 'No speech clips: name their folder in PARLEY_SPEECH_CLIPS.' }
  const host = await openInference({
    models: { asr: installedModel('moonshine-base-en'), rescue: installedModel('moonshine-tiny-en'), vad: installedModel('silero-vad-v5') },
    kinds: ['asr'],
  })
  try {
    return { name, ...await measure(host, clips, { log, args }) }
  }
  finally {
    await host[Symbol.asyncDispose]()
  }
}

async function measure(host, clips, { log, args }) {
  await transcribe(host, clips[0].samples())
  const only = args.filter(arg => arg.startsWith('--takes=')).map((arg) => {
    const [seconds, released, first] = arg.slice('--takes='.length).split(',').map(Number)
    return { seconds, released, clipped: 0, first }
  })
  if (only.length > 0)
    return await measureTakes(host, clips, only, log)
  const accuracy = await measureAccuracy(host, clips, log, args.includes('--clips'))
  if (args.includes('--accuracy'))
    return { n: clips.length, p50Ms: null, p95Ms: null, hops: {}, ...accuracy }
  const takes = await measureTakes(host, clips, args.includes('--quick') ? QUICK_TAKES : TAKES, log)
  return { ...takes, ...accuracy }
}

// --- accuracy ---

async function measureAccuracy(host, clips, log, verbose) {
  const english = { errors: 0, words: 0 }
  const normalized = { errors: 0, words: 0 }
  let audioSeconds = 0
  let emptyClips = 0
  let inventedClips = 0
  const worst = []
  const heard = []
  const began = performance.now()
  for (const clip of clips) {
    const samples = clip.samples()
    audioSeconds += samples.length / RATE_HZ
    heard.push([clip, (await transcribe(host, samples)).text])
  }
  const tookSeconds = (performance.now() - began) / 1000
  for (const [clip, text] of heard) {
    if (clip.language === 'none' && text !== '') {
      inventedClips++
      log(`invented: ${clip.file}: ${text}`)
    }
    if (clip.language !== 'en')
      continue
    if (text === '')
      emptyClips++
    const references = [clip.text, ...(clip.text_alt ? [clip.text_alt] : [])]
    const errors = wordErrors(references, text)
    add(english, errors)
    add(normalized, normalizedWordErrors(references, text))
    worst.push({ file: clip.file, errors: errors.errors, words: errors.words, text })
  }
  worst.sort((a, b) => b.errors - a.errors)
  for (const each of verbose ? worst.filter(({ errors }) => errors > 0) : worst.slice(0, 5))
    log(`${each.errors} of ${each.words} words: ${each.file}${verbose ? `: ${each.text}` : ''}`)
  return {
    clips: clips.length,
    words: english.words,
    werPercent: percent(english),
    normalizedWerPercent: percent(normalized),
    emptyClips,
    inventedClips,
    audioSeconds: round1(audioSeconds),
    realTimeFactor: Number((tookSeconds / audioSeconds).toFixed(4)),
  }
}

function add(sum, { errors, words }) {
  sum.errors += errors
  sum.words += words
}

function percent({ errors, words }) {
  return Number((100 * errors / words).toFixed(2))
}

/** As fast as the recogniser takes it. */
async function transcribe(host, samples) {
  async function* frames() {
    for (let at = 0; at < samples.length; at += FRAME_SAMPLES)
      yield { samples: samples.subarray(at, at + FRAME_SAMPLES), sampleRate: RATE_HZ, capturedAtMs: at * 1000 / RATE_HZ }
  }
  for await (const event of host.asr.transcribe(frames(), { signal: AbortSignal.timeout(120_000) })) {
    if (event.type === 'final')
      return event
  }
  throw new Error('The recogniser ended without a final text.')
}

// --- the end of a take ---

async function measureTakes(host, clips, plan, log) {
  const english = clips.filter(clip => clip.language === 'en' && !clip.tags.includes('single-word'))
  const finalMs = {}
  const finalMsNoSilence = {}
  const all = []
  const partialGaps = []
  const settledAfter = []
  const stable = createStableWords()
  for (const { seconds, released, clipped, first = 0 } of plan) {
    const measured = []
    const without = []
    for (let i = 0; i < Math.max(released, clipped); i++) {
      const take = joinClips(english, seconds, first + i)
      if (i < released) {
        const result = await realTimeTake(host, [...take, new Int16Array(RATE_HZ * RELEASE_SILENCE_MS / 1000)])
        measured.push(result.finalMs)
        partialGaps.push(...result.partialGaps)
        settledAfter.push(...result.settledAfter)
        stable.add(result.events)
      }
      if (i < clipped)
        without.push((await realTimeTake(host, take)).finalMs)
    }
    all.push(...measured)
    finalMs[seconds] = round1(quantile(measured, 0.5))
    if (without.length > 0)
      finalMsNoSilence[seconds] = round1(quantile(without, 0.5))
    log(`takes of ${seconds} s: final after ${measured.map(Math.round).join(' ')} ms; without silence ${without.map(Math.round).join(' ')} ms`)
  }
  return {
    ...summary(all),
    hops: { partialGap: round1(quantile(partialGaps, 0.5)), settledAfterSpeechEnd: round1(quantile(settledAfter, 0.5)) },
    finalMs,
    finalMsNoSilence,
    partialGapP50Ms: round1(quantile(partialGaps, 0.5)),
    partialGapP95Ms: round1(quantile(partialGaps, 0.95)),
    ...stable.summary(),
  }
}

/** Clips in a row with 300 ms between them, from another one each time; the last ends where its voice ends. */
function joinClips(clips, seconds, round) {
  const suitable = seconds < 10 ? clips.filter(clip => Math.abs(voiceEndSeconds(clip) - seconds) < 1) : clips
  const parts = []
  let total = 0
  for (let i = round * 7; total < seconds * 0.9; i++) {
    const clip = suitable[i % suitable.length]
    const samples = clip.samples()
    const end = Math.min(samples.length, Math.round(voiceEndSeconds(clip) * RATE_HZ))
    if (parts.length > 0)
      parts.push(new Int16Array(RATE_HZ * 0.3))
    parts.push(samples.subarray(0, end))
    total += end / RATE_HZ + 0.3
  }
  return parts
}

/** Frames come when a microphone would give them; measured from the end of the last frame to the final text. */
async function realTimeTake(host, parts) {
  let endedMs = 0
  async function* frames() {
    const began = performance.now()
    let sent = 0
    for (const part of parts) {
      for (let at = 0; at < part.length; at += FRAME_SAMPLES) {
        const samples = part.subarray(at, at + FRAME_SAMPLES)
        sent += samples.length
        const waitMs = began + sent * 1000 / RATE_HZ - performance.now()
        if (waitMs > 0)
          await delay(waitMs)
        yield { samples, sampleRate: RATE_HZ, capturedAtMs: began + sent * 1000 / RATE_HZ - FRAME_MS }
      }
    }
    endedMs = performance.now()
  }
  const partialGaps = []
  const settledAfter = []
  const events = []
  let toldMs = null
  let silentMs = null
  for await (const event of host.asr.transcribe(frames(), { signal: AbortSignal.timeout(300_000) })) {
    const nowMs = performance.now()
    events.push(event)
    if (event.type === 'speech-end')
      silentMs = nowMs
    if (event.type === 'speech-start')
      toldMs = null
    if (event.type === 'partial' && event.settled && silentMs !== null)
      settledAfter.push(nowMs - silentMs)
    if (event.type === 'partial' && !event.settled) {
      if (toldMs !== null)
        partialGaps.push(nowMs - toldMs)
      toldMs = nowMs
    }
    if (event.type === 'final')
      return { finalMs: nowMs - endedMs, partialGaps, settledAfter, events }
  }
  throw new Error('The recogniser ended without a final text.')
}
