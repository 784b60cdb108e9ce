import type { Command } from 'commander'
import type { Catalogue, ModelStore } from '../models'
import type { ModelKind } from '../ports/installed-model'
import type { ProgressSink } from './progress-lines'
import { AppError, isAbort, toAppError } from '../lib/app-error'
import { createProgressLines } from './progress-lines'

export interface ModelsContext {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean, readonly columns?: number }
  readonly store: () => ModelStore
  /** Ctrl+C. */
  readonly signal: AbortSignal
  readonly setExitCode: (code: 0 | 1 | 2 | 130) => void
}

interface Options { readonly json?: boolean, readonly defaults?: boolean }

/** `parley models …`. Exit codes: 0 done, 1 something failed, 2 wrong usage, 130 stopped. With `--json` one object a line on stdout. */
export function registerModelsCommands(program: Command, context: ModelsContext): void {
  const models = program.command('models').description('the local models: see, get, check and import them')
  models.command('list')
    .description('what there is, and what is installed')
    .option('--json', 'one JSON object a line')
    .action((options: Options) => guarded(context, options, () => list(context, options)))
  models.command('install')
    .argument('[ids...]', 'models by id')
    .option('--defaults', 'the default model of each kind')
    .option('--json', 'one JSON object a line')
    .description('download, check and prepare models; what is there already is left alone')
    .action((ids: string[], options: Options) => guarded(context, options, () => install(context, ids, options)))
  models.command('import')
    .argument('<folder>', 'a folder that holds the files of models, or their packages')
    .option('--json', 'one JSON object a line')
    .description('take the files of models out of a folder')
    .action((folder: string, options: Options) => guarded(context, options, () => importFolder(context, folder, options)))
  models.command('verify')
    .argument('[ids...]', 'models by id; without any, all that are installed')
    .option('--json', 'one JSON object a line')
    .description('read every byte of installed models and compare the hashes')
    .action((ids: string[], options: Options) => guarded(context, options, () => verify(context, ids, options)))
}

async function guarded(context: ModelsContext, options: Options, run: () => Promise<boolean>): Promise<void> {
  try {
    if (!await run())
      context.setExitCode(1)
  }
  catch (error) {
    const failure = toAppError(error)
    context.setExitCode(isAbort(failure) ? 130 : failure.code === 'bad-input' ? 2 : 1)
    if (options.json)
      say(context, { type: 'error', code: failure.code, message: failure.message })
    else
      context.stderr.write(isAbort(failure) ? 'Stopped. What was downloaded is kept.\n' : `${failure.message}\n`)
  }
}

