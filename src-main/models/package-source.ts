import type { PackageSource } from './catalogue'
import { spawn } from 'node:child_process'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { listTree } from './digest'
import { SourceFailure } from './source-failure'

export interface CommandResult {
  readonly code: number | null
  readonly stderr: string
}

export interface CommandOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** Runs a program to its end. Undefined when there is no such program. */
export type RunCommand = (program: string, args: readonly string[], options: CommandOptions) => Promise<CommandResult | undefined>

const WATCH_MS = 250
const KEPT_STDERR_CHARS = 8_000

export const runCommand: RunCommand = async (program, args, options) => {
  options.signal.throwIfAborted()
  // npm is a script on Windows, which only a shell starts; every argument is from the catalogue's narrow alphabet or fixed.
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
    windowsHide: true,
  })
  const stop = (): void => {
    child.kill('SIGKILL')
  }
  options.signal.addEventListener('abort', stop, { once: true })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEPT_STDERR_CHARS)
  })
  try {
    const code = await new Promise<number | null | undefined>((resolve) => {
      child.on('error', () => resolve(undefined))
      child.on('close', resolve)
    })
    options.signal.throwIfAborted()
    return code === undefined ? undefined : { code, stderr }
  }
  finally {
    options.signal.removeEventListener('abort', stop)
  }
}

export interface PackageFetch {
  readonly source: PackageSource
  /** An empty folder of this fetch alone; the package and all its traces are in it. */
  readonly folder: string
  readonly signal: AbortSignal
  /** Bytes in the folder, while they grow. */
  readonly onBytes: (doneBytes: number) => void
  readonly run?: RunCommand
}

/**
 * Fetches a package with the user's own npm or pip, so with their registry, proxy and certificates. Nothing of the package is
 * executed: `npm pack` of a published package runs no script, and a wheel is only copied.
 * Returns the archive's path. Throws `SourceFailure`, `signal.reason`.
 */
export async function fetchPackage(fetching: PackageFetch): Promise<string> {
  await mkdir(fetching.folder, { recursive: true, mode: 0o700 })
  const stopWatching = watchGrowth(fetching.folder, fetching.onBytes)
  try {
    await (fetching.source.type === 'npm' ? npmPack(fetching) : pipDownload(fetching))
  }
  finally {
    stopWatching()
  }
  const suffix = fetching.source.type === 'npm' ? '.tgz' : '.whl'
  const archive = (await readdir(fetching.folder)).find(name => name.endsWith(suffix))
  if (archive === undefined)
    throw new SourceFailure('refused', 'the package manager left no file')
  await rm(join(fetching.folder, 'work'), { recursive: true, force: true })
  return join(fetching.folder, archive)
}

function watchGrowth(folder: string, onBytes: (bytes: number) => void): () => void {
  let busy = false
  const timer = setInterval(() => {
    if (busy)
      return
    busy = true
    // Files come and go while npm and pip work; a look that fails is simply skipped.
    void listTree(folder)
      .then(files => onBytes(files.reduce((sum, file) => sum + file.sizeBytes, 0)), () => {})
      .finally(() => {
        busy = false
      })
  }, WATCH_MS)
  return () => clearInterval(timer)
}

async function npmPack({ source, folder, signal, run = runCommand }: PackageFetch): Promise<void> {
  const result = await run('npm', [
    'pack',
    `${source.package}@${source.version}`,
    '--ignore-scripts',
    '--silent',
    '--loglevel=error',
    '--fetch-retries=2',
    '--fetch-retry-mintimeout=500',
    '--fetch-retry-maxtimeout=4000',
  ], {
    cwd: folder,
    // A cache of its own: it shows how far the download is, and a copy of the model does not stay in the user's.
    env: { npm_config_cache: join(folder, 'work'), npm_config_pack_destination: folder, npm_config_update_notifier: 'false', npm_config_dry_run: 'false' },
    signal,
  })
  if (result === undefined)
    throw new SourceFailure('unreachable', 'npm is not installed')
  if (result.code !== 0)
    throw commandFailure(result, 'first')
}

/** Ways to call pip, the likeliest first. */
const PIP_CALLS: readonly (readonly [string, ...string[]])[] = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['py', '-3', '-m', 'pip'],
  ['pip3'],
  ['pip'],
]

async function pipDownload({ source, folder, signal, run = runCommand }: PackageFetch): Promise<void> {
  const work = join(folder, 'work')
  await mkdir(work, { recursive: true, mode: 0o700 })
  const platform = source.type === 'pypi' ? source.platform : undefined
  const args = [
    'download',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--no-input',
    '--no-cache-dir',
    '--disable-pip-version-check',
    '--progress-bar',
    'off',
    '--retries',
    '2',
    ...(platform === undefined ? [] : ['--platform', platform]),
    '--dest',
    '.',
    `${source.package}==${source.version}`,
  ]
  for (const [program, ...first] of PIP_CALLS) {
    // pip downloads into its temporary folder first: ours, so that the growth is seen and the disk is the right one.
    const result = await run(program, [...first, ...args], { cwd: folder, env: { TMPDIR: work, TEMP: work, TMP: work }, signal })
    if (result === undefined || isAbsentPip(result))
      continue
    if (result.code !== 0)
      throw commandFailure(result, 'last')
    return
  }
  throw new SourceFailure('unreachable', 'Python\'s pip is not installed')
}

function isAbsentPip(result: CommandResult): boolean {
  return result.code === 127 || result.code === 9009 || (result.code !== 0 && /No module named '?"?pip|is not recognized|not found on|Python was not found/i.test(result.stderr))
}

const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|NewConnectionError|ConnectTimeout|name resolution/

/** The one line of what npm or pip said that tells most: npm's first, pip's last; without passwords. */
function commandFailure(result: CommandResult, order: 'first' | 'last'): SourceFailure {
  const lines = result.stderr.split(/\r?\n/)
    .map(line => line.replace(/^(?:npm )?(?:error|err!|warning):?\s*/i, '').replace(/\/\/[^/@\s]*@/g, '//').trim())
    .filter(line => line !== '' && !/^(?:code|syscall|errno|at)\s|complete log of this run/i.test(line))
  const says = ((order === 'first' ? lines[0] : lines.at(-1)) ?? `it ended with code ${result.code}`).slice(0, 200)
  if (NO_NETWORK.test(result.stderr))
    return new SourceFailure('unreachable', order === 'first' ? says : `the package index could not be reached (${says})`)
  const gone = /404|no matching distribution|could not find a version|ETARGET/i.test(result.stderr)
  return new SourceFailure(gone ? 'refused' : 'unreachable', says)
}
