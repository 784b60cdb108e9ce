import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { launchApp } from '../stage/app.mjs'
import { monotonicMs } from '../stage/index.mjs'
import { quantile, round1 } from './lib/statistics.mjs'

export const name = 'sse-to-paint'
export const needs = ['stage']

const PACED_TOKENS = 2_000
const PACE_MS = 5
const LONG_TOKENS = 50_000
/** So many at once: timers are no finer. */
const LONG_GROUP = 10
const WORDS_IN_PARAGRAPH = 60
const TARGET_MS = 33
const TARGET_SLOWDOWN = 1.5
const CALIBRATIONS = 60

/**
 * From a token's bytes at the socket to its text on the screen, at 200 tokens a second; then a reply of 50,000 tokens, ten times
 * as fast: what a token at its end costs the processor against one at its beginning, and the heaps of both sides.
 */
export async function run({ stage, env, log, longTokens = LONG_TOKENS }) {
  const service = await startTokenService()
  const app = await launchApp({ stage, env, ready: [] })
  try {
    await app.request('settings.patch', { voice: { enabled: false } })
    await app.request('services.save', { service: { id: 'tokens', name: 'Tokens', baseUrl: service.baseUrl, chat: { model: 'tokens' } } })
    await ask(app, service, { count: 200, paceMs: PACE_MS })
    const paced = await measurePaint(app, service)
    const p95Ms = quantile(paced, 0.95)
    log(`${paced.length} tokens at ${1000 / PACE_MS} a second, p95 ${p95Ms.toFixed(1)} ms to the paint (at most ${TARGET_MS} ms wanted)`)
    const long = await measureLong(app, service, longTokens)
    log(`${longTokens} tokens in ${(long.totalMs / 1000).toFixed(1)} s; per token ${long.firstTenthUs} µs of processor time in the first tenth, ${long.lastTenthUs} µs in the last (${long.slowdown} times, at most ${TARGET_SLOWDOWN} wanted)`)
    return { name, n: paced.length, p50Ms: round1(quantile(paced, 0.5)), p95Ms: round1(p95Ms), p99Ms: round1(quantile(paced, 0.99)), targetMs: TARGET_MS, long, targetSlowdown: TARGET_SLOWDOWN }
  }
  finally {
    await app.close()
    await service.close()
  }
}