function say(context: ModelsContext, event: Readonly<Record<string, unknown>>): void {
  context.stdout.write(`${JSON.stringify(event)}\n`)
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 1 : 0)} MiB`
}

async function list(context: ModelsContext, options: Options): Promise<boolean> {
  const listings = await context.store().list()
  for (const model of listings) {
    if (options.json)
      say(context, { type: 'model', ...model })
    else
      context.stdout.write(`${model.state.padEnd(9)}  ${model.kind.padEnd(4)}  ${model.id.padEnd(36)}  ${mebibytes(model.sizeBytes).padStart(9)}  ${model.licence}${model.isDefault ? '  (default)' : ''}${model.upstreamOnly ? '  (from its makers only)' : ''}\n`)
  }
  return true
}

/** A progress callback that writes lines or events. */
function progressOf(context: ModelsContext, options: Options): ProgressSink {
  return createProgressLines(options.json ? { json: event => say(context, event) } : { terminal: context.stderr })
}

async function install(context: ModelsContext, ids: readonly string[], options: Options): Promise<boolean> {
  if (ids.length === 0 && !options.defaults)
    throw new AppError('bad-input', 'Say which models, or --defaults. `parley models list` shows them.')
  const store = context.store()
  const progress = progressOf(context, options)
  const taken: string[] = []
  const failures: AppError[] = []
  const attempt = async (id: string): Promise<boolean> => {
    try {
      await store.install(id, { signal: context.signal, onProgress: progress.report })
      taken.push(id)
      return true
    }
    catch (error) {
      const failure = toAppError(error)
      if (failure.code !== 'download-failed' && failure.code !== 'not-found' && failure.code !== 'model-corrupt')
        throw failure
      progress.pause()
      failures.push(failure)
      if (options.json)
        say(context, { type: 'failed', modelId: id, code: failure.code, message: failure.message })
      else
        context.stderr.write(`${failure.message}\n`)
      return false
    }
  }
  try {
    for (const id of new Set(ids))
      await attempt(id)
    const ok = failures.length === 0
    const defaultsOk = options.defaults ? await installDefaults(store.catalogue, attempt, (kind, id, first) => tellDefault(context, options, kind, id, first)) : true
    return ok && defaultsOk
  }
  finally {
    progress.pause()
    if (!options.json)
      context.stdout.write(taken.length > 0 ? `Installed: ${[...new Set(taken)].join(', ')}\n` : '')
  }
}

/** The first default of each kind that can be had, and the rescue models; a rescue that fails is no failure of set-up. */
async function installDefaults(catalogue: Catalogue, attempt: (id: string) => Promise<boolean>, tell: (kind: ModelKind, id: string | undefined, first: boolean) => void): Promise<boolean> {
  let ok = true
  for (const [kind, ids] of Object.entries(catalogue.defaults) as [ModelKind, string[]][]) {
    let got: string | undefined
    for (const id of ids) {
      if (await attempt(id)) {
        got = id
        break
      }
    }
    tell(kind, got, got === ids[0])
    ok &&= got !== undefined
    const rescue = catalogue.rescue[kind]
    if (rescue !== undefined && rescue !== got)
      await attempt(rescue)
  }
  return ok
}

function tellDefault(context: ModelsContext, options: Options, kind: ModelKind, id: string | undefined, first: boolean): void {
  if (options.json)
    say(context, { type: 'default', kind, modelId: id ?? null, firstChoice: first })
  else if (id === undefined)
    context.stderr.write(`No ${kind} model could be had.\n`)
  else if (!first)
    context.stderr.write(`The first choice for ${kind} could not be had; ${id} is used instead.\n`)
}

async function importFolder(context: ModelsContext, folder: string, options: Options): Promise<boolean> {
  const progress = progressOf(context, options)
  const report = await context.store().importFolder(folder, { signal: context.signal, onProgress: progress.report })
  progress.pause()
  if (options.json) {
    say(context, { type: 'imported', ...report })
    return report.installed.length > 0 || report.taken.length > 0
  }
  for (const id of report.installed)
    context.stdout.write(`Installed: ${id}\n`)
  for (const { id, missing } of report.incomplete)
    context.stdout.write(`Not complete: ${id} still needs ${missing.join(', ')} (\`parley models install ${id}\` gets them)\n`)
  for (const path of report.rejected)
    context.stderr.write(`Not taken: ${path} has a model file's name, but other content\n`)
  if (report.installed.length === 0 && report.taken.length === 0)
    context.stderr.write(`Nothing new of a known model was found in ${folder}.\n`)
  return report.installed.length > 0 || report.taken.length > 0
}

async function verify(context: ModelsContext, ids: readonly string[], options: Options): Promise<boolean> {
  const store = context.store()
  const chosen = ids.length > 0 ? ids : (await store.list()).filter(model => model.state !== 'absent').map(model => model.id)
  let ok = true
  for (const id of new Set(chosen)) {
    const { faults } = await store.verify(id, { signal: context.signal })
    ok &&= faults.length === 0
    if (options.json)
      say(context, { type: 'verified', modelId: id, ok: faults.length === 0, faults })
    else
      context.stdout.write(faults.length === 0 ? `ok       ${id}\n` : `damaged  ${id}: ${faults.map(({ file, fault }) => `${file} (${fault})`).join(', ')}; run: parley models install ${id}\n`)
  }
  if (chosen.length === 0 && !options.json)
    context.stdout.write('No model is installed. Run: parley models install --defaults\n')
  return ok
}
