import type { SequencedEvent } from './events'
import type { Envelope, RequestInput, RequestName, RequestOutput } from './requests'

export * from './channels'
export * from './dictation'
export * from './events'
export * from './requests'
export * from './services'
export * from './settings'
export * from './views'

/** What the preload script puts on `window.parley`. */
export interface ParleyBridge {
  request: <N extends RequestName>(name: N, input: RequestInput<N>) => Promise<Envelope<RequestOutput<N>>>
  onEvent: (listener: (event: SequencedEvent) => void) => () => void
  /** Where a file lies that was dropped on the window or chosen in it; empty: nowhere on disk. */
  pathOf: (file: File) => string
}
