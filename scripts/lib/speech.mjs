import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { normalizeEnglish } from '../benches/lib/english-normalizer.mjs'
import { SetupError } from './failure.mjs'
import { voiceFingerprint } from './models.mjs'
import { CLI, ROOT, speechFolder } from './paths.mjs'
import { createProgress } from './progress.mjs'
import { run, tail } from './run.mjs'

/** The question of the demo in the terminal. */
export const SAMPLE_QUESTION = 'q-sky'
/** How often a text is spoken at most. About one in twenty is misheard. */
const ROUNDS = 3

/** File stem → what is said in it. */
function speechTexts() {
  return JSON.parse(readFileSync(join(ROOT, 'test', 'fixtures', 'speech.json'), 'utf8'))
}

export function speechFile(stem) {
  return join(speechFolder(), `${stem}.wav`)
}

/**
 * Has the embedded voice speak the given stems (all without an argument) into WAV files; what is there already, from
 * the same voice and text, stays. The voice is not the same twice: what the recogniser mishears is spoken again.
 */
export async function ensureSpeech(stems = Object.keys(speechTexts())) {
  const texts = speechTexts()
  const voice = voiceFingerprint()
  const missing = stems.filter(stem => !isThere(stem, keyOf(voice, texts[stem])))
  if (missing.length === 0)
    return
  mkdirSync(speechFolder(), { recursive: true })
  const progress = createProgress('Sample speech (by the embedded voice)', { total: missing.length })
  let left = missing
  for (let round = 1; left.length > 0 && round <= ROUNDS; round++) {
    for (const [index, stem] of left.entries()) {
      progress.update(missing.length - left.length + index, stem)
      await speak(stem, texts[stem], progress)
    }
    left = await misheard(left, texts)
  }
  // What is never understood is kept all the same: it is the recogniser's, and a test's to find.
  for (const stem of missing)
    writeFileSync(`${speechFile(stem)}.json`, JSON.stringify({ key: keyOf(voice, texts[stem]), text: texts[stem], sizeBytes: statSync(speechFile(stem)).size }))
  progress.done()
}

/** Those of which the recogniser does not hear every word; none where it cannot be asked. */
async function misheard(stems, texts) {
  const { code, stdout } = await run(process.execPath, [CLI, 'transcribe', '--json', ...stems.map(speechFile)], { cwd: ROOT, timeoutMs: 120_000 })
  if (code !== 0)
    return []
  const events = stdout.split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line))
  const heard = new Map(events.filter(({ type }) => type === 'final').map(({ file, text }) => [file, text]))
  return stems.filter(stem => normalizeEnglish(heard.get(speechFile(stem)) ?? '') !== normalizeEnglish(texts[stem]))
}

function keyOf(voice, text) {
  return createHash('sha256').update(`${voice}\0${text}`).digest('hex')
}

function isThere(stem, key) {
  try {
    const { key: madeWith, sizeBytes } = JSON.parse(readFileSync(`${speechFile(stem)}.json`, 'utf8'))
    return madeWith === key && statSync(speechFile(stem)).size === sizeBytes
  }
  catch {
    return false
  }
}

async function speak(stem, text, progress) {
  const half = join(speechFolder(), `.${stem}.${process.pid}.wav`)
  const { code, output } = await run(process.execPath, [CLI, 'say', '--output', half, text], { cwd: ROOT, timeoutMs: 120_000 })
  if (code !== 0) {
    rmSync(half, { force: true })
    progress.fail(stem)
    throw new SetupError(`The embedded voice could not speak (parley say ended with ${code}):\n${tail(output)}\n`)
  }
  renameSync(half, speechFile(stem))
}
