import { join } from 'node:path'
import process from 'node:process'
import { runMain } from './lib/failure.mjs'
import './lib/node-version.mjs'

/** The app with the renderer reloaded as it is edited; extra arguments go to `electron-vite dev`. */
await runMain(async () => {
  const { setUp } = await import('./lib/steps.mjs')
  const { run } = await import('./lib/run.mjs')
  const { ROOT } = await import('./lib/paths.mjs')
  const { runtimeEnvironment, sandboxArguments } = await import('./lib/runtime.mjs')
  const { runtime } = await setUp('dev')
  const noSandbox = sandboxArguments().length > 0 ? ['--noSandbox'] : []
  const { code } = await run(process.execPath, [
    join(ROOT, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js'),
    'dev',
    ...noSandbox,
    ...process.argv.slice(2),
  ], { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...runtimeEnvironment(runtime) } })
  return code
})
