import { homedir } from 'node:os'
import process from 'node:process'
import { Command } from 'commander'
import { abortReason } from '../lib/abort'
import { builtInCatalogue, createModelStore } from '../models'
import { silentLogger } from '../ports/logger'
import { appPaths } from '../storage/paths'
import { registerModelsCommands } from './models-command'

const USAGE_ERROR = 2

async function main(): Promise<void> {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stop.abort(abortReason(name)))
  const program = new Command('parley').description('Parley on the command line.').exitOverride()
  const paths = appPaths(process.env, process.platform, homedir())
  registerModelsCommands(program, {
    stdout: process.stdout,
    stderr: process.stderr,
    store: () => createModelStore({ ...paths, catalogue: builtInCatalogue(), logger: silentLogger }),
    signal: stop.signal,
    setExitCode(code) {
      process.exitCode = code
    },
  })
  try {
    await program.parseAsync()
  }
  catch (error) {
    const code = error instanceof Error && 'exitCode' in error ? error.exitCode : USAGE_ERROR
    process.exitCode = code === 0 ? 0 : USAGE_ERROR
  }
}

void main()
