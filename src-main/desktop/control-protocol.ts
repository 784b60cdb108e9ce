import { Buffer } from 'node:buffer'
import { z } from 'zod'
import { AppError } from '../lib/app-error'

/**
 * One JSON object a line, both ways. Asked: `{"command": "talk-start"}`. Answered, in order:
 * `{"ok": true, …}` or `{"ok": false, "error": {"code": "bad-input", "message": "…"}}`.
 */
export const CONTROL_COMMANDS = [
  'talk-start',
  'talk-stop',
  'talk-toggle',
  'cancel',
  'status',
  'open',
  'dictate-start',
  'dictate-stop',
  'dictate-toggle',
  'dictate-cancel',
  'dictate-paste-last',
  'dictate-undo',
  'dictate-status',
] as const
export type ControlCommand = (typeof CONTROL_COMMANDS)[number]

const requestSchema = z.strictObject({ command: z.enum(CONTROL_COMMANDS) })

const replySchema = z.union([
  z.looseObject({ ok: z.literal(true) }),
  z.strictObject({ ok: z.literal(false), error: z.strictObject({ code: z.string(), message: z.string() }) }),
])
export type ControlReply = z.infer<typeof replySchema>

/** A command is short; a longer line is somebody else's language. */
export const LONGEST_COMMAND_BYTES = 4_096
/** The words of a dictation of hours are in it. */
export const LONGEST_REPLY_BYTES = 1_048_576

/** Throws `bad-input`. */
export function parseControlCommand(line: string): ControlCommand {
  const parsed = requestSchema.safeParse(parseJson(line))
  if (!parsed.success)
    throw new AppError('bad-input', `The command must be {"command": one of ${CONTROL_COMMANDS.join(', ')}}.`)
  return parsed.data.command
}

/** Throws `bad-input`. */
export function parseControlReply(line: string): ControlReply {
  const parsed = replySchema.safeParse(parseJson(line))
  if (!parsed.success)
    throw new AppError('bad-input', 'The answer is not in the control protocol.')
  return parsed.data
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  }
  catch {
    return undefined
  }
}

/** `null`: a line that was too long, or not UTF-8. */
export type ControlLine = string | null

/** Cuts bytes into lines however they arrive; holds at most `longestBytes`. Empty lines are skipped. */
export function createLineSplitter(longestBytes: number): { push: (chunk: Uint8Array) => ControlLine[], end: () => ControlLine[] } {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let skipping = false

  function keep(piece: Uint8Array): void {
    if (skipping || piece.length === 0)
      return
    if (heldBytes + piece.length > longestBytes) {
      skipping = true
      held = []
      heldBytes = 0
      return
    }
    // A copy: the piece is a view on a buffer that may be far larger.
    held.push(Uint8Array.prototype.slice.call(piece))
    heldBytes += piece.length
  }

  function finish(): ControlLine[] {
    const line = skipping ? null : decode(Buffer.concat(held))
    held = []
    heldBytes = 0
    skipping = false
    return line?.trim() === '' ? [] : [line]
  }

  return {
    push(chunk) {
      const lines: ControlLine[] = []
      let start = 0
      for (let newline = chunk.indexOf(0x0A); newline !== -1; newline = chunk.indexOf(0x0A, start)) {
        keep(chunk.subarray(start, newline))
        lines.push(...finish())
        start = newline + 1
      }
      keep(chunk.subarray(start))
      return lines
    },
    end: () => heldBytes > 0 || skipping ? finish() : [],
  }
}

function decode(bytes: Uint8Array): ControlLine {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  }
  catch {
    return null
  }
}
