import type { Request } from './client'
import { createRequest } from './client'

export { RequestError } from './client'
export { startEventStream, type StreamStatus } from './event-stream'

/** Looked up at each call: the bridge is there before any script of ours runs. */
export const request: Request = (name, ...input) => createRequest(window.parley)(name, ...input)
