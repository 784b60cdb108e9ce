export interface TalkPress {
  readonly pointerDown: () => void
  readonly pointerUp: () => void
  /** The platform repeats this while the key is held. */
  readonly keyDown: () => void
  readonly keyUp: () => void
  /** The focus or the button is gone: no key up will come. A pointer is captured and will still report. */
  readonly focusLost: () => void
  /** Nothing will come any more. */
  readonly close: () => void
}

/** Folds what a mouse and a keyboard report about one button into exactly one `down` and one `up` for each press. */
export function createTalkPress(talk: { readonly down: () => void, readonly up: () => void }): TalkPress {
  let heldBy: 'pointer' | 'key' | null = null

  function press(by: 'pointer' | 'key'): void {
    if (heldBy !== null)
      return
    heldBy = by
    talk.down()
  }

  function release(by: 'pointer' | 'key'): void {
    if (heldBy !== by)
      return
    heldBy = null
    talk.up()
  }

  return {
    pointerDown: () => press('pointer'),
    pointerUp: () => release('pointer'),
    keyDown: () => press('key'),
    keyUp: () => release('key'),
    focusLost: () => release('key'),
    close() {
      release('pointer')
      release('key')
    },
  }
}
