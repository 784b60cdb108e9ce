import type { AddressInfo } from 'node:net'
import type { WebSocket } from 'ws'
import type { Stage } from '../../../scripts/stage/index.mjs'
import type { ProgramOptions, TestProgram } from './program'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import process from 'node:process'
import { WebSocketServer } from 'ws'
import { createWaiting, PROGRAMS_FOLDER, startProgram, textWait } from './program'

export type ChromiumField = 'textarea' | 'contenteditable'

interface PageState {
  readonly textarea: string
  readonly contenteditable: string
  readonly html: string
  /** The field that has the keyboard; empty when the window has not the focus. */
  readonly focus: ChromiumField | ''
}

/** `text` is that of the field chosen last (the textarea at first). */
export interface ChromiumProgram extends TestProgram {
  readonly state: () => PageState
  readonly choose: (field: ChromiumField) => Promise<void>
  /** Sets the textarea's text and the cursor in it, in UTF-16 units. */
  readonly set: (state: { readonly text: string, readonly caret: number }) => Promise<void>
}

const ENDS_WITHIN_MS = 5_000
const ALONE = [
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-gpu',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-features=Translate,MediaRouter,OptimizationHints',
  '--password-store=basic',
  '--use-mock-keychain',
]

export interface ChromiumOptions extends ProgramOptions {
  readonly flags?: readonly string[]
}

/** A browser window whose page has a textarea and an editable element. The page is of this process, over loopback. */
export async function openChromium(stage: Stage, { title = 'chromium under test', env = {}, flags = [] }: ChromiumOptions = {}): Promise<ChromiumProgram> {
  const dir = await mkdtemp(join(stage.dir, 'chromium-'))
  const page = (await readFile(join(PROGRAMS_FOLDER, 'page.html'), 'utf8')).replace('PAGE_TITLE', title)
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/html' }).end(request.url === '/' ? page : '')
  })
  const sockets = new WebSocketServer({ server })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox', '--test-type'] : []
  const program = startProgram(stage, 'chromium', [...ALONE, ...asRoot, ...flags, `--user-data-dir=${dir}`, '--new-window', url], { env })
  const waiting = createWaiting(program.ended)
  let state: PageState = { textarea: '', contenteditable: '', html: '', focus: '' }
  let field: ChromiumField = 'textarea'
  let socket: WebSocket | undefined
  let ordered = 0
  let obeyed = 0
  sockets.on('connection', (opened) => {
    socket = opened
    opened.on('message', (data) => {
      const told = JSON.parse(String(data)) as PageState | { obeyed: true }
      if ('obeyed' in told)
        obeyed++
      else
        state = told
      waiting.changed()
    })
  })
  async function order(what: { focus?: ChromiumField, clear?: true, set?: { readonly text: string, readonly caret: number } }): Promise<void> {
    const mine = ++ordered
    socket?.send(JSON.stringify(what))
    await waiting.until(() => obeyed >= mine, () => 'no answer')
  }
  async function choose(wanted: ChromiumField): Promise<void> {
    field = wanted
    await order({ focus: wanted })
    await waiting.until(() => state.focus === wanted, () => JSON.stringify(state))
  }
  async function close(): Promise<void> {
    // Asked first: a killed browser leaves its children for a moment.
    program.child.kill('SIGTERM')
    const late = setTimeout(() => program.child.kill('SIGKILL'), ENDS_WITHIN_MS)
    await program.ended.catch(() => {})
    clearTimeout(late)
    sockets.clients.forEach(client => client.terminate())
    sockets.close()
    await new Promise(done => server.close(done))
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const window = await program.shown()
    await waiting.until(() => socket !== undefined, () => 'no page', 30_000)
    await choose('textarea')
    const text = (): string => state[field]
    return {
      window,
      pid: program.pid,
      text: async () => text(),
      untilText: textWait(waiting, text),
      state: () => state,
      choose,
      set: set => order({ set }),
      clear: () => order({ clear: true }),
      close,
    }
  }
  catch (error) {
    await close()
    throw error
  }
}
