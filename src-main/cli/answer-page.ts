import type { RunnerEvent } from '../conversation/runner-types'
import type { HopTimes, StoredTurn } from '../ports/conversation-store'
import type { EnginePart } from '../ports/route'
import type { CliContext } from './context'
import { leftLines, whoServed } from './route-lines'

/** A turn as a person reads it while it comes. */
export interface AnswerPage {
  take: (event: RunnerEvent) => void
  /** Ends a line that was begun. */
  end: () => void
}

const DIM = '\x1B[2m'
const PLAIN = '\x1B[22m'

/** Question and answer go to stdout, and nothing else does; what the model thinks goes dimmed to stderr, when that is a terminal. */
export function createAnswerPage({ stdout, stderr }: Pick<CliContext, 'stdout' | 'stderr'>): AnswerPage {
  let asked = false
  let thinking = false
  let written = 0

  function stopThinking(): void {
    if (thinking)
      stderr.write(`${PLAIN}\n`)
    thinking = false
  }

  function text(offset: number, more: string): void {
    stopThinking()
    // The reply was begun again.
    const isFresh = written === 0 || offset === 0
    stdout.write(`${isFresh && written > 0 ? '\n' : ''}${isFresh ? 'Parley: ' : ''}${more}`)
    written = offset + more.length
  }

  return {
    take(event) {
      if (event.type === 'turn' && !asked && event.turn.userText !== '' && event.turn.end === 'pending') {
        asked = true
        stdout.write(`You: ${event.turn.userText}\n`)
      }
      if (event.type !== 'tokens' || event.text === '')
        return
      if (event.kind === 'text')
        return text(event.offset, event.text)
      if (!stderr.isTTY)
        return
      stderr.write(`${thinking ? '' : DIM}${event.text}`)
      thinking = true
    },
    end() {
      stopThinking()
      if (written > 0)
        stdout.write('\n')
    },
  }
}

/** The hops in their order; the first one of each part says who did it. */
const HOPS: readonly (readonly [keyof HopTimes, string, EnginePart | null])[] = [
  ['transcriptMs', 'transcript', 'asr'],
  ['firstTokenMs', 'first token', 'chat'],
  ['firstPieceMs', 'first piece to say', null],
  ['firstAudioMs', 'first sound made', 'tts'],
  ['firstSoundMs', 'first sound out', null],
  ['replyEndMs', 'answer complete', null],
]
const NAME_CHARS = 20
const VALUE_CHARS = 6

/** Times of a turn, who served each part, and who was left before, and why. */
export function hopTable({ hops, routes }: Pick<StoredTurn, 'hops' | 'routes'>): string {
  const lines: string[] = []
  for (const [key, name, part] of HOPS) {
    const ms = hops[key]
    const route = part === null ? undefined : routes[part]
    if (ms === undefined && !route)
      continue
    const value = ms === undefined ? '-' : String(Math.round(ms))
    lines.push(`  ${name.padEnd(NAME_CHARS)}${value.padStart(VALUE_CHARS)}${route ? `  ${whoServed(route)}` : ''}`)
    for (const line of route ? leftLines(route) : [])
      lines.push(`${' '.repeat(NAME_CHARS + VALUE_CHARS + 4)}${line}`)
  }
  return `\nms after the question ended:\n${lines.join('\n')}\n`
}
