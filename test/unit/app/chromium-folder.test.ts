import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { chromiumFolder } from '../../../src-main/app/chromium-folder'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-test-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

it('chromium\'s folder is beside the data, else in the cache, else a new one of the system\'s', () => {
  const dataDir = join(root, 'data')
  const cacheDir = join(root, 'cache')
  expect(chromiumFolder({ dataDir, cacheDir })).toBe(join(dataDir, 'electron'))
  const blocked = join(root, 'file')
  writeFileSync(blocked, '')
  expect(chromiumFolder({ dataDir: join(blocked, 'data'), cacheDir })).toBe(join(cacheDir, 'electron'))
  const own = chromiumFolder({ dataDir: join(blocked, 'data'), cacheDir: join(blocked, 'cache') })
  expect(dirname(own)).toBe(tmpdir())
  mkdirSync(join(own, 'can be written'))
  rmSync(own, { recursive: true })
})
