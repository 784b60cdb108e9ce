import { join } from 'node:path'
import process from 'node:process'
import { runMain } from './lib/failure.mjs'
import './lib/node-version.mjs'

const AT_ONCE = 2
/** The slowest first, so that the others run beside it. */
const CHECKS = [
  { name: 'lint', what: 'eslint', script: ['eslint', 'bin', 'eslint.js'], args: ['.', '--max-warnings', '0', '--cache', '--cache-strategy', 'content', '--cache-location', 'node_modules/.cache/eslint/'] },
  { name: 'types', what: 'vue-tsc', script: ['vue-tsc', 'bin', 'vue-tsc.js'], args: ['--noEmit', '-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile', 'node_modules/.cache/vue-tsc.tsbuildinfo'] },
  { name: 'imports', what: 'dependency-cruiser', script: ['dependency-cruiser', 'bin', 'dependency-cruise.mjs'], args: ['src-main', 'src-renderer', '--config', '.dependency-cruiser.cjs'] },
  { name: 'unused', what: 'knip', script: ['knip', 'bin', 'knip.js'], args: ['--no-progress'] },
]

/** Names given as arguments choose among the checks: `npm run check -- lint types`. */
await runMain(async () => {
  const { setUp } = await import('./lib/steps.mjs')
  await setUp('check')
  const chosen = process.argv.slice(2)
  const unknown = chosen.filter(name => !CHECKS.some(check => check.name === name))
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(', ')}; the checks are ${CHECKS.map(check => check.name).join(', ')}`)
    return 2
  }
  const waiting = CHECKS.filter(check => chosen.length === 0 || chosen.includes(check.name))
  const failed = []
  async function work() {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      if (!await passes(check))
        failed.push(check.name)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  console.log(failed.length > 0 ? `Failed: ${failed.join(', ')}` : 'All checks passed.')
  return failed.length > 0 ? 1 : 0
})

async function passes({ name, what, script, args }) {
  const { run } = await import('./lib/run.mjs')
  const { ROOT } = await import('./lib/paths.mjs')
  const startedAtMs = performance.now()
  const { code, output } = await run(process.execPath, [join(ROOT, 'node_modules', ...script), ...args], { cwd: ROOT, env: { ...process.env, FORCE_COLOR: '0' } })
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1)
  console.log(`${code === 0 ? '✓' : '✗'} ${name}: ${what} (${seconds} s)`)
  if (code !== 0)
    console.log(output.trimEnd())
  return code === 0
}
