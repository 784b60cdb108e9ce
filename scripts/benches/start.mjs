import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { launchApp } from '../stage/app.mjs'
import { askOnce } from './key-to-voice.mjs'
import { spokenQuestion } from './lib/questions.mjs'
import { quantile, round1, summary } from './lib/statistics.mjs'

export const name = 'start'
export const needs = ['stage']

const IDLE_MS = 10_000
const SETTLE_MS = 3_000
const TICKS_PER_SECOND = 100

/** Start-up, idle cost and how late main's loop is during turns. Times are from the process's own start. */
export async function run({ stage, env, log, starts = 7, turns = 5 }) {
  const marks = []
  for (let i = 0; i < starts; i++) {
    const app = await launchApp({ stage, env })
    const entries = await app.log()
    await app.close()
    const times = Object.fromEntries(entries.filter(({ msg }) => msg === 'start-up').map(({ stage: mark, atMs }) => [mark, atMs]))
    log(`start ${i + 1}: ${JSON.stringify(times)}`)
    marks.push(times)
  }
  const app = await launchApp({ stage, env })
  try {
    return { name, ...await measure({ app, stage, env, turns, marks }) }
  }
  finally {
    await app.close()
  }
}

async function measure({ app, stage, env, turns, marks }) {
  const hotkey = marks.map(times => times.hotkey)
  const models = marks.map(times => times.models)
  const question = await spokenQuestion(env.PARLEY_SPEECH_DIR, 'q-capital')
  for (let i = 0; i < turns; i++)
    await askOnce(app, stage, question)
  const delays = (await app.log()).filter(({ msg }) => msg === 'event loop during the turn').map(({ p99Ms }) => p99Ms)
  const warm = await idlePercent(app.pid)
  const pssMiB = await pss(app.pid)
  await app.request('settings.patch', { audio: { microphone: 'cold' } })
  const closed = await idlePercent(app.pid)
  return {
    ...summary(hotkey),
    hops: {},
    hotkeyReadyMs: round1(quantile(hotkey, 0.5)),
    modelsWarmMs: round1(quantile(models, 0.5)),
    idleClosedPercent: round1(closed),
    idleWarmPercent: round1(warm),
    loopDelayP99Ms: round1(quantile(delays, 0.5)),
    loopDelayP99Each: delays,
    pssMiB,
  }
}

async function tree(pid) {
  const parents = new Map()
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry))
      continue
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (stat !== '')
      parents.set(Number(entry), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) })
  }
  const all = [pid]
  for (const id of all)
    all.push(...[...parents].filter(([, { parent }]) => parent === id).map(([child]) => child))
  return { pids: all, ticks: all.reduce((sum, id) => sum + (parents.get(id)?.ticks ?? 0), 0) }
}

/** Percent of one core that the program's processes use when nothing happens. */
async function idlePercent(pid) {
  await delay(SETTLE_MS)
  const before = await tree(pid)
  await delay(IDLE_MS)
  const after = await tree(pid)
  return ((after.ticks - before.ticks) / TICKS_PER_SECOND / (IDLE_MS / 1000)) * 100
}

async function pss(pid) {
  let kib = 0
  for (const id of (await tree(pid)).pids) {
    const text = await readFile(`/proc/${id}/smaps_rollup`, 'utf8').catch(() => '')
    kib += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0)
  }
  return Math.round(kib / 1024)
}