/** A chat service that writes numbered words, and keeps when it wrote each. */
async function startTokenService() {
  let plan = { count: 0, paceMs: 0 }
  let writtenMs = []
  const server = createServer(async (request, response) => {
    request.resume()
    await once(request, 'end')
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const { count, paceMs, group = 1, onTenth } = plan
    const startMs = monotonicMs()
    for (let i = 0; i < count && !response.destroyed; i++) {
      if (i % group === 0)
        await delay(Math.max(0, startMs + i * paceMs - monotonicMs()))
      if (i % (count / 10) === 0)
        onTenth?.(i / (count / 10))
      writtenMs[i] = monotonicMs()
      response.write(event({ content: `${i === 0 ? '' : i % WORDS_IN_PARAGRAPH === 0 ? '\n\n' : ' '}w${i}.` }))
    }
    response.end(`${event({}, 'stop')}data: [DONE]\n\n`)
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${server.address().port}/v1`,
    writtenMs: () => writtenMs,
    prepare(next) {
      plan = next
      writtenMs = []
    },
    close: () => new Promise((resolve) => {
      server.closeAllConnections()
      server.close(resolve)
    }),
  }
}

function event(delta, finish = null) {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
}

/** One reply to its end, in a conversation of its own. Resolves with `[number of the last word, ms on our clock]` of each painted frame. */
async function ask(app, service, plan) {
  await app.request('conversation.create')
  service.prepare(plan)
  const offsetMs = await clockOffset(app.page)
  await app.page.evaluate(watchPaints)
  await app.request('turn.ask', { text: 'Count, please.' })
  const turn = await app.until(({ turns }) => turns.at(-1)?.end === 'complete' ? turns.at(-1) : null, { what: 'the whole reply', timeoutMs: 180_000 })
  const last = plan.count - 1
  if (!turn.replyText.endsWith(`w${last}.`))
    throw new Error(`the reply ends with "${turn.replyText.slice(-20)}"`)
  const paints = await app.page.evaluate(wanted => globalThis.paintWatch.until(wanted), last)
  return paints.map(([word, atMs]) => [word, atMs + offsetMs])
}

/** What to add to the page's clock for ours: of the fastest of many round trips. */
async function clockOffset(page) {
  let best = { tripMs: Infinity, offsetMs: 0 }
  for (let i = 0; i < CALIBRATIONS; i++) {
    const beforeMs = monotonicMs()
    const pageMs = await page.evaluate(() => performance.now())
    const tripMs = monotonicMs() - beforeMs
    if (tripMs < best.tripMs)
      best = { tripMs, offsetMs: beforeMs + tripMs / 2 - pageMs }
  }
  return best.offsetMs
}

/** In the page: after each paint, the number of the last word of the reply. */
function watchPaints() {
  globalThis.paintWatch?.stop()
  const paints = []
  let wanted = null
  let running = true
  let shown = -1
  const lastWord = () => {
    let node = [...document.querySelectorAll('[data-testid="reply"]')].at(-1)
    while (node && node.nodeType !== Node.TEXT_NODE) {
      let child = node.lastChild
      // Without a word in it: an anchor, a caret, white space between blocks.
      while (child && !/w\d+\./.test(child.nodeType === Node.TEXT_NODE ? child.data.slice(-40) : child.lastChild === null ? '' : 'w0.'))
        child = child.previousSibling
      node = child
    }
    return Number(/w(\d+)\.\s*$/.exec(node?.data.slice(-40) ?? '')?.[1] ?? -1)
  }
  const channel = new MessageChannel()
  // Told after the frame was drawn; what is there now is what was drawn, for nothing else runs in between.
  channel.port1.onmessage = () => {
    const word = lastWord()
    if (word > shown) {
      shown = word
      paints.push([shown, performance.now()])
    }
    if (wanted !== null && shown >= wanted.word)
      wanted.resolve(paints)
  }
  const frame = () => {
    if (!running)
      return
    channel.port2.postMessage(null)
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  globalThis.paintWatch = {
    stop: () => running = false,
    until: word => new Promise((resolve) => {
      wanted = { word, resolve }
    }),
  }
}

async function measurePaint(app, service) {
  const paints = await ask(app, service, { count: PACED_TOKENS, paceMs: PACE_MS })
  const writtenMs = service.writtenMs()
  const times = []
  let next = 0
  for (const [word, atMs] of paints) {
    for (; next <= word; next++)
      times.push(atMs - writtenMs[next])
  }
  return times
}

async function measureLong(app, service, count) {
  const cdp = await app.page.context().newCDPSession(app.page)
  await cdp.send('Performance.enable')
  const usage = async () => {
    const [{ metrics }, mainMs] = await Promise.all([
      cdp.send('Performance.getMetrics'),
      // eslint-disable-next-line node/prefer-global/process -- evaluated in main
      app.electron.evaluate(() => Object.values(process.cpuUsage()).reduce((sum, us) => sum + us / 1000, 0)),
    ])
    return { pageMs: metrics.find(({ name }) => name === 'TaskDuration').value * 1000, mainMs }
  }
  const heap = async () => {
    await cdp.send('HeapProfiler.collectGarbage')
    const [{ usedSize }, main] = await Promise.all([
      cdp.send('Runtime.getHeapUsage'),
      // eslint-disable-next-line node/prefer-global/process -- evaluated in main
      app.electron.evaluate(() => process.memoryUsage().heapUsed),
    ])
    return { pageMiB: round1(usedSize / 2 ** 20), mainMiB: round1(main / 2 ** 20) }
  }
  const before = await heap()
  const samples = []
  const startedMs = monotonicMs()
  await ask(app, service, { count, paceMs: PACE_MS / 10, group: LONG_GROUP, onTenth: tenth => samples[tenth] = usage() })
  const totalMs = Math.round(monotonicMs() - startedMs)
  samples.push(usage())
  const used = await Promise.all(samples)
  const perToken = (tenth, side) => Math.round((used[tenth + 1][side] - used[tenth][side]) / (count / 10) * 1000)
  const both = tenth => perToken(tenth, 'pageMs') + perToken(tenth, 'mainMs')
  return {
    tokens: count,
    totalMs,
    firstTenthUs: both(0),
    lastTenthUs: both(9),
    slowdown: Math.round(both(9) / both(0) * 100) / 100,
    page: Array.from({ length: 10 }, (_, tenth) => perToken(tenth, 'pageMs')),
    main: Array.from({ length: 10 }, (_, tenth) => perToken(tenth, 'mainMs')),
    heapBefore: before,
    heapAfter: await heap(),
  }
}
