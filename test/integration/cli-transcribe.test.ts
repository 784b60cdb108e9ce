import { watch } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAudio } from '../../src-main/audio/read-audio'
import { writeWav } from '../../src-main/audio/wav'
import texts from '../fixtures/speech.json'
import { parley, startParley } from '../support/cli'
import { spokenFile, wordsKept } from '../support/speech'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-transcribe-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The recordings one after the other, `times` over, with a second of silence behind each. */
async function soundOf(name: string, recordings: readonly (keyof typeof texts)[], times = 1): Promise<string> {
  const blocks: Int16Array[] = []
  for (const recording of recordings) {
    for await (const { samples } of readAudio(spokenFile(recording)))
      blocks.push(samples)
    blocks.push(new Int16Array(16_000))
  }
  const once = Int16Array.from(blocks.flatMap(block => [...block]))
  const all = new Int16Array(once.length * times)
  for (let at = 0; at < times; at++)
    all.set(once, at * once.length)
  const path = join(folder, name)
  await writeWav(path, all, 16_000)
  return path
}

interface Mark { readonly startMs: number, readonly endMs: number, readonly text: string }

function marksOf(srt: string): Mark[] {
  const ms = (time: string): number => {
    const [hours, minutes, seconds, part] = time.split(/[:,]/).map(Number) as [number, number, number, number]
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000 + part
  }
  return srt.trimEnd().split('\n\n').map((block) => {
    const [, times = '', ...lines] = block.split('\n')
    const [startMs = Number.NaN, endMs = Number.NaN] = times.split(' --> ').map(ms)
    return { startMs, endMs, text: lines.join(' ') }
  })
}

/** Resolves when a file that is being written in the folder has something in it. */
async function firstWords(output: string, signal: AbortSignal): Promise<void> {
  const changes = watch(output, { signal })
  await new Promise<void>((resolve, reject) => {
    changes.on('error', reject)
    changes.on('change', () => {
      void readdir(output).then(async (names) => {
        const sizes = await Promise.all(names.map(name => stat(join(output, name)).then(({ size }) => size, () => 0)))
        if (sizes.some(size => size > 0))
          resolve()
      })
    })
  })
  changes.close()
}

describe('parley transcribe', () => {
  it('marks where in the sound each phrase is, as data in a file and as subtitles on standard output', async () => {
    const sound = await soundOf('three.wav', ['q-story', 'q-sky', 'q-water'])
    const output = join(folder, 'formats')
    const files = await parley(['transcribe', sound, '--output', `${output}/`, '--format', 'json'])
    expect([files.code, files.stdout, files.stderr, await readdir(output)]).toEqual([0, '', '', ['three.json']])
    const json = await readFile(join(output, 'three.json'), 'utf8')
    const { code, stdout: srt } = await parley(['transcribe', sound, '--format', 'srt'])
    expect(code).toBe(0)
    const marks = marksOf(srt)
    expect(marks.map(({ text }, at) => wordsKept(texts[(['q-story', 'q-sky', 'q-water'] as const)[at] ?? 'q-count'], text) > 0.8)).toEqual([true, true, true])
    const data = JSON.parse(json) as { file: string, durationMs: number, text: string, segments: Mark[] }
    expect(data).toMatchObject({ file: sound, text: marks.map(({ text }) => text).join(' ') })
    expect(data.segments).toEqual(marks)
    // Behind each recording there is a second of silence: no phrase reaches into the next one's.
    for (const [at, { startMs, endMs }] of marks.entries()) {
      expect(startMs - (marks[at - 1]?.endMs ?? -1_000)).toBeGreaterThan(500)
      expect(endMs).toBeLessThan(data.durationMs)
    }
  })

  it('writes each of several sounds into its own file, replaces none, and tells of those that cannot be read', async () => {
    const output = join(folder, 'several')
    await mkdir(output)
    await writeFile(join(output, 'q-sky.srt'), 'precious')
    const letter = join(folder, 'letter.wav')
    await writeFile(letter, 'Dear reader')
    const sounds = [spokenFile('q-sky'), letter, spokenFile('q-water')]
    const first = await parley(['transcribe', ...sounds, '--output', output, '--format', 'srt'])
    expect({ code: first.code, stdout: first.stdout, stderr: first.stderr.trim().split('\n') }).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        `${sounds[0]}: There is a file ${join(output, 'q-sky.srt')} already. Use --force to replace it.`,
        `${letter}: This is not a WAV file. Convert it first: ffmpeg -i FILE out.wav`,
      ],
    })
    expect((await readdir(output)).sort()).toEqual(['q-sky.srt', 'q-water.srt'])
    expect(await readFile(join(output, 'q-sky.srt'), 'utf8')).toBe('precious')
    const events = await parley(['transcribe', spokenFile('q-sky'), '--output', output, '--format', 'srt', '--force', '--json'])
    expect([events.code, events.events.at(-1)?.['type']]).toEqual([0, 'final'])
    expect(marksOf(await readFile(join(output, 'q-sky.srt'), 'utf8'))[0]?.text).toBe(events.events.at(-1)?.['text'])
  })

  it('that is stopped keeps what it has written down, beside the name it would have had', async () => {
    const sound = await soundOf('long.wav', ['long-1', 'q-sky'], 25)
    const output = join(folder, 'stopped')
    await mkdir(output)
    const failed = new AbortController()
    const begun = firstWords(output, failed.signal)
    const running = startParley(['transcribe', sound, '--output', join(output, 'long.json')])
    await Promise.race([begun, running.result.then(({ stderr }) => Promise.reject(new Error(stderr)))])
    running.kill('SIGINT')
    const { code, stderr } = await running.result
    expect({ code, stderr }).toEqual({ code: 130, stderr: `What was written down so far is in ${join(output, 'long.json.part')}.\nStopped.\n` })
    expect(await readdir(output)).toEqual(['long.json.part'])
    const { segments } = JSON.parse(await readFile(join(output, 'long.json.part'), 'utf8')) as { segments: Mark[] }
    expect(segments[0]?.text).toMatch(/^The old harbor/)
  })

  it('refuses what cannot be meant, before any model is loaded', async () => {
    const [a, b] = [spokenFile('q-sky'), spokenFile('q-water')]
    const results = await Promise.all([
      parley(['transcribe', a, '--format', 'docx']),
      parley(['transcribe', a, b, '--format', 'srt']),
      parley(['transcribe', a, b, '--output', join(folder, 'one.srt')]),
      parley(['transcribe', a, '--format', 'srt', '--json']),
      parley(['transcribe', a, '--output', a, '--force']),
    ])
    expect(results.map(({ code, stderr }) => [code, stderr.trim()])).toEqual([
      [2, 'There is no format docx. There are: txt, srt, vtt, json.'],
      [2, 'Several sounds are no one srt file: name a folder with --output.'],
      [2, `There are several sound files: --output has to name a folder, and ${join(folder, 'one.srt')} is none.`],
      [2, ''],
      [2, `${a} is the sound itself: name another file with --output.`],
    ])
    expect(results[3]?.events).toMatchObject([{ type: 'error', code: 'bad-input' }])
  })
})
