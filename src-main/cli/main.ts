import type { Settings } from '../contract'
import type { Cipher } from '../storage/secret-store'
import type { SettingsStore } from '../storage/settings-store'
import type { CliContext, ExitCode, RegisterCommand } from './context'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Command, CommanderError } from 'commander'
import { modelsInUse, requireModels } from '../core/local-engines'
import { openSettings } from '../core/settings'
import { createInferenceHost } from '../inference/inference-host'
import { abortReason } from '../lib/abort'
import { AppError } from '../lib/app-error'
import { forkNode } from '../lib/child-process'
import { builtInCatalogue, createModelStore } from '../models'
import { systemClock } from '../ports/clock'
import { silentLogger } from '../ports/logger'
import { appPaths } from '../storage/paths'
import { openSecretStore } from '../storage/secret-store'
import { registerAsk } from './ask-command'
import { EXIT } from './context'
import { registerDevices } from './devices-command'
import { registerDictate } from './dictate-command'
import { registerDoctor } from './doctor-command'
import { registerModelsCommands } from './models-command'
import { registerSay } from './say-command'
import { registerServices } from './services-command'
import { registerTalk } from './talk-command'
import { registerTranscribe } from './transcribe-command'

const COMMANDS: readonly RegisterCommand[] = [
  registerAsk,
  registerTranscribe,
  registerSay,
  (program, context) => registerModelsCommands(program, { ...context, store: context.models, setExitCode: code => context.setExitCode(code as ExitCode) }),
  registerServices,
  registerDevices,
  registerDoctor,
  registerTalk,
  registerDictate,
]

/** The system's keychain opens for the app alone: what it encrypted is not read here, and nothing is stored. */
const NO_KEYCHAIN: Cipher = { isSafe: false, encrypt: locked, decrypt: locked }

function locked(): never {
  throw new AppError('internal', 'There is no keychain on the command line.')
}

async function createContext(signal: AbortSignal): Promise<CliContext> {
  const paths = appPaths(process.env, process.platform, homedir())
  const settings = await openSettings(paths)
  tellSettings(settings)
  const models = (): ReturnType<typeof createModelStore> => createModelStore({ ...paths, catalogue: builtInCatalogue(), logger: silentLogger })
  const preferred = (): Settings['models'] => settings.get().models
  const spawn: CliContext['spawn'] = ({ entry, env }) => forkNode(join(__dirname, `${entry}.js`), env)
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal,
    paths,
    clock: systemClock,
    logger: silentLogger,
    spawn,
    models,
    own: {
      preferred,
      installed: parts => modelsInUse(models(), parts, preferred()),
      require: (needs, found) => requireModels({ needs, models: found, store: models(), preferred: preferred(), onFallback: (damage, used) => void process.stderr.write(`${damage.message}\nUntil then ${used.id} is used.\n`) }),
      host: found => createInferenceHost({ spawn, clock: systemClock, logger: silentLogger, models: found }),
    },
    openVault: () => openSecretStore({ file: paths.secretsFile, cipher: NO_KEYCHAIN, keepPlain: () => settings.get().keysInFile, wallMs: () => systemClock.wallMs() }),
    settings,
    talkKey: () => settings.get().hotkey.talk,
    setExitCode(code) {
      process.exitCode = code
    },
  }
}

/** Once: the next start finds a file that is right. */
function tellSettings({ brokenFile, writeFault }: Pick<SettingsStore<unknown>, 'brokenFile' | 'writeFault'>): void {
  if (brokenFile !== null)
    process.stderr.write(`The settings could not be read, or not in full. They are kept as ${brokenFile}; defaults are used in their place.\n`)
  else if (writeFault !== null)
    process.stderr.write(`The settings could not be read: ${writeFault.message}. Defaults are used, and the file is left as it is.\n`)
}

/** `parley … | head`: nobody reads on, which is no failure. */
function endWithReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE')
      throw error
    process.exit()
  })
}

async function main(): Promise<void> {
  endWithReader(process.stdout)
  endWithReader(process.stderr)
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stop.abort(abortReason(name)))
  const program = new Command('parley').description('Parley on the command line.').exitOverride()
  const context = await createContext(stop.signal)
  for (const register of COMMANDS)
    register(program, context)
  try {
    await program.parseAsync()
  }
  catch (error) {
    process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? EXIT.ok : EXIT.usage
  }
  // Everything is closed; what cannot be stopped (a name that is being looked up) would keep the process for many seconds.
  if (stop.signal.aborted)
    process.stdout.write('', () => process.exit())
}

void main()
