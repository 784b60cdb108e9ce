import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { SetupError } from './failure.mjs'
import { logsFolder, ROOT } from './paths.mjs'
import { createProgress } from './progress.mjs'
import { npmCommand, run, tail } from './run.mjs'

const BINDING = join(ROOT, 'node_modules', 'naudiodon', 'build', 'Release', 'naudiodon.node')
const TOP_LEVEL = /^node_modules\/(?:@[^/]+\/)?[^/]+$/

/** `npm ci`, unless node_modules holds what package-lock.json asks for. */
export async function ensureDependencies() {
  if (await dependenciesMatch())
    return
  const packages = Object.entries(readLock('package-lock.json')).filter(([path, entry]) => TOP_LEVEL.test(path) && suitsThisSystem(entry))
  const progress = createProgress('Dependencies (npm ci)', { total: packages.length })
  const counter = setInterval(() => countPackages().then(count => progress.update(count, count < packages.length ? '' : 'building the sound binding'), () => {}), 500)
  const npm = npmCommand()
  const logFile = join(logsFolder(), 'npm-ci.log')
  const { code, output } = await run(npm.command, [...npm.args, 'ci', '--no-audit', '--no-fund', '--loglevel=warn'], {
    cwd: ROOT,
    logFile,
    env: { ...process.env, ...installEnvironment() },
  })
  clearInterval(counter)
  if (code !== 0) {
    progress.fail()
    throw new SetupError(`npm ci failed (log: ${logFile}):\n${tail(output)}\n${hint(output)}`)
  }
  progress.done(`${packages.length} packages`)
}

/**
 * npm writes node_modules/.package-lock.json last, when everything is in place, so an install that was killed has none.
 */
async function dependenciesMatch() {
  if (!existsSync(BINDING))
    return false
  try {
    const wanted = readLock('package-lock.json')
    const present = readLock(join('node_modules', '.package-lock.json'))
    return Object.entries(wanted).every(([path, entry]) => {
      if (!path)
        return true
      const here = present[path]
      return here ? here.version === entry.version : Boolean(entry.optional)
    })
  }
  catch {
    return false
  }
}

function readLock(file) {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages
}

function suitsThisSystem({ os, cpu }) {
  const suits = (list, value) => !list || (list.includes(value) && !list.includes(`!${value}`)) || (list.every(name => name.startsWith('!')) && !list.includes(`!${value}`))
  return suits(os, process.platform) && suits(cpu, process.arch)
}

/** How many packages are unpacked at the top of node_modules; npm itself tells nothing on the way. */
async function countPackages() {
  const root = join(ROOT, 'node_modules')
  const names = await readdir(root)
  const scoped = await Promise.all(names.filter(name => name.startsWith('@')).map(scope => readdir(join(root, scope))))
  const top = names.filter(name => !name.startsWith('.') && !name.startsWith('@')).map(name => join(root, name))
  const inScopes = names.filter(name => name.startsWith('@')).flatMap((scope, index) => scoped[index].map(name => join(root, scope, name)))
  return [...top, ...inScopes].filter(folder => existsSync(join(folder, 'package.json'))).length
}

/** Set-up fetches Electron itself, and llama.cpp comes prebuilt: nothing else is to be fetched by install scripts. */
function installEnvironment() {
  const env = { ELECTRON_SKIP_BINARY_DOWNLOAD: '1', NODE_LLAMA_CPP_SKIP_DOWNLOAD: 'true' }
  // Headers beside this Node spare node-gyp a download, and make building work without a network.
  const nodeFolder = resolve(dirname(process.execPath), '..')
  const header = join(nodeFolder, 'include', 'node', 'node_version.h')
  if (!process.env.npm_config_nodedir && existsSync(header) && headerVersion(header) === process.versions.node)
    env.npm_config_nodedir = nodeFolder
  return env
}

function headerVersion(header) {
  const text = readFileSync(header, 'utf8')
  return ['MAJOR', 'MINOR', 'PATCH'].map(part => new RegExp(`define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1]).join('.')
}

function hint(output) {
  if (/naudiodon|node-gyp|gyp ERR/.test(output)) {
    return {
      linux: 'The sound binding is built from source: it needs a C++ compiler, make, python3 and ALSA\'s headers (g++ make python3 libasound2-dev).\n',
      darwin: 'The sound binding is built from source: run `xcode-select --install`, then the same command again.\n',
      win32: 'The sound binding is built from source: install Python 3 and the Visual Studio Build Tools with "Desktop development with C++".\n',
    }[process.platform] ?? ''
  }
  if (/ENOTFOUND|ETIMEDOUT|ECONNREFUSED|EAI_AGAIN/.test(output))
    return 'The package registry could not be reached. The first set-up needs a network; later starts do not.\n'
  return ''
}
