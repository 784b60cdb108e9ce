/** A voice activity detector over 16 kHz mono samples. Stateful: one per take. */
export interface Vad {
  /** Takes any number of samples; gives the probability of speech (0 to 1) of each window completed by them. */
  accept: (samples: Int16Array) => readonly number[]
  readonly windowMs: number
  reset: () => void
}
