import { spawn } from 'node:child_process'
import process from 'node:process'
import { monotonicMs } from '../stage/index.mjs'
import { loadTs } from './lib/load-ts.mjs'
import { quantile, round1, summary } from './lib/statistics.mjs'

export const name = 'insert'
export const needs = ['stage']

const RUNS = 100
const WARM_UP = 5
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** From the call of `insert` to the text in a GTK entry, as the program itself tells it, and to the report. Another program owns the clipboard. */
export async function run({ stage, log }) {
  const [{ createX11Input }, { createTextInjector }, { systemClock: clock }, { openEntry }] = await Promise.all([
    'src-main/desktop/inject/x11-input.ts',
    'src-main/dictation/insertion/text-injector.ts',
    'src-main/ports/clock.ts',
    'test/support/programs/gtk.ts',
  ].map(loadTs))
  const owner = spawn('xclip', ['-quiet', '-i', '-selection', 'clipboard'], { env: { ...process.env, ...stage.env }, stdio: ['pipe', 'ignore', 'ignore'] })
  owner.stdin.end('what was there')
  const input = createX11Input({ display: stage.env.DISPLAY, clock, logger: silent })
  const injector = createTextInjector(input, { clock, logger: silent, platform: 'linux' })
  const entry = await openEntry(stage)
  try {
    await input.start()
    const target = await injector.target()
    const times = []
    const reports = []
    for (let i = -WARM_UP; i < RUNS; i++) {
      const { textMs, reportMs } = await insertOnce({ injector, entry, target, text: `This is the text of run ${i}.` })
      if (i < 0)
        continue
      times.push(textMs)
      reports.push(reportMs)
    }
    log(`slowest: ${round1(Math.max(...times))} ms`)
    return { name, ...summary(times), maxMs: round1(Math.max(...times)), reportP50Ms: round1(quantile(reports, 0.5)), reportP95Ms: round1(quantile(reports, 0.95)) }
  }
  finally {
    await injector[Symbol.asyncDispose]()
    await entry.close()
    owner.kill()
  }
}

async function insertOnce({ injector, entry, target, text }) {
  await entry.clear()
  const startMs = monotonicMs()
  const reported = injector.insert(text, target, { signal: new AbortController().signal, method: 'auto', chord: null, mayInsertNewlines: false })
    .then(report => ({ report, atMs: monotonicMs() }))
  await entry.untilText(text)
  const textMs = monotonicMs() - startMs
  const { report, atMs } = await reported
  if (report.how !== 'pasted' || !report.confirmed)
    throw new Error(`not pasted: ${JSON.stringify(report)}`)
  // The next one finds the clipboard as another program left it.
  await injector.settled()
  return { textMs, reportMs: atMs - startMs }
}
