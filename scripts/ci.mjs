import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { runMain } from './lib/failure.mjs'
import { npmCommand, run } from './lib/run.mjs'
import './lib/node-version.mjs'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
/** All in all under 40 minutes. */
const CHECK_LIMIT_MS = 12 * 60_000
const TEST_LIMIT_MS = 26 * 60_000
const CLOSING_LINE = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/

/**
 * `npm run check` and `npm test`, whatever becomes of the first; the last line counts the tests, and a check that fails
 * as one more failure.
 */
await runMain(async () => {
  const check = await runNpm(['run', 'check'], CHECK_LIMIT_MS)
  const test = await runNpm(['test'], TEST_LIMIT_MS)
  const [, passed = 0, failed = 0, skipped = 0] = lastCounts(test.output) ?? []
  const testsFailed = Math.max(Number(failed), test.code === 0 ? 0 : 1)
  const allFailed = testsFailed + (check.code === 0 ? 0 : 1)
  const ranNothing = Number(passed) === 0 && allFailed === 0
  console.log(`\nnpm run check: ${check.code === 0 ? 'passed' : 'failed'}; npm test: ${test.code === 0 ? 'passed' : 'failed'}`)
  console.log(`${passed} passed, ${ranNothing ? 1 : allFailed} failed${Number(skipped) > 0 ? `, ${skipped} skipped` : ''}`)
  return allFailed > 0 || ranNothing ? 1 : 0
})

async function runNpm(args, timeoutMs) {
  const npm = npmCommand()
  const result = await run(npm.command, [...npm.args, ...args], {
    cwd: ROOT,
    timeoutMs,
    env: { ...process.env, CI: 'true' },
    onOutput: text => process.stdout.write(text),
  })
  if (result.timedOut)
    console.log(`\nnpm ${args.join(' ')} was not finished after ${timeoutMs / 60_000} minutes.`)
  return result
}

/** The closing line of `npm test`, which may be followed by what npm says about a failure. */
function lastCounts(output) {
  return output.split('\n').map(line => CLOSING_LINE.exec(line.trim())).filter(Boolean).at(-1)
}
