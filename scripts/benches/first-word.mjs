import { launchApp } from '../stage/app.mjs'
import { normalizeEnglish } from './lib/english-normalizer.mjs'
import { loadTs } from './lib/load-ts.mjs'
import { spokenQuestion } from './lib/questions.mjs'

export const name = 'first-word'
export const needs = ['stage']

const SENTENCES = [
  ['k-france', 'i'],
  ['k-spider', 'could'],
  ['k-sky', 'can'],
  ['k-tea', 'what'],
  ['k-moon', 'how'],
  ['q-sky', 'why'],
  ['q-story', 'tell'],
  ['q-hello', 'hello'],
]
const DICTATE = 'ctrl+alt+d'

/** Key and voice start at the same moment: how often the first word is right. */
export async function run({ stage, env, log, args = [] }) {
  const takes = Number(args.find(argument => /^\d+$/.test(argument)) ?? 100)
  const { openTextView } = await loadTs('test/support/programs/gtk.ts')
  const sentences = await Promise.all(SENTENCES.map(async ([stem, word]) => ({ ...await spokenQuestion(env.PARLEY_SPEECH_DIR, stem), word })))
  const app = await launchApp({ stage, env })
  const view = await openTextView(stage)
  let right = 0
  try {
    for (let take = 0; take < takes; take++) {
      const { word, ...sound } = sentences[take % sentences.length]
      await view.clear()
      const voice = stage.startMicPcm(sound)
      await app.keyDown(DICTATE)
      await voice.done
      await app.keyUp(DICTATE)
      await app.until(({ dictation }) => dictation.state === 'idle' && dictation.id === null, { what: 'the end' })
      const [first] = await app.request('dictations.list', { limit: 1 })
      const heard = normalizeEnglish(first?.rawText ?? '').split(' ')[0]
      if (heard === word)
        right++
      else
        log(`take ${take + 1}: "${heard}" instead of "${word}": ${first?.rawText}`)
    }
    return { name, n: takes, right }
  }
  finally {
    await view.close()
    await app.close()
  }
}
