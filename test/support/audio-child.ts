import type { SpawnChild } from '../../src-main/ports/child-channel'
import { mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { forkNode } from '../../src-main/lib/child-process'

/** Builds the audio child alone (as CommonJS, natives left outside) into a folder of its own beside the modules. */
export async function buildAudioChild(): Promise<{ path: string, remove: () => Promise<void> }> {
  // Inside the repository, so that the built file finds node_modules.
  const dir = await mkdtemp(join(resolve('node_modules'), '.parley-audio-child-'))
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: resolve('src-main/audio/child/main.ts'),
      outDir: dir,
      rollupOptions: { output: { format: 'cjs', entryFileNames: 'audio-child.cjs' } },
    },
  })
  return { path: join(dir, 'audio-child.cjs'), remove: () => rm(dir, { recursive: true, force: true }) }
}

/** Starts the built child in the environment of a stage. `pids` gathers what was started. */
export function spawnFrom(path: string, env: Readonly<Record<string, string>>, pids: number[] = []): SpawnChild {
  return (spec) => {
    const child = forkNode(path, { ...env, ...spec.env })
    if (child.pid !== undefined)
      pids.push(child.pid)
    return child
  }
}
