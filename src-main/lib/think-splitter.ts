/** A stretch of a reply: what is said, or what the model thought aloud between `<think>` and `</think>`. */
export interface ThinkPart {
  readonly type: 'text' | 'reasoning'
  readonly text: string
}

export interface ThinkSplitter {
  push: (text: string) => ThinkPart[]
  flush: () => ThinkPart[]
}

const OPEN = '<think>'
const CLOSE = '</think>'

/**
 * Parts a reply's thinking from what it says, however the text is split. Thinking is only looked for at the very
 * start, where models put it: a reply that writes about the tag keeps it.
 */
export function createThinkSplitter(): ThinkSplitter {
  let state: 'start' | 'thinking' | 'after' | 'text' = 'start'
  let held = ''

  function step(parts: ThinkPart[]): boolean {
    switch (state) {
      case 'start': {
        const text = held.trimStart()
        if (text.length < OPEN.length && OPEN.startsWith(text))
          return false
        if (!text.startsWith(OPEN)) {
          state = 'text'
          return true
        }
        held = text.slice(OPEN.length)
        state = 'thinking'
        return true
      }
      case 'thinking': {
        const at = held.indexOf(CLOSE)
        if (at >= 0) {
          emit(parts, 'reasoning', held.slice(0, at))
          held = held.slice(at + CLOSE.length)
          state = 'after'
          return true
        }
        const keep = tailOf(held, CLOSE)
        emit(parts, 'reasoning', held.slice(0, held.length - keep))
        held = held.slice(held.length - keep)
        return false
      }
      case 'after': {
        held = held.trimStart()
        if (held === '')
          return false
        state = 'text'
        return true
      }
      case 'text': {
        emit(parts, 'text', held)
        held = ''
        return false
      }
    }
  }

  return {
    push(text) {
      held += text
      const parts: ThinkPart[] = []
      while (step(parts));
      return parts
    },
    flush() {
      const parts: ThinkPart[] = []
      emit(parts, state === 'thinking' ? 'reasoning' : 'text', held)
      held = ''
      return parts
    },
  }
}

function emit(parts: ThinkPart[], type: ThinkPart['type'], text: string): void {
  if (text !== '')
    parts.push({ type, text })
}

/** How many characters at the end of `text` could begin `mark`. */
function tailOf(text: string, mark: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(mark.slice(0, length)))
      return length
  }
  return 0
}
