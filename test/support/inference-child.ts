import type { SpawnChild } from '../../src-main/ports/child-channel'
import { resolve } from 'node:path'
import { build } from 'vite'
import { forkNode } from '../../src-main/lib/child-process'

const OUT_DIR = resolve('out/test')

let built: Promise<string> | undefined

/** Builds the inference child alone, as the app's build does (CommonJS, dependencies outside). Gives its path. */
export function buildInferenceChild(): Promise<string> {
  built ??= build({
    configFile: false,
    logLevel: 'silent',
    ssr: { external: true },
    build: {
      ssr: resolve('src-main/inference/child/main.ts'),
      outDir: OUT_DIR,
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { format: 'cjs', entryFileNames: 'inference-child.js' } },
    },
  }).then(() => resolve(OUT_DIR, 'inference-child.js'))
  return built
}

/** Starts the built child in plain Node. */
export async function inferenceChildSpawner(): Promise<SpawnChild> {
  const path = await buildInferenceChild()
  return ({ env }) => forkNode(path, env)
}
