'use strict'
/**
 * An Electron program with the real pages and the real preload script, and main's side played by a script: requests are recorded
 * and answered from a table, events are sent by the test through `globalThis.harness`.
 */
const { Buffer } = require('node:buffer')
const { readFile } = require('node:fs/promises')
const { extname, join } = require('node:path')
const process = require('node:process')
const { app, BrowserWindow, ipcMain, protocol } = require('electron')

const { pages, preload, requestChannel, eventChannel } = JSON.parse(Buffer.from(process.env.PARLEY_HARNESS, 'base64').toString())

const MIME = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.png': 'image/png' }

// As the program does it: a scheme of its own, so that 'self' in the pages' policy means the same here.
protocol.registerSchemesAsPrivileged([{ scheme: 'parley', privileges: { standard: true, secure: true, codeCache: true } }])
app.disableHardwareAcceleration()
app.on('window-all-closed', () => {})

const windows = new Map()

const harness = {
  snapshot: null,
  seq: 0,
  calls: [],
  /** By name: an envelope, or a list of envelopes of which each is used once and the last one stays. */
  answers: {},
  /** Dictations, newest first. */
  history: [],
  /** Requests that are answered only when the test says so. */
  held: new Map(),

  emit(event, { skip = 0 } = {}) {
    harness.seq += 1 + skip
    for (const window of windows.values())
      window.webContents.send(eventChannel, { seq: harness.seq, event })
  },

  answer(name, input) {
    const list = harness.answers[name]
    if (Array.isArray(list))
      return list.length > 1 ? list.shift() : list[0]
    if (list !== undefined)
      return list
    if (name === 'app.snapshot')
      return { ok: true, value: { ...harness.snapshot, seq: harness.seq } }
    if (name === 'settings.patch')
      return { ok: true, value: harness.patch(input) }
    if (name === 'services.offers')
      return { ok: true, value: { presets: [], environment: null, found: [] } }
    if (name === 'services.keychain')
      return { ok: true, value: { hasKeychain: true } }
    if (name === 'dictations.list')
      return { ok: true, value: harness.dictations(input) }
    if (name === 'permissions.list')
      return { ok: true, value: [] }
    return { ok: true, value: undefined }
  },

  /** As main does it: newest first, by words, older than. */
  dictations({ search = '', beforeMs = Infinity, limit = 50 }) {
    const wanted = search.toLowerCase()
    return harness.history
      .filter(({ createdAtMs, rawText, finalText }) => createdAtMs < beforeMs && `${rawText} ${finalText}`.toLowerCase().includes(wanted))
      .slice(0, limit)
  },

  patch(change) {
    const settings = structuredClone(harness.snapshot.settings)
    for (const [key, value] of Object.entries(change))
      settings[key] = typeof value === 'object' && value !== null ? { ...settings[key], ...value } : value
    harness.snapshot = { ...harness.snapshot, settings }
    harness.emit({ type: 'settings', settings })
    return settings
  },

  async open(page, hash = '', size = { width: 1080, height: 760 }) {
    windows.get(page)?.destroy()
    const isOverlay = page === 'overlay'
    const window = new BrowserWindow({
      ...size,
      useContentSize: true,
      frame: false,
      transparent: isOverlay,
      show: true,
      webPreferences: { preload, contextIsolation: true, sandbox: true, nodeIntegration: false, backgroundThrottling: false },
    })
    windows.set(page, window)
    window.on('closed', () => windows.delete(page))
    await window.loadURL(`parley://app/${page}.html${hash}`)
  },

  resize(page, width, height) {
    windows.get(page).setContentSize(width, height)
  },
}
globalThis.harness = harness

ipcMain.handle(requestChannel, (_event, name, input) => {
  harness.calls.push({ name, input })
  return harness.answer(name, input)
})

app.whenReady().then(() => {
  protocol.handle('parley', async (request) => {
    const { pathname } = new URL(request.url)
    try {
      return new Response(await readFile(join(pages, pathname)), { headers: { 'content-type': MIME[extname(pathname)] } })
    }
    catch {
      return new Response(null, { status: 404 })
    }
  })
  globalThis.harnessReady = true
})
