import type { TurnRunner } from '../conversation/runner-types'
import type { Clock } from '../ports/clock'
import type { HotkeySource } from '../ports/hotkey-source'

type Holder = 'hotkey' | 'button' | 'command'

/**
 * The three ways to hold the talk key (a hotkey, the window's button, a command) as the one key the runner knows.
 * Whoever pressed it first holds it; the others' presses and releases mean nothing until it is let go.
 */
export interface TalkControl {
  press: (holder: Holder, atMs?: number) => void
  release: (holder: Holder, atMs?: number) => void
  /** For commands: there is no key whose end could be seen. */
  toggle: () => void
  /** The real state, for the runner's watchdog. */
  isDown: () => Promise<boolean>
}

export function createTalkControl(runner: () => Pick<TurnRunner, 'keyDown' | 'keyUp'>, hotkeys: Pick<HotkeySource, 'isDown'>, clock: Clock, mayBegin: () => boolean): TalkControl {
  let holder: Holder | null = null

  function press(by: Holder, atMs = clock.nowMs()): void {
    if (holder !== null || !mayBegin())
      return
    holder = by
    runner().keyDown(atMs)
  }

  function release(by: Holder, atMs = clock.nowMs()): void {
    if (holder !== by)
      return
    holder = null
    runner().keyUp(atMs)
  }

  return {
    press,
    release,
    toggle: () => holder === 'command' ? release('command') : press('command'),
    async isDown() {
      const by = holder
      if (by !== 'hotkey')
        return by !== null
      const down = await hotkeys.isDown('talk')
      if (!down && holder === 'hotkey')
        holder = null
      return down
    },
  }
}
