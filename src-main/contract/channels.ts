/** The one channel for requests: `invoke(REQUEST_CHANNEL, name, input)`. Apart from the schemas, so that the preload script stays free of them. */
export const REQUEST_CHANNEL = 'parley:request'
/** The one channel for events. */
export const EVENT_CHANNEL = 'parley:event'
