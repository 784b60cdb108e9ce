import type { Subscribable } from '../../src-main/lib/emitter'
import type { HotkeyEvent } from '../../src-main/ports/hotkey-source'

export interface HotkeyRecord {
  /** `talk down`, `talk up`, in order. */
  readonly told: readonly string[]
  readonly events: readonly HotkeyEvent[]
  /** Resolves when so many events have come; rejects after `timeoutMs`. */
  until: (count: number, timeoutMs?: number) => Promise<void>
}

export function recordHotkeys(events: Subscribable<HotkeyEvent>): HotkeyRecord {
  const seen: HotkeyEvent[] = []
  const waiting = new Set<() => void>()
  events.subscribe((event) => {
    seen.push(event)
    waiting.forEach(check => check())
  })
  const told = (): string[] => seen.map(({ bindingId, type }) => `${bindingId} ${type}`)
  return {
    events: seen,
    get told() {
      return told()
    },
    until: (count, timeoutMs = 3_000) => new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(check)
        reject(new Error(`${count} hotkey events were due, there were: ${told().join(', ')}`))
      }, timeoutMs)
      function check(): void {
        if (seen.length < count)
          return
        clearTimeout(timer)
        waiting.delete(check)
        resolve()
      }
      waiting.add(check)
      check()
    }),
  }
}
