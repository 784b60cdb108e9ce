import type { SequencedEvent } from './events'
import type { Envelope, RequestInput, RequestName, RequestOutput } from './requests'

export * from './events'
export * from './requests'
export * from './settings'
export * from './views'

/** The one channel for requests: `invoke(REQUEST_CHANNEL, name, input)`. */
export const REQUEST_CHANNEL = 'parley:request'
/** The one channel for events. */
export const EVENT_CHANNEL = 'parley:event'

/** What the preload script puts on `window.parley`. */
export interface ParleyBridge {
  request: <N extends RequestName>(name: N, input: RequestInput<N>) => Promise<Envelope<RequestOutput<N>>>
  onEvent: (listener: (event: SequencedEvent) => void) => () => void
}
