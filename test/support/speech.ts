import type { StageRecording } from '../../scripts/stage/index.mjs'
import type texts from '../fixtures/speech.json'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { writeWav } from '../../src-main/audio/wav'

const run = promisify(execFile)

/** A recording that set-up made with the embedded voice. */
export function spokenFile(name: keyof typeof texts): string {
  const folder = process.env['PARLEY_SPEECH_DIR']
  if (!folder)
    throw new Error('PARLEY_SPEECH_DIR is not set: run the tests with npm test')
  return join(folder, `${name}.wav`)
}

/** What the recogniser hears in a recording, by the command line of the built program. */
export async function transcript(recording: StageRecording): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-heard-'))
  try {
    const file = join(folder, 'heard.wav')
    await writeWav(file, recording.samples, recording.sampleRateHz)
    const { stdout } = await run(process.execPath, [resolve('out/main/cli.js'), 'transcribe', file])
    return stdout.trim()
  }
  finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export function wordsOf(text: string): string[] {
  return text.toLowerCase().normalize('NFKD').replace(/[^\p{L}\p{N}\s]/gu, '').split(/\s+/).filter(word => word !== '')
}

/** Share of `expected`'s words that `heard` has, in order (longest common subsequence), 0 to 1. */
export function wordsKept(expected: string, heard: string): number {
  const [a, b] = [wordsOf(expected), wordsOf(heard)]
  if (a.length === 0)
    return b.length === 0 ? 1 : 0
  let row = b.map(() => 0).concat(0)
  for (const word of a) {
    const next: number[] = [0]
    b.forEach((other, j) => next.push(word === other ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0)))
    row = next
  }
  return (row.at(-1) ?? 0) / a.length
}
