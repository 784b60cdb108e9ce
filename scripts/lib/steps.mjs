import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { ensureBuild } from './app-build.mjs'
import { ensureDependencies } from './dependencies.mjs'
import { withLock } from './lock.mjs'
import { ensureModels } from './models.mjs'
import { temporaryFolder } from './paths.mjs'
import { ensureRuntime, findRuntime } from './runtime.mjs'
import { ensureSpeech, SAMPLE_QUESTION } from './speech.mjs'
import { ensureSystemPackages } from './system-packages.mjs'

/**
 * What each purpose needs. `packages`: groups of system packages; `speech`: which sample files.
 */
export const PURPOSES = {
  /** Everything a person needs to use the program. */
  setup: { packages: ['build', 'sound', 'window'], runtime: true, build: true, models: true, speech: [SAMPLE_QUESTION] },
  /** The demo in the terminal, where there is no display. */
  terminal: { packages: ['build', 'sound'], build: true, models: true, speech: [SAMPLE_QUESTION] },
  /** All tests. */
  test: { packages: ['build', 'sound', 'window', 'test'], runtime: true, build: true, models: true, speech: 'all' },
  /** Tests that need neither display nor sound nor models. */
  unit: { packages: ['build'] },
  /** Types, lint, import rules, unused code. */
  check: { packages: ['build'] },
  /** The build alone; the command line says itself which model it misses. */
  build: { packages: ['build'], build: true },
  dev: { packages: ['build', 'sound', 'window'], runtime: true, models: true, build: true },
}

/**
 * Does what is missing for `purpose`, and nothing when nothing is. One set-up at a time runs for each user.
 *
 * @param {keyof typeof PURPOSES} purpose
 * @returns {Promise<{runtime?: import('./runtime.mjs').Runtime}>}
 */
export async function setUp(purpose) {
  const needs = PURPOSES[purpose]
  return await withLock('set-up', async () => {
    removeLeftovers()
    await ensureSystemPackages(needs.packages)
    await ensureDependencies()
    const runtime = needs.runtime ? await ensureRuntime() : undefined
    if (needs.build)
      await ensureBuild()
    if (needs.models)
      await ensureModels()
    if (needs.speech)
      await ensureSpeech(needs.speech === 'all' ? undefined : needs.speech)
    return { runtime: runtime ?? await findRuntime() }
  })
}

/** Where there is no display, only the terminal is left. */
export function hasDisplay(env = process.env) {
  return process.platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
}

/** Only one set-up runs at a time, so these are from one that was killed. */
function removeLeftovers() {
  const folder = temporaryFolder()
  try {
    for (const name of readdirSync(folder)) {
      if (/^(?:carrier|release)-/.test(name))
        rmSync(join(folder, name), { recursive: true, force: true })
    }
  }
  catch (error) {
    if (error.code !== 'ENOENT')
      throw error
  }
}
