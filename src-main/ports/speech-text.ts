/**
 * One speakable piece of a reply. Consecutive segments tile the reply: `sourceStart` of the next is `sourceEnd` of
 * this one, in UTF-16 units of the reply's text. `text` is never empty: what cannot be spoken joins the next segment's range.
 */
export interface SpeechSegment {
  readonly text: string
  readonly sourceStart: number
  readonly sourceEnd: number
}

/** Turns a reply, as it is written, into pieces to speak. Apart from `flushIdle`, the pieces depend on the text alone, not on how it was cut into deltas. */
export interface SpeechText {
  push: (delta: string) => readonly SpeechSegment[]
  /** Nothing came for a while: what may be said by now. Called again with still nothing new, all of it. */
  flushIdle: () => readonly SpeechSegment[]
  end: () => readonly SpeechSegment[]
}

export type CreateSpeechText = () => SpeechText
