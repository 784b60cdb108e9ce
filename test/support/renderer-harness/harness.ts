import type { AppEvent, DictationEntryView, Envelope, RequestName, Snapshot } from '@contract'
import type { Page } from 'playwright-core'
import { Buffer } from 'node:buffer'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { _electron as electron } from 'playwright-core'
import { EVENT_CHANNEL, REQUEST_CHANNEL } from '../../../src-main/contract/channels'
import en from '../../../src-renderer/locales/en.json'

interface MainSide {
  snapshot: Snapshot
  calls: { readonly name: RequestName, readonly input: unknown }[]
  answers: Record<string, Envelope<unknown> | Envelope<unknown>[]>
  history: readonly DictationEntryView[]
  emit: (event: AppEvent, options?: { skip?: number }) => void
  open: (page: string, hash?: string, size?: { width: number, height: number }) => Promise<void>
  resize: (page: string, width: number, height: number) => void
}

declare global {
  /** In the harness's main process. */
  // eslint-disable-next-line vars-on-top
  var harness: MainSide
}

export interface OpenOptions {
  readonly page?: 'index' | 'overlay'
  /** `#/settings/sound` */
  readonly hash?: string
  readonly snapshot: Snapshot
  /** Dictations, newest first. */
  readonly history?: readonly DictationEntryView[]
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: 'light' | 'dark'
  /** Every text a third longer than in English, with letters of every height: what does not fit shows. */
  readonly pseudo?: boolean
  /** Signs move, as for those who have not asked for less of it. */
  readonly motion?: boolean
}

export interface RendererHarness extends AsyncDisposable {
  /** Opens a fresh window; what the windows before it asked for is forgotten. */
  open: (options: OpenOptions) => Promise<Page>
  emit: (...events: AppEvent[]) => Promise<void>
  /** As if the events before it had got lost. */
  emitAfterGap: (event: AppEvent) => Promise<void>
  setSnapshot: (snapshot: Snapshot) => Promise<void>
  /** With a list: one answer after another, and the last one again. */
  answer: (name: RequestName, envelope: Envelope<unknown> | Envelope<unknown>[]) => Promise<void>
  /** What the window asked for so far; without names, all but what every window asks for by itself. */
  calls: (...names: RequestName[]) => Promise<{ readonly name: RequestName, readonly input: unknown }[]>
  resize: (width: number, height: number) => Promise<void>
  /** Errors and refused loads that the pages reported. */
  readonly complaints: string[]
}

const SETUP_REQUESTS: readonly RequestName[] = ['app.snapshot', 'levels.watch', 'overlay.sized']

function runtime(): string {
  const folder = process.env['ELECTRON_OVERRIDE_DIST_PATH']
  if (folder === undefined)
    throw new Error('ELECTRON_OVERRIDE_DIST_PATH does not name the folder of Electron. Run the tests by `npm test`.')
  return join(folder, process.platform === 'win32' ? 'electron.exe' : 'electron')
}

/** The built pages, as the program loads them. */
function built(): { pages: string, preload: string } {
  const out = process.env['PARLEY_OUT_DIR'] ?? resolve('out')
  const pages = join(out, 'renderer')
  const preload = join(out, 'preload', 'index.js')
  for (const path of [join(pages, 'index.html'), preload]) {
    if (!existsSync(path))
      throw new Error(`${path} is missing. Build first: npm run build`)
  }
  return { pages, preload }
}

/** In the page, before its own scripts: counts what fires. Written as text, as it runs elsewhere. */
const COUNT_WAKE_UPS = `{
  const count = { timers: 0, frames: 0 }
  window.wakeUps = () => {
    const { timers, frames } = count
    count.timers = count.frames = 0
    return { timers, frames }
  }
  for (const [name, kind] of [['setTimeout', 'timers'], ['setInterval', 'timers'], ['requestAnimationFrame', 'frames']]) {
    const original = window[name].bind(window)
    window[name] = (run, ...rest) => original((...values) => {
      count[kind] += 1
      return typeof run === 'function' ? run(...values) : undefined
    }, ...rest)
  }
}`

