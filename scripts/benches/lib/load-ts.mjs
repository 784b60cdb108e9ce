import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { ROOT } from '../../lib/paths.mjs'

/** Bundles a TypeScript module of the project (a path from its root) and loads it in this process. Packages stay outside. */
export async function loadTs(path) {
  // Inside the project, so that packages are found from there.
  const parent = join(ROOT, 'out/bench')
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(join(parent, 'bundle-'))
  try {
    await build({
      root: ROOT,
      configFile: false,
      logLevel: 'error',
      resolve: { alias: { '@contract': join(ROOT, 'src-main/contract/index.ts') } },
      build: {
        outDir: folder,
        emptyOutDir: true,
        ssr: true,
        minify: false,
        target: 'node20',
        rollupOptions: { input: { entry: join(ROOT, path) }, output: { format: 'es', entryFileNames: '[name].mjs' } },
      },
    })
    return await import(pathToFileURL(join(folder, 'entry.mjs')))
  }
  finally {
    await rm(folder, { recursive: true, force: true })
  }
}
