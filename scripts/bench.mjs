import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { runMain } from './lib/failure.mjs'
import './lib/node-version.mjs'

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), 'benches')

/**
 * `bench NAME [--json]` or `bench all`. A bench is scripts/benches/NAME.mjs and exports:
 *
 * - `name`; `needs`, a list that may hold 'stage' (a display and a sound server of its own);
 * - `run({json, args, log, env, stage, runtime})`: `log(text)` tells how far it is (stderr), `env` is for the processes
 *   it starts; resolves to the result: `{name, n, p50Ms, p95Ms, hops, …}`.
 */
await runMain(async () => {
  const args = process.argv.slice(2)
  const json = args.includes('--json')
  const [chosen, ...rest] = args.filter(argument => argument !== '--json')
  const names = benchNames()
  if (!chosen || (chosen !== 'all' && !names.includes(chosen))) {
    process.stderr.write(`${chosen ? `There is no bench "${chosen}".` : 'Usage: npm run -s bench -- NAME [--json]'}\nNames: ${['all', ...names].join(', ')}\n`)
    return 2
  }
  const { setUp } = await import('./lib/steps.mjs')
  const { runtime } = await setUp('test')
  const results = []
  for (const name of chosen === 'all' ? names : [chosen])
    results.push(await runBench(name, { json, args: rest, runtime }))
  print(results, { json, all: chosen === 'all' })
  return results.some(result => result.error) ? 1 : 0
})

function benchNames() {
  try {
    return readdirSync(FOLDER).filter(file => file.endsWith('.mjs') && !file.startsWith('_')).map(file => file.slice(0, -'.mjs'.length)).sort()
  }
  catch {
    return []
  }
}

async function runBench(name, { json, args, runtime }) {
  const { runtimeEnvironment } = await import('./lib/runtime.mjs')
  const { speechFolder } = await import('./lib/paths.mjs')
  const { onLeave } = await import('./lib/run.mjs')
  const bench = await import(pathToFileURL(join(FOLDER, `${name}.mjs`)))
  const stage = bench.needs?.includes('stage') ? await (await import('./stage/index.mjs')).startStage({ display: true, sound: true }) : undefined
  const forget = onLeave(() => stage?.stop())
  const log = text => process.stderr.write(`[${name}] ${text}\n`)
  const env = { ...process.env, ...runtimeEnvironment(runtime), ...stage?.env, PARLEY_SPEECH_DIR: speechFolder() }
  try {
    return { name, ...await bench.run({ json, args, log, env, stage, runtime }) }
  }
  catch (error) {
    log(error?.stack ?? String(error))
    return { name, error: error?.message ?? String(error) }
  }
  finally {
    forget()
    await stage?.stop()
  }
}

/** With --json the last line is one object: the bench's result, or for `all` `{name: 'all', benches: […]}`. */
function print(results, { json, all }) {
  if (all || !json)
    printTable(results)
  if (json)
    console.log(JSON.stringify(all ? { name: 'all', benches: results } : results[0]))
}

function printTable(results) {
  const rows = results.map(({ name, n, p50Ms, p95Ms, hops, error, ...fields }) => [
    name,
    show(n),
    show(p50Ms),
    show(p95Ms),
    error ? `failed: ${error}` : [...listFields(fields), ...listFields(hops ?? {}, 'hop ')].join('  '),
  ])
  const table = [['bench', 'n', 'p50 ms', 'p95 ms', ''], ...rows]
  const widths = [0, 1, 2, 3].map(column => Math.max(...table.map(row => row[column].length)))
  for (const row of table)
    console.log(row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]) : column < 4 ? cell.padStart(widths[column]) : cell).join('  ').trimEnd())
}

function listFields(fields, prefix = '') {
  return Object.entries(fields).map(([key, value]) => `${prefix}${key}=${typeof value === 'object' ? JSON.stringify(value) : show(value)}`)
}

function show(value) {
  if (value === undefined || value === null)
    return ''
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(value < 10 ? 3 : 1) : String(value)
}
