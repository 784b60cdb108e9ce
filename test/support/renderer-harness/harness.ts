import type { AppEvent, Envelope, RequestName, Snapshot } from '@contract'
import type { Page } from 'playwright-core'
import { Buffer } from 'node:buffer'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { _electron as electron } from 'playwright-core'
import { EVENT_CHANNEL, REQUEST_CHANNEL } from '../../../src-main/contract/channels'

interface MainSide {
  snapshot: Snapshot
  calls: { readonly name: RequestName, readonly input: unknown }[]
  answers: Record<string, Envelope<unknown> | Envelope<unknown>[]>
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
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: 'light' | 'dark'
}

export interface RendererHarness extends AsyncDisposable {
  /** Opens a fresh window; what the windows before it asked for is forgotten. */
  open: (options: OpenOptions) => Promise<Page>
  emit: (...events: AppEvent[]) => Promise<void>
  /** As if the events before it had got lost. */
  emitAfterGap: (event: AppEvent) => Promise<void>
  setSnapshot: (snapshot: Snapshot) => Promise<void>
  answer: (name: RequestName, envelope: Envelope<unknown>) => Promise<void>
  /** What the window asked for so far; without names, all but the snapshot and the levels' switch. */
  calls: (...names: RequestName[]) => Promise<{ readonly name: RequestName, readonly input: unknown }[]>
  resize: (width: number, height: number) => Promise<void>
  /** Errors and refused loads that the pages reported. */
  readonly complaints: string[]
}

const SETUP_REQUESTS: readonly RequestName[] = ['app.snapshot', 'levels.watch']

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

export async function launchRenderer(): Promise<RendererHarness> {
  const config = { ...built(), requestChannel: REQUEST_CHANNEL, eventChannel: EVENT_CHANNEL }
  const app = await electron.launch({
    executablePath: runtime(),
    args: [resolve('test/support/renderer-harness/main.cjs')],
    env: { ...process.env as Record<string, string>, PARLEY_HARNESS: Buffer.from(JSON.stringify(config)).toString('base64') },
  })
  const complaints: string[] = []
  await app.evaluate(({ app }) => app.whenReady())
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
    async open({ page: name = 'index', hash = '', snapshot, width = 1080, height = 760, colorScheme = 'light' }) {
      const opened = app.waitForEvent('window')
      const loading = app.evaluate((_, options) => {
        const { harness } = globalThis
        harness.snapshot = options.snapshot
        harness.calls = []
        harness.answers = {}
        return harness.open(options.name, options.hash, { width: options.width, height: options.height })
      }, { name, hash, snapshot, width, height })
      const page = await opened
      listen(page)
      await loading
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      if (name === 'index')
        await page.locator('[data-testid=state]:not([data-state=connecting])').waitFor()
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
