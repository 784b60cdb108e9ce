import process from 'node:process'

const BAR_WIDTH = 24
const REDRAW_MS = 100
const SPARSE_MS = 10_000

/**
 * One line for one wait. In a terminal it is redrawn in place; elsewhere (a log) it is printed at the start,
 * every ten seconds, and at the end. Goes to stderr, so that a command's own output stays clean.
 *
 * @param {string} label what is being waited for
 * @param {{unit?: 'bytes' | 'items' | 'percent', total?: number, stream?: NodeJS.WriteStream, nowMs?: () => number}} [options]
 *   without `total` the amount so far and the time are shown
 */
export function createProgress(label, options = {}) {
  const { unit = 'items', stream = process.stderr, nowMs = () => performance.now() } = options
  const live = Boolean(stream.isTTY) && !process.env.CI
  const startedAtMs = nowMs()
  let total = options.total
  let done = 0
  let note = ''
  let drawnAtMs = -Infinity
  let drawnText = ''
  let finished = false

  function draw(force) {
    const atMs = nowMs()
    if (finished || (!force && atMs - drawnAtMs < (live ? REDRAW_MS : SPARSE_MS)))
      return
    drawnAtMs = atMs
    const text = line()
    if (text === drawnText)
      return
    drawnText = text
    if (live)
      stream.write(`\r\u001B[2K${text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`)
    else
      stream.write(`${text}\n`)
  }

  function line() {
    const seconds = (nowMs() - startedAtMs) / 1000
    const parts = [`  ${label}`]
    if (total) {
      const share = Math.min(1, done / total)
      if (live)
        parts.push(`[${'█'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '·')}]`)
      parts.push(`${Math.floor(share * 100)} %`)
    }
    if (unit !== 'percent' && (done > 0 || total))
      parts.push(unit === 'bytes' ? amountOfBytes(done, total) : total ? `${done}/${total}` : String(done))
    if (seconds >= 1)
      parts.push(formatSeconds(seconds))
    if (note)
      parts.push(note)
    return parts.join('  ')
  }

  // Time goes on also when nothing else happens: a wait without news must not look dead.
  const ticker = setInterval(draw, live ? 500 : SPARSE_MS, false)
  ticker.unref?.()
  draw(true)

  function close(text) {
    if (finished)
      return
    clearInterval(ticker)
    finished = true
    if (live)
      stream.write('\r\u001B[2K')
    stream.write(`${text}\n`)
  }

  return {
    update(value, newNote) {
      done = value
      if (newNote !== undefined)
        note = newNote
      draw(false)
    },
    setTotal(value) {
      total = value
    },
    /** Ends the line with a check mark and what came of it. */
    done(text = '') {
      close(`✓ ${label}${text ? `: ${text}` : ''}  (${formatSeconds((nowMs() - startedAtMs) / 1000)})`)
    },
    /** Ends the line with a cross; the reason follows. */
    fail(text = '') {
      close(`✗ ${label}${text ? `: ${text}` : ''}`)
    },
    /** Ends the line and leaves nothing, in a terminal. */
    clear() {
      if (!finished && live)
        stream.write('\r\u001B[2K')
      clearInterval(ticker)
      finished = true
    },
  }
}

export function formatBytes(bytes) {
  if (bytes < 1_000_000)
    return `${(bytes / 1000).toFixed(0)} kB`
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`
}

function amountOfBytes(done, total) {
  return total ? `${formatBytes(done)} of ${formatBytes(total)}` : formatBytes(done)
}

function formatSeconds(seconds) {
  if (seconds < 60)
    return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
}
