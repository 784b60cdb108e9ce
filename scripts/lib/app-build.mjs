import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { SetupError } from './failure.mjs'
import { CLI, logsFolder, ROOT } from './paths.mjs'
import { createProgress } from './progress.mjs'
import { run, tail } from './run.mjs'

const OUT = join(ROOT, 'out')
const STAMP = join(OUT, '.sources.json')
const SOURCES = ['src-main', 'src-renderer', 'resources', 'package.json', 'package-lock.json', 'electron.vite.config.ts', 'tsconfig.json']
const OUTPUTS = ['main/index.js', 'main/cli.js', 'preload/index.js', 'renderer/index.html']

/** Whether out/ is what the sources give. */
export function buildIsFresh() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8')).sources === hashSources()
      && OUTPUTS.every(name => existsSync(join(OUT, name)))
  }
  catch {
    return false
  }
}

/** Builds main, preload and renderer into out/, unless it is fresh. `quiet` shows only failures. */
export async function ensureBuild({ quiet = false } = {}) {
  if (buildIsFresh())
    return
  const sources = hashSources()
  const progress = quiet ? undefined : createProgress('Building')
  // The stamp goes first and comes back last: a build that was killed is never taken for a whole one.
  rmSync(STAMP, { force: true })
  const logFile = join(logsFolder(), 'build.log')
  const { code, output } = await run(process.execPath, [join(ROOT, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js'), 'build'], {
    cwd: ROOT,
    logFile,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  })
  if (code !== 0 || !existsSync(CLI)) {
    progress?.fail()
    throw new SetupError(`The build failed (log: ${logFile}):\n${tail(output, 30)}\n`)
  }
  writeFileSync(STAMP, `${JSON.stringify({ sources })}\n`)
  progress?.done()
}

function hashSources() {
  const hash = createHash('sha256')
  for (const source of SOURCES) {
    for (const file of filesUnder(source)) {
      hash.update(`${file}\0`)
      hash.update(readFileSync(join(ROOT, file)))
    }
  }
  return hash.digest('hex')
}

function filesUnder(path) {
  const full = join(ROOT, path)
  if (!existsSync(full))
    return []
  try {
    return readdirSync(full, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap(entry => entry.isDirectory() ? filesUnder(join(path, entry.name)) : [join(path, entry.name)])
  }
  catch (error) {
    if (error.code === 'ENOTDIR')
      return [path]
    throw error
  }
}
