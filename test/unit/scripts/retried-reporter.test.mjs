import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../../scripts/lib/run.mjs'

const FILE = `
  let tries = 0
  test('at once', () => {})
  test('shaky', () => {
    expect(++tries).toBe(2)
  })
`

describe('a test that passes only when tried again', () => {
  let folder

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-retried-'))
    await writeFile(join(folder, 'some.test.mjs'), FILE)
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is named, with why it failed; the others are not', async () => {
    const { code, stdout } = await run(process.execPath, [
      resolve('node_modules/vitest/vitest.mjs'),
      'run',
      `--root=${folder}`,
      '--globals',
      '--retry=1',
      `--reporter=${resolve('scripts/lib/retried-reporter.mjs')}`,
    ], { env: { ...process.env, NO_COLOR: '1' } })
    expect({ code, lines: stdout.split('\n').filter(line => line.startsWith('passed on')) }).toEqual({
      code: 0,
      lines: ['passed on second try: some.test.mjs > shaky: expected 1 to be 2 // Object.is equality'],
    })
  })
})
