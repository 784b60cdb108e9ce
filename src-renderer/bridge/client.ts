import type { ParleyBridge, RequestInput, RequestName, RequestOutput } from '@contract'

/** A request that main answered with an error. `code` is one of the error codes; its text is `errors.<code>`. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly code: string
  readonly params: Readonly<Record<string, string | number>>

  constructor(code: string, message: string, params: Readonly<Record<string, string | number>> = {}) {
    super(message)
    this.code = code
    this.params = params
  }
}

/** Requests that take nothing may leave the input out. */
type InputArguments<N extends RequestName> = undefined extends RequestInput<N> ? [] : [input: RequestInput<N>]

/** Resolves with the value, rejects with a `RequestError`. */
export type Request = <N extends RequestName>(name: N, ...input: InputArguments<N>) => Promise<RequestOutput<N>>

export function createRequest(bridge: Pick<ParleyBridge, 'request'>): Request {
  return async (name, ...[input]) => {
    const envelope = await bridge.request(name, input as RequestInput<typeof name>).catch((error: unknown) => {
      // The channel itself failed: main is gone or refused the sender.
      throw new RequestError('internal', error instanceof Error ? error.message : String(error))
    })
    if (!envelope.ok)
      throw new RequestError(envelope.error.code, envelope.error.message, envelope.error.params)
    return envelope.value
  }
}
