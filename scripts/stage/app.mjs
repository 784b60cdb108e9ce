import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { openStageKeyboard } from './x11.mjs'

const ROOT = resolve(fileURLToPath(import.meta.url), '../../..')
const TALK_KEY = 'ctrl+alt+space'
const LAUNCH_LIMIT_MS = 30_000

/** See app.d.mts. */
export async function launchApp({ stage, env = process.env, dataDir, args = [], ready = ['microphone', 'models', 'hotkey'], timeoutMs = 60_000 }) {
  const { _electron } = createRequire(join(ROOT, 'package.json'))('playwright-core')
  const ownData = dataDir === undefined
  const data = dataDir ?? await mkdtemp(join(tmpdir(), 'parley-app-'))
  const startedAtMs = now()
  const options = {
    executablePath: join(env.ELECTRON_OVERRIDE_DIST_PATH ?? '', 'electron'),
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ROOT, ...args],
    env: { ...env, ...stage.env, PARLEY_DATA_DIR: data },
    timeout: Math.min(timeoutMs, LAUNCH_LIMIT_MS),
  }
  const electron = await _electron.launch(options).catch((error) => {
    // A start that hangs before the debugger answers is the driver's; it is tried once more, and not in silence.
    if (error.name !== 'TimeoutError')
      throw error
    console.warn(`The program did not answer the debugger; started again: ${error.message}`)
    return _electron.launch(options)
  })
  const page = await pageOf(electron, 'index.html', timeoutMs)
  const keyboard = await openStageKeyboard({ display: stage.env.DISPLAY })
  const app = {
    electron,
    page,
    keyboard,
    dataDir: data,
    startedAtMs,
    pid: electron.process().pid,
    overlay: () => pageOf(electron, 'overlay.html', timeoutMs),
    snapshot: () => request(page, 'app.snapshot'),
    request: (name, input) => request(page, name, input),
    until: (accepts, options) => until(page, accepts, { timeoutMs, ...options }),
    untilReady: (parts = ready) => app.until(snapshot => isReady(snapshot, parts), { what: `ready: ${parts.join(', ')}` }),
    keyDown: (keys = TALK_KEY) => keyboard.keyDown(keys),
    keyUp: (keys = TALK_KEY) => keyboard.keyUp(keys),
    async log() {
      const text = await readFile(join(data, 'logs', 'parley.log'), 'utf8').catch(() => '')
      return text.split('\n').filter(line => line !== '').map(line => JSON.parse(line))
    },
    async close() {
      await keyboard.close()
      await electron.close()
      if (ownData)
        await rm(data, { recursive: true, force: true })
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
  try {
    await watchEvents(page)
    await app.untilReady()
  }
  catch (error) {
    await app.close().catch(() => {})
    throw error
  }
  return app
}

async function pageOf(electron, file, timeoutMs) {
  const isIt = page => page.url().includes(file)
  return electron.windows().find(isIt) ?? electron.waitForEvent('window', { predicate: isIt, timeout: timeoutMs })
}

function now() {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

async function request(page, name, input) {
  const answer = await page.evaluate(([name, input]) => globalThis.parley.request(name, input), [name, input])
  if (!answer.ok)
    throw Object.assign(new Error(`${name}: ${answer.error.code}: ${answer.error.message}`), { code: answer.error.code })
  return answer.value
}

function isReady(snapshot, parts) {
  const checks = {
    microphone: () => snapshot.microphone === 'open',
    models: () => ['asr', 'tts', 'chat'].every(kind => snapshot.models.some(model => model.kind === kind && model.state === 'ready')),
    hotkey: () => snapshot.hotkey.mechanism === 'x11' && snapshot.hotkey.errorCode === null,
  }
  return parts.every(part => checks[part]())
}

/** Keeps count of main's events in the page, and who waits for the next one. */
async function watchEvents(page) {
  await page.evaluate(() => {
    const watch = { seq: 0, waiting: [] }
    globalThis.stageWatch = watch
    globalThis.parley.onEvent(({ seq, event }) => {
      // What comes many times a second would make the program answer for its snapshot instead of working.
      if (['level', 'tokens', 'partial', 'hops', 'spoken'].includes(event.type))
        return
      watch.seq = seq
      watch.waiting.splice(0).forEach(wake => wake())
    })
  })
}

/** Asks main for the snapshot now and after each event, until `accepts` is truthy. */
async function until(page, accepts, { timeoutMs, what = 'the expected state' }) {
  const endMs = now() + timeoutMs
  for (;;) {
    const snapshot = await request(page, 'app.snapshot')
    const value = accepts(snapshot)
    if (value)
      return value
    const leftMs = endMs - now()
    if (leftMs <= 0) {
      const { turns, pipeline, models, microphone, hotkey, notices } = snapshot
      throw new Error(`not reached within ${timeoutMs} ms: ${what}; at last: ${JSON.stringify({ pipeline, microphone, hotkey, notices, models: models.map(({ id, state, errorCode }) => [id, state, errorCode]), turn: turns.at(-1) })}`)
    }
    await page.evaluate(({ seq, leftMs }) => new Promise((resolve) => {
      const watch = globalThis.stageWatch
      if (watch.seq > seq)
        return resolve()
      watch.waiting.push(resolve)
      setTimeout(resolve, leftMs)
    }), { seq: snapshot.seq, leftMs }).catch((error) => {
      // The page's collector may take the promise of an answer that is still to come; it is simply asked again.
      if (!/garbage collected/.test(error.message))
        throw error
    })
  }
}
