import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { SetupError } from './failure.mjs'
import { cacheFolder, CLI, modelsFolder, ROOT } from './paths.mjs'
import { run } from './run.mjs'
import { ensureSystemPackages } from './system-packages.mjs'

/**
 * The default models, by the program's own `models install --defaults`: it downloads, verifies and prepares them, and
 * shows how far it is (on stderr: a command's own output stays clean). Skipped when neither the catalogue nor a model's file has changed since it last succeeded.
 */
export async function ensureModels() {
  const stamp = stampFile()
  if (readStamp(stamp) === fingerprint())
    return
  await ensureSystemPackages(['models'])
  const { code } = await run(process.execPath, [CLI, 'models', 'install', '--defaults'], { cwd: ROOT, stdio: ['ignore', process.stderr, process.stderr] })
  if (code !== 0)
    throw new SetupError('The models are not all there (see above). Run the same command again to go on where it stopped.')
  mkdirSync(join(cacheFolder(), 'stamps'), { recursive: true })
  writeFileSync(stamp, fingerprint())
}

/** Which voice speaks: changes when the files of the default voice do, or what is done to them. */
export function voiceFingerprint() {
  const { models, defaults } = JSON.parse(readFileSync(join(ROOT, 'resources', 'models.json'), 'utf8'))
  const voices = models.filter(model => defaults.tts.includes(model.id))
    .map(({ id, files, prepare }) => ({ id, files: files.map(file => file.sha256), prepare }))
  return createHash('sha256').update(JSON.stringify(voices)).digest('hex')
}

function stampFile() {
  const key = createHash('sha256').update(modelsFolder()).digest('hex').slice(0, 16)
  return join(cacheFolder(), 'stamps', `models-${key}`)
}

function readStamp(file) {
  try {
    return readFileSync(file, 'utf8')
  }
  catch {
    return undefined
  }
}

/** The catalogue, and name, size and time of all files: a file that was lost, cut or replaced shows. */
function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'resources', 'models.json')))
  for (const path of listFiles(modelsFolder())) {
    const { size, mtimeMs } = statSync(path)
    hash.update(`${path}\0${size}\0${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

function listFiles(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap(entry => entry.isDirectory() ? listFiles(join(folder, entry.name)) : [join(folder, entry.name)])
  }
  catch {
    return []
  }
}
