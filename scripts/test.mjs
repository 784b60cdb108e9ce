import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { choosesUnitTestsOnly } from './lib/arguments.mjs'
import { runMain } from './lib/failure.mjs'
import './lib/node-version.mjs'

/** How long what the tests started may take to end by itself after them. */
const LEFTOVER_LIMIT_MS = 3000

/** Set-up, a stage, all tests, and everything taken down again. Arguments go to vitest: paths, `-t NAME`, `--project unit`. */
await runMain(async () => {
  const args = process.argv.slice(2)
  const unitOnly = choosesUnitTestsOnly(args)
  const { setUp } = await import('./lib/steps.mjs')
  const { onLeave } = await import('./lib/run.mjs')
  const { killLeftovers, markRun } = await import('./lib/leftovers.mjs')
  const { runtime } = await setUp(unitOnly ? 'unit' : 'test')
  markRun()
  const work = mkdtempSync(join(tmpdir(), 'parley-test-'))
  const stage = unitOnly ? undefined : await openStage()
  const takeDown = async () => {
    await stage?.stop()
    killLeftovers()
    rmSync(work, { recursive: true, force: true })
  }
  onLeave(takeDown)
  try {
    return await runTests({ args, work, stage, runtime })
  }
  finally {
    await takeDown()
  }
})

/** A display and a sound server of our own; only Linux has them, elsewhere the tests that need them skip themselves. */
async function openStage() {
  if (process.platform !== 'linux')
    return undefined
  const { startStage } = await import('./stage/index.mjs')
  return await startStage({ display: true, sound: true })
}

async function runTests({ args, work, stage, runtime }) {
  const { run } = await import('./lib/run.mjs')
  const { ROOT } = await import('./lib/paths.mjs')
  const report = join(work, 'report.json')
  const { code } = await run(process.execPath, [
    join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    ...args,
    '--reporter=default',
    `--reporter=${join(ROOT, 'scripts', 'lib', 'retried-reporter.mjs')}`,
    '--reporter=json',
    `--outputFile.json=${report}`,
  ], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], sweep: false, env: await testEnvironment(stage, runtime) })
  await stage?.stop()
  const left = await reportLeftovers()
  const counts = readCounts(report)
  // A fault outside of any test (an unhandled rejection, a file that does not load) fails the run as well.
  const failed = Math.max(counts.failed, code !== 0 ? 1 : 0) + (left > 0 ? 1 : 0)
  console.log(`${counts.passed} passed, ${failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`)
  return failed > 0 ? 1 : 0
}

async function testEnvironment(stage, runtime) {
  const { runtimeEnvironment } = await import('./lib/runtime.mjs')
  const { speechFolder } = await import('./lib/paths.mjs')
  return {
    ...process.env,
    ...(runtime && runtimeEnvironment(runtime)),
    ...stage?.env,
    PARLEY_TEST: '1',
    VITE_CONFIG_NATIVE_IGNORE_WARNING: 'true',
    PARLEY_SPEECH_DIR: speechFolder(),
  }
}

/** How many processes outlived the tests; says which. */
async function reportLeftovers() {
  const { waitForLeftovers } = await import('./lib/leftovers.mjs')
  const left = await waitForLeftovers(LEFTOVER_LIMIT_MS)
  for (const { pid, command } of left)
    console.log(`Left behind by the tests: process ${pid}: ${command}`)
  return left.length
}

function readCounts(report) {
  let result
  try {
    result = JSON.parse(readFileSync(report, 'utf8'))
  }
  catch {
    // No report: vitest itself failed, and has said why.
    return { passed: 0, failed: 1, skipped: 0 }
  }
  const unloaded = result.testResults.filter(file => file.status === 'failed' && !file.assertionResults.some(test => test.status === 'failed'))
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + unloaded.length,
    skipped: result.numPendingTests + result.numTodoTests,
  }
}
