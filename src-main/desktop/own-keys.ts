import type { Clock } from '../ports/clock'
import type { HookEvent } from './keyboard-hook'

/** By then a hook that runs has told of it; one that does not run never will. */
const TOLD_WITHIN_MS = 200

export interface OwnKeys {
  /** This program presses it, or lets it go, now. */
  expect: (scancode: number, direction: 'down' | 'up') => void
  /** Whether what the hook tells is what was pressed here; each is taken once. */
  isOwn: (event: HookEvent) => boolean
}

/** Systems do not say of a key who pressed it: this program's own are known by having been sent just before. */
export function createOwnKeys(clock: Clock): OwnKeys {
  let sent: { readonly scancode: number, readonly type: HookEvent['type'], readonly untilMs: number }[] = []
  return {
    expect(scancode, direction) {
      const nowMs = clock.nowMs()
      sent = [...sent.filter(({ untilMs }) => untilMs > nowMs), { scancode, type: `key-${direction}`, untilMs: nowMs + TOLD_WITHIN_MS }]
    },
    isOwn(event) {
      if (event.type !== 'key-down' && event.type !== 'key-up')
        return false
      const nowMs = clock.nowMs()
      const at = sent.findIndex(({ scancode, type, untilMs }) => untilMs > nowMs && type === event.type && scancode === event.scancode)
      if (at < 0)
        return false
      sent.splice(at, 1)
      return true
    },
  }
}
