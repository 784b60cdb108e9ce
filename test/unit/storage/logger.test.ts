import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../../../src-main/lib/app-error'
import { createLogger } from '../../../src-main/storage/logger'
import { RotatingFile } from '../../../src-main/storage/rotating-file'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function lines(name = 'parley.log'): Record<string, unknown>[] {
  return readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
}

describe('the log', () => {
  it('has the message, the level, the time and the fields', async () => {
    const logger = createLogger({ folder })
    logger.debug('not at this level')
    logger.info('model installed', { model: 'a', sizeBytes: 3 })
    logger.error('it failed', { error: new AppError('timeout', 'too slow', { cause: new Error('socket') }) })
    await logger.flush()
    expect(lines()).toMatchObject([
      { level: 'info', msg: 'model installed', model: 'a', sizeBytes: 3, time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string },
      { level: 'error', msg: 'it failed', error: { name: 'AppError', code: 'timeout', message: 'too slow', cause: { name: 'Error', message: 'socket' } } },
    ])
    expect(statSync(join(folder, 'parley.log')).mode & 0o077).toBe(0)
  })

  it('never holds what was said, asked or answered, or a key, at whatever depth', async () => {
    const words = 'the quick brown secret'
    await fc.assert(fc.asyncProperty(
      fc.constantFrom('text', 'prompt', 'transcript', 'content', 'apiKey', 'api_key', 'API-KEY', 'authorization', 'Authorization', 'userText', 'replyText', 'messages', 'systemPrompt', 'password', 'token', 'title'),
      fc.array(fc.constantFrom('a', 'turn', '[]'), { maxLength: 8 }),
      async (name, way) => {
        const logger = createLogger({ folder })
        const fields = way.reduce<unknown>((inner, step) => step === '[]' ? [inner] : { [step]: inner, n: 1 }, { [name]: words, kept: 7 })
        logger.warn('fields', fields as Record<string, unknown>)
        await logger.flush()
        expect(readFileSync(logger.path, 'utf8')).not.toContain('brown')
      },
    ), { numRuns: 60 })
    expect(readFileSync(join(folder, 'parley.log'), 'utf8')).toContain('"kept":7')
  })

  it('withholds keys inside strings, and cuts what is too long to be a log\'s', async () => {
    const logger = createLogger({ folder })
    logger.error('request failed', { reason: 'Authorization: Bearer abcdefghijkl0123 refused; key sk-proj-abcdefghijkl; https://me:pw123456@host/x', long: 'w'.repeat(5_000), pcm: new Int16Array(4) })
    await logger.flush()
    expect(lines()[0]).toMatchObject({ reason: 'Authorization: [withheld] refused; key [withheld]; https://host/x', long: `${'w'.repeat(400)}… (5000 characters)`, pcm: '[8 bytes]' })
  })

  it('survives fields that cannot be written', async () => {
    const logger = createLogger({ folder })
    const ring: Record<string, unknown> = { n: 1n, f: () => 1 }
    ring['self'] = ring
    logger.info('odd', ring)
    await logger.flush()
    expect(lines()[0]).toMatchObject({ msg: 'odd', n: '1' })
  })

  it('stays within its size, losing only the oldest', async () => {
    const logger = createLogger({ folder, maxBytes: 2_000, keep: 2 })
    for (let at = 0; at < 200; at++) {
      logger.info('line', { at })
      if (at % 7 === 0)
        await logger.flush()
    }
    await logger.flush()
    expect(readdirSync(folder).sort()).toEqual(['parley.1.log', 'parley.2.log', 'parley.log'])
    expect(readdirSync(folder).every(name => statSync(join(folder, name)).size <= 2_000)).toBe(true)
    const kept = ['parley.2.log', 'parley.1.log', 'parley.log'].flatMap(name => lines(name).map(line => line['at'] as number))
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => 200 - kept.length + at))
  })

  it('goes on in the file of an earlier run', async () => {
    for (const run of [1, 2]) {
      await using logger = createLogger({ folder })
      logger.info('started', { run })
    }
    expect(lines().map(line => line['run'])).toEqual([1, 2])
  })
})

describe('rotatingFile', () => {
  it('throws nothing where it cannot write, and counts what is lost', async () => {
    writeFileSync(join(folder, 'file'), '')
    const file = new RotatingFile({ path: join(folder, 'file', 'x.log'), maxBytes: 100, keep: 1 })
    file.write('a\n')
    file.write('b\n')
    await file.flush()
    expect(file.dropped).toBe(2)
  })

  it('does not grow without bound before a slow disk', async () => {
    const file = new RotatingFile({ path: join(folder, 'x.log'), maxBytes: 1_000, keep: 1, maxWaitingBytes: 10 })
    for (let at = 0; at < 10; at++)
      file.write('123\n')
    expect(file.dropped).toBe(8)
    await file.flush()
    expect(readFileSync(join(folder, 'x.log'), 'utf8')).toBe('123\n123\n')
  })
})
