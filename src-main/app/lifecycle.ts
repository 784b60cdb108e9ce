import process from 'node:process'
import { app, dialog } from 'electron'

/** After this long whatever still has not ended is ended with the process. */
const END_LIMIT_MS = 4_000

/** Keeps the program alive without a window, and takes it apart in order before it ends. */
export function endWith(running: Promise<AsyncDisposable>): void {
  let ended = false
  app.on('window-all-closed', () => {})
  app.on('before-quit', (event) => {
    if (ended)
      return
    event.preventDefault()
    ended = true
    const limit = setTimeout(() => app.exit(0), END_LIMIT_MS)
    running
      .then(parts => parts[Symbol.asyncDispose]())
      .catch(() => {})
      .finally(() => {
        clearTimeout(limit)
        app.exit(0)
      })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => app.quit())
}

/** The program cannot start at all: say why, and end. */
export function reportFatal(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`Parley could not start: ${message}\n`)
  dialog.showErrorBox('Parley could not start', message)
  app.exit(1)
}
