import type { Clock } from '../ports/clock'

const REDRAW_MS = 200
/** Before that nobody can tell how long it will take. */
const ESTIMATE_AFTER_MS = 2_000

export interface SoundProgress {
  /** So much of the sound was taken. */
  report: (doneMs: number) => void
  /** Takes the line off, so that something else can be written. */
  clear: () => void
}

/** How far a sound is, on one line of a terminal; elsewhere nothing is written. `lengthMs` null: not known. */
export function createSoundProgress(terminal: NodeJS.WritableStream & { readonly isTTY?: boolean, readonly columns?: number }, name: string, lengthMs: number | null, clock: Pick<Clock, 'nowMs'>): SoundProgress {
  if (!terminal.isTTY)
    return { report() {}, clear() {} }
  const beganMs = clock.nowMs()
  let drawnMs = Number.NEGATIVE_INFINITY
  let isDrawn = false
  return {
    report(doneMs) {
      const nowMs = clock.nowMs()
      if (nowMs - drawnMs < REDRAW_MS)
        return
      drawnMs = nowMs
      isDrawn = true
      terminal.write(`\r\x1B[2K${progressLine(name, doneMs, lengthMs, nowMs - beganMs).slice(0, (terminal.columns ?? 80) - 1)}`)
    },
    clear() {
      if (isDrawn)
        terminal.write('\r\x1B[2K')
      isDrawn = false
    },
  }
}

/** `37 %  12:03 of 32:10  about 2:05 left  talk.wav`. The name comes last: of a long one the end is cut off. */
export function progressLine(name: string, doneMs: number, lengthMs: number | null, elapsedMs: number): string {
  if (lengthMs === null || lengthMs <= 0)
    return `${duration(doneMs)}  ${name}`
  const share = Math.min(1, doneMs / lengthMs)
  const left = elapsedMs < ESTIMATE_AFTER_MS || share === 0 ? '' : `  about ${duration(Math.ceil(elapsedMs * (1 - share) / share / 1_000) * 1_000)} left`
  return `${String(Math.floor(share * 100)).padStart(3)} %  ${duration(doneMs)} of ${duration(lengthMs)}${share === 1 ? '' : left}  ${name}`
}

/** `1:02:03`, `2:03`. */
function duration(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  const two = (count: number): string => String(count).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
