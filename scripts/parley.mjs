import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { buildIsFresh } from './lib/app-build.mjs'
import { CLI } from './lib/paths.mjs'
import './lib/node-version.mjs'

/** The command line of a clone. It runs in this very process, so that starting costs nothing and signals are its own. */
if (!buildIsFresh()) {
  const setup = join(dirname(fileURLToPath(import.meta.url)), 'setup.mjs')
  // What set-up says goes to stderr: the output is the command's alone.
  const { status } = spawnSync(process.execPath, [setup, '--for=build'], { stdio: ['ignore', 2, 2] })
  if (status !== 0)
    process.exit(status ?? 1)
}
process.argv = [process.execPath, CLI, ...process.argv.slice(2)]
createRequire(import.meta.url)(CLI)
