import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTranscriptFile, namesFor, planOutputs } from '../../../src-main/cli/transcript-files'
import { fileSink } from '../../../src-main/cli/transcript-sink'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-transcript-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const WHOLE = { text: 'One. Two.', durationMs: 4_000 }

describe('the places of transcripts', () => {
  it('are named after the sounds, each with a name of its own', () => {
    expect(namesFor(['a/talk.wav', 'b/talk.WAV', 'b/Talk.wav', '-', 'no.ending.wav', '.hidden'], 'srt')).toEqual(['talk.srt', 'talk-2.srt', 'Talk-3.srt', 'stdin.srt', 'no.ending.srt', '.hidden.srt'])
  })

  it('are a file for one sound, and a folder for several or where there is one', async () => {
    const deep = join(folder, 'a', 'b')
    expect(await planOutputs(['x.wav'], join(folder, 'out.srt'), 'srt')).toEqual([join(folder, 'out.srt')])
    expect(await planOutputs(['x.wav'], folder, 'srt')).toEqual([join(folder, 'x.srt')])
    expect(await planOutputs(['x.wav'], `${deep}/`, 'vtt')).toEqual([join(deep, 'x.vtt')])
    expect(await planOutputs(['x.wav', 'y.wav'], join(folder, 'new'), 'json')).toEqual([join(folder, 'new', 'x.json'), join(folder, 'new', 'y.json')])
    expect(readdirSync(folder).sort()).toEqual(['a', 'new'])
  })

  it('are refused where several sounds would be one file, where a folder cannot be, and where the sound itself is', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    await expect(planOutputs(['x.wav', 'y.wav'], join(folder, 'out.srt'), 'srt')).rejects.toMatchObject({ code: 'bad-input' })
    await expect(planOutputs(['x.wav', 'y.wav'], file, 'srt')).rejects.toMatchObject({ code: 'bad-input' })
    await expect(planOutputs(['x.wav', 'y.wav'], join(file, 'deeper'), 'srt')).rejects.toMatchObject({ code: 'read-only' })
    await expect(planOutputs([join(folder, 'x.wav')], join(folder, '.', 'x.wav'), 'txt')).rejects.toMatchObject({ code: 'bad-input' })
    await expect(planOutputs([join(folder, 'x.txt')], folder, 'txt')).rejects.toMatchObject({ code: 'bad-input' })
  })
})

describe('a transcript in a file', () => {
  it('has its name only when it is whole', async () => {
    const path = join(folder, 'out.srt')
    const sink = await fileSink(path, 'srt', 'x.wav', false)
    await sink.phrase({ startMs: 0, endMs: 1_000, text: 'One.' })
    await sink.phrase({ startMs: 2_000, endMs: 3_000, text: 'Two.' })
    expect(readdirSync(folder).filter(name => !name.endsWith('.tmp'))).toEqual([])
    await sink.finish(WHOLE)
    expect(readdirSync(folder)).toEqual(['out.srt'])
    expect(readFileSync(path, 'utf8')).toBe('1\n00:00:00,000 --> 00:00:01,000\nOne.\n\n2\n00:00:02,000 --> 00:00:03,000\nTwo.\n\n')
  })

  it('that is left in the middle is kept beside it, to be read as it is', async () => {
    const path = join(folder, 'out.json')
    const sink = await fileSink(path, 'json', 'x.wav', false)
    await sink.phrase({ startMs: 0, endMs: 1_000, text: 'One.' })
    expect(await sink.abandon({ text: '', durationMs: 1_500 })).toBe(`${path}.part`)
    expect(readdirSync(folder)).toEqual(['out.json.part'])
    expect(JSON.parse(readFileSync(`${path}.part`, 'utf8'))).toMatchObject({ durationMs: 1_500, segments: [{ text: 'One.' }] })
    const nothing = await fileSink(path, 'json', 'x.wav', false)
    expect(await nothing.abandon({ text: '', durationMs: 0 })).toBeNull()
    expect(readdirSync(folder)).toEqual(['out.json.part'])
  })

  it('replaces nothing, however late the other file came, unless it may', async () => {
    const path = join(folder, 'out.txt')
    const first = await createTranscriptFile(path, { replace: false })
    writeFileSync(path, 'precious')
    await expect(createTranscriptFile(path, { replace: false })).rejects.toMatchObject({ code: 'bad-input', message: `There is a file ${path} already. Use --force to replace it.` })
    await first.write('mine')
    await expect(first.finish()).rejects.toMatchObject({ code: 'bad-input' })
    expect(await first.abandon()).toBe(`${path}.part`)
    expect([readFileSync(path, 'utf8'), readFileSync(`${path}.part`, 'utf8')]).toEqual(['precious', 'mine'])
    const forced = await createTranscriptFile(path, { replace: true })
    await forced.write('newer')
    await forced.finish()
    expect(readFileSync(path, 'utf8')).toBe('newer')
    expect(readdirSync(folder).sort()).toEqual(['out.txt', 'out.txt.part'])
  })

  it('says which folder is missing or is none', async () => {
    await expect(createTranscriptFile(join(folder, 'nowhere', 'out.txt'), { replace: false })).rejects.toMatchObject({ code: 'not-found', message: `There is no such folder: ${join(folder, 'nowhere')}` })
    mkdirSync(join(folder, 'dir'))
    writeFileSync(join(folder, 'dir', 'file'), '')
    await expect(createTranscriptFile(join(folder, 'dir', 'file', 'out.txt'), { replace: false })).rejects.toMatchObject({ code: 'read-only' })
  })
})
