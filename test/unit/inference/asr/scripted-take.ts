import type { SessionParts, WindowJudge } from '../../../../src-main/inference/child/asr/session'
import type { AsrEvent } from '../../../../src-main/ports/asr-engine'
import { TakeSession } from '../../../../src-main/inference/child/asr/session'

/**
 * A world in which sound carries its own transcript: every window of voice begins with a full-scale mark followed
 * by the number of the word, so what reaches the scripted decoder shows exactly what was cut, padded and lost.
 */
export const WINDOW = 512
const MARK = 20_000

export type Part = { readonly word: number, readonly windows: number } | { readonly silence: number } | { readonly noise: number }

export function soundOf(parts: readonly Part[]): Int16Array {
  const windows: Int16Array[] = []
  for (const part of parts) {
    const count = 'word' in part ? part.windows : 'silence' in part ? part.silence : part.noise
    for (let i = 0; i < count; i++) {
      const window = new Int16Array(WINDOW)
      if ('word' in part)
        window.set([MARK, part.word * 10])
      if ('noise' in part)
        window.set([0, 0, MARK])
      windows.push(window)
    }
  }
  const sound = new Int16Array(windows.length * WINDOW)
  windows.forEach((window, index) => sound.set(window, index * WINDOW))
  return sound
}

export const scriptedJudge: WindowJudge = {
  windowSamples: WINDOW,
  judge(window) {
    const voice = (window[0] ?? 0) > 0.5
    return { speech: voice || (window[2] ?? 0) > 0.5, strong: voice }
  },
}

/** Reads the words back; a word needs half of its windows to be understood. */
export function readWords(samples: Float32Array, windowsPerWord = 12): string {
  const peak = samples.reduce((max, sample) => Math.max(max, sample), 0)
  const heard: { word: number, windows: number }[] = []
  for (let i = 0; i + 1 < samples.length; i++) {
    if ((samples[i] as number) < peak * 0.99 || peak === 0)
      continue
    const word = Math.round((samples[i + 1] as number) / (samples[i] as number) * MARK / 10)
    const last = heard.at(-1)
    if (last?.word === word)
      last.windows++
    else
      heard.push({ word, windows: 1 })
  }
  return heard.filter(({ word, windows }) => word > 0 && windows * 2 >= windowsPerWord).map(({ word }) => say(word)).join(' ')
}

/** How words are written: without digits, which count as several letters. */
export function say(...words: readonly number[]): string {
  return words.map(word => `w${[...String(word)].map(digit => 'abcdefghij'[Number(digit)]).join('')}`).join(' ')
}

export interface ScriptedTake {
  readonly session: TakeSession
  readonly events: AsrEvent[]
  readonly closed: () => number
}

export function startTake(parts: Partial<SessionParts> = {}): ScriptedTake {
  const events: AsrEvent[] = []
  let closed = 0
  const session = new TakeSession({
    judge: scriptedJudge,
    decoders: { main: samples => Promise.resolve(readWords(samples)) },
    lanes: 2,
    nowMs: () => 0,
    emit: event => events.push(event),
    onClose: () => closed++,
    ...parts,
  })
  return { session, events, closed: () => closed }
}

/** Lets everything that waits on settled promises run. */
export function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
