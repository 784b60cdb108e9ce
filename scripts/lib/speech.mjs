import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { SetupError } from './failure.mjs'
import { voiceFingerprint } from './models.mjs'
import { CLI, ROOT, speechFolder } from './paths.mjs'
import { createProgress } from './progress.mjs'
import { run, tail } from './run.mjs'

/** The question of the demo in the terminal. */
export const SAMPLE_QUESTION = 'q-sky'

/** File stem → what is said in it. */
function speechTexts() {
  return JSON.parse(readFileSync(join(ROOT, 'test', 'fixtures', 'speech.json'), 'utf8'))
}

export function speechFile(stem) {
  return join(speechFolder(), `${stem}.wav`)
}

/**
 * Has the embedded voice speak the given stems (all without an argument) into WAV files; what is there already, from
 * the same voice and text, stays.
 */
export async function ensureSpeech(stems = Object.keys(speechTexts())) {
  const texts = speechTexts()
  const voice = voiceFingerprint()
  const missing = stems.filter(stem => !isThere(stem, keyOf(voice, texts[stem])))
  if (missing.length === 0)
    return
  mkdirSync(speechFolder(), { recursive: true })
  const progress = createProgress('Sample speech (by the embedded voice)', { total: missing.length })
  for (const [index, stem] of missing.entries()) {
    progress.update(index, stem)
    await speak(stem, texts[stem], keyOf(voice, texts[stem]), progress)
  }
  progress.done()
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

async function speak(stem, text, key, progress) {
  const file = speechFile(stem)
  const half = join(speechFolder(), `.${stem}.${process.pid}.wav`)
  const { code, output } = await run(process.execPath, [CLI, 'say', '--output', half, text], { cwd: ROOT, timeoutMs: 120_000 })
  if (code !== 0) {
    rmSync(half, { force: true })
    progress.fail(stem)
    throw new SetupError(`The embedded voice could not speak (parley say ended with ${code}):\n${tail(output)}\n`)
  }
  renameSync(half, file)
  writeFileSync(`${file}.json`, JSON.stringify({ key, text, sizeBytes: statSync(file).size }))
}