/** `Settings` → `Ŝéttïñgŝ ĵüÿŵ`; placeholders stay. */
function pseudoText(text: string): string {
  const accents: Readonly<Record<string, string>> = { a: 'ä', c: 'ç', e: 'é', g: 'ğ', i: 'ï', n: 'ñ', o: 'ö', s: 'ŝ', u: 'ü', y: 'ÿ', A: 'Å', S: 'Ŝ', O: 'Ö' }
  const body = text.split(/(\{\w+\})/).map(part => part.startsWith('{') ? part : part.replace(/[a-z]/gi, letter => accents[letter] ?? letter)).join('')
  const extra = Math.ceil(text.replace(/\{\w+\}/g, '').length * 0.4)
  return extra < 2 ? body : `${body} ${'ŵÿğĵüfß'.repeat(12).slice(0, Math.min(extra, 40)).replace(/(.{9})/g, '$1 ').trim()}`
}

interface Texts { readonly [key: string]: string | Texts }

function pseudoTexts(texts: Texts): Texts {
  return Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, typeof value === 'string' ? pseudoText(value) : pseudoTexts(value)]))
}

/** Timers and frames that fired in a page since the former question. */
export function wakeUps(page: Page): Promise<{ timers: number, frames: number }> {
  return page.evaluate(() => (window as unknown as { wakeUps: () => { timers: number, frames: number } }).wakeUps())
}

export async function launchRenderer(): Promise<RendererHarness> {
  const config = { ...built(), requestChannel: REQUEST_CHANNEL, eventChannel: EVENT_CHANNEL }
  const app = await electron.launch({
    executablePath: runtime(),
    args: [resolve('test/support/renderer-harness/main.cjs')],
    env: { ...process.env as Record<string, string>, PARLEY_HARNESS: Buffer.from(JSON.stringify(config)).toString('base64') },
  })
  const complaints: string[] = []
  await app.evaluate(({ app }) => app.whenReady())
  await app.context().addInitScript(COUNT_WAKE_UPS)
  let current: { page: Page, name: 'index' | 'overlay' } | null = null

  function listen(page: Page): void {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        complaints.push(message.text())
    })
    page.on('pageerror', error => complaints.push(String(error)))
  }

  return {
    complaints,
    async open({ page: name = 'index', hash = '', snapshot, history = [], width = 1080, height = 760, colorScheme = 'light', pseudo = false, motion = false }) {
      const opened = app.waitForEvent('window')
      const loading = app.evaluate((_, options) => {
        const { harness } = globalThis
        harness.snapshot = options.snapshot
        harness.calls = []
        harness.answers = {}
        harness.history = options.history
        return harness.open(options.name, options.hash, { width: options.width, height: options.height })
      }, { name, hash, snapshot, history, width, height })
      const page = await opened
      listen(page)
      await loading
      await page.emulateMedia({ colorScheme, reducedMotion: motion ? 'no-preference' : 'reduce' })
      if (name === 'index')
        await page.locator('[data-testid=state]:not([data-state=connecting])').waitFor()
      if (pseudo) {
        await page.evaluate((texts) => {
          // Vue keeps what plug-ins provide where its root is; vue-i18n's own object is the one with the messages.
          const root = document.querySelector('#app') as unknown as { _vnode: { appContext: { provides: Record<symbol, { global?: { setLocaleMessage?: (locale: string, texts: object) => void } }> } } }
          const { provides } = root._vnode.appContext
          Object.getOwnPropertySymbols(provides).forEach(key => provides[key]?.global?.setLocaleMessage?.('en', texts))
        }, pseudoTexts(en))
      }
      current = { page, name }
      return page
    },
    async emit(...events) {
      await app.evaluate((_, list) => list.forEach(event => globalThis.harness.emit(event)), events)
      // Sent before this answer: it is there, and what it changed is painted a frame later.
      await current?.page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
    },
    emitAfterGap: event => app.evaluate((_, one) => globalThis.harness.emit(one, { skip: 3 }), event),
    setSnapshot: snapshot => app.evaluate((_, one) => {
      globalThis.harness.snapshot = one
    }, snapshot),
    answer: (name, envelope) => app.evaluate((_, one) => {
      globalThis.harness.answers[one.name] = one.envelope
    }, { name, envelope }),
    async calls(...names) {
      const calls = await app.evaluate(() => globalThis.harness.calls)
      return calls.filter(call => names.length > 0 ? names.includes(call.name) : !SETUP_REQUESTS.includes(call.name))
    },
    async resize(width, height) {
      await app.evaluate((_, size) => globalThis.harness.resize('index', size.width, size.height), { width, height })
      await current?.page.waitForFunction(wanted => window.innerWidth === wanted, width)
    },
    async [Symbol.asyncDispose]() {
      await app.close()
    },
  }
}
