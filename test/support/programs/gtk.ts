import type { Stage } from '../../../scripts/stage/index.mjs'
import type { ProgramOptions, TestProgram } from './program'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createWaiting, PROGRAMS_FOLDER, PYTHON, startProgram, textWait } from './program'

/** Positions in code points; the selection is between caret and anchor. */
export interface FieldState {
  readonly text: string
  readonly caret: number
  readonly anchor: number
}

export interface SeenKey {
  /** GDK's name of the key symbol: `v`, `Insert`. */
  readonly key: string
  readonly code: number
  readonly group: number
  /** GDK modifier mask. */
  readonly state: number
  /** When the program got it: CLOCK_MONOTONIC. */
  readonly ms: number
}

export interface GtkProgram extends TestProgram {
  readonly state: () => FieldState
  readonly untilState: (wanted: (state: FieldState) => boolean, timeoutMs?: number) => Promise<FieldState>
  /** Sets text, caret (default: the end) and selection (default: none) from within; resolves when it is done. */
  readonly set: (state: { readonly text: string, readonly caret?: number, readonly anchor?: number }) => Promise<void>
  /** Every key press that the field got. */
  readonly keys: readonly SeenKey[]
  /** Resolves with the keys once there are so many. */
  readonly untilKeys: (count: number, timeoutMs?: number) => Promise<readonly SeenKey[]>
}

/** A GTK 3 entry, focused and empty. */
export function openEntry(stage: Stage, options: ProgramOptions = {}): Promise<GtkProgram> {
  return openGtk(stage, 'gtk-entry.py', options)
}

/** A GTK 3 text view of many lines, focused and empty. */
export function openTextView(stage: Stage, options: ProgramOptions = {}): Promise<GtkProgram> {
  return openGtk(stage, 'gtk-text.py', options)
}

/** A GTK 3 entry for a password. */
export function openPassword(stage: Stage, options: ProgramOptions = {}): Promise<GtkProgram> {
  return openGtk(stage, 'gtk-password.py', options)
}

async function openGtk(stage: Stage, script: string, { title = script, env = {} }: ProgramOptions): Promise<GtkProgram> {
  const program = startProgram(stage, PYTHON, [join(PROGRAMS_FOLDER, script), title], { env: { GTK_IM_MODULE: 'gtk-im-context-simple', ...env } })
  const waiting = createWaiting(program.ended)
  let state: FieldState = { text: '', caret: 0, anchor: 0 }
  let ordered = 0
  let obeyed = 0
  const keys: SeenKey[] = []
  createInterface({ input: program.child.stdout }).on('line', (line) => {
    const told = JSON.parse(line) as object
    if ('key' in told)
      keys.push(told as SeenKey)
    else if ('text' in told)
      state = told as FieldState
    else if ('obeyed' in told)
      obeyed++
    waiting.changed()
  })
  const set: GtkProgram['set'] = async ({ text, caret = [...text].length, anchor = caret }) => {
    const mine = ++ordered
    program.child.stdin.write(`${JSON.stringify({ set: text, caret, anchor })}\n`)
    await waiting.until(() => obeyed >= mine, () => 'no answer')
  }
  return {
    window: await program.shown(),
    pid: program.pid,
    text: async () => state.text,
    untilText: textWait(waiting, () => state.text),
    state: () => state,
    async untilState(wanted, timeoutMs) {
      await waiting.until(() => wanted(state), () => JSON.stringify(state), timeoutMs)
      return state
    },
    set,
    clear: () => set({ text: '' }),
    keys,
    async untilKeys(count, timeoutMs) {
      await waiting.until(() => keys.length >= count, () => `${keys.length} keys`, timeoutMs)
      return keys
    },
    close: program.close,
  }
}
