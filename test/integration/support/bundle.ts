import { mkdtempSync, rmSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { build } from 'vite'

export interface Bundle extends Disposable {
  /** A CommonJS file that plain Node runs, with `env`. */
  readonly path: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Builds one of `test/integration/support` for a process of its own, which a test may kill. Native modules stay outside. */
export async function bundle(entry: string): Promise<Bundle> {
  const outDir = mkdtempSync(join(tmpdir(), 'parley-bundle-'))
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: true,
      target: 'node20',
      outDir,
      minify: false,
      rollupOptions: {
        input: { child: resolve('test/integration/support', entry) },
        external: [...builtinModules, /^node:/, '@photostructure/sqlite'],
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  })
  return {
    path: join(outDir, 'child.cjs'),
    env: { ...process.env, NODE_PATH: resolve('node_modules') },
    [Symbol.dispose]: () => rmSync(outDir, { recursive: true, force: true }),
  }
}
