import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { build } from 'vite'
import { modelsFolder, ROOT } from '../../lib/paths.mjs'

const OUT = join(ROOT, 'out', 'bench')
/** Files that are made while a model is prepared; the others carry their role in the catalogue. */
const PREPARED_ROLES = { moonshine: { tokens: 'tokens.txt' } }

/** The real host and its real child process, in plain Node. Resolves when `kinds` answer; dispose ends the child. */
export async function openInference({ models, kinds = Object.keys(models).filter(kind => ['asr', 'tts', 'chat'].includes(kind)) }) {
  await bundle()
  const require = createRequire(join(OUT, 'x.js'))
  const { forkNode } = require('./child-process.cjs')
  const { systemClock } = require('./clock.cjs')
  const { createInferenceHost } = require('./inference-host.cjs')
  const logger = { debug() {}, info() {}, warn: report, error: report }
  const host = createInferenceHost({
    spawn: ({ env }) => forkNode(join(OUT, 'inference-child.cjs'), { ...env, PARLEY_CHILD_STDERR: process.env.PARLEY_CHILD_STDERR ?? '' }),
    clock: systemClock,
    logger,
    models,
  })
  host.start()
  await Promise.all(kinds.map(kind => host.ready(kind)))
  return host
}

function report(message, fields) {
  process.stderr.write(`${message} ${JSON.stringify(fields ?? {})}\n`)
}

/** A model of the catalogue, as it lies in the models folder. */
export function installedModel(id) {
  const { models } = JSON.parse(readFileSync(join(ROOT, 'resources', 'models.json'), 'utf8'))
  const model = models.find(each => each.id === id)
  const folder = join(modelsFolder(), id)
  const roles = [
    ...model.files.filter(file => file.role).map(file => [file.role, file.name]),
    ...Object.entries(PREPARED_ROLES[model.format] ?? {}),
  ]
  return { id, kind: model.kind, format: model.format, files: Object.fromEntries(roles.map(([role, name]) => [role, join(folder, name)])) }
}

async function bundle() {
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    build: {
      outDir: OUT,
      emptyOutDir: true,
      ssr: true,
      minify: false,
      target: 'node20',
      rollupOptions: {
        input: {
          'inference-host': join(ROOT, 'src-main/inference/inference-host.ts'),
          'inference-child': join(ROOT, 'src-main/inference/child/main.ts'),
          'child-process': join(ROOT, 'src-main/lib/child-process.ts'),
          'clock': join(ROOT, 'src-main/ports/clock.ts'),
        },
        output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: 'chunks/[name]-[hash].cjs' },
      },
    },
  })
}
