import type { z } from 'zod'
import type { Envelope, RequestName, RequestOutput, Requests } from '../contract'
import type { Logger } from '../ports/logger'
import { requests } from '../contract'
import { AppError, toAppError } from '../lib/app-error'

/** One function a request; what it returns is parsed before it leaves. */
export type RequestHandlers = {
  readonly [N in RequestName]: (
    input: z.output<Requests[N]['input']>,
    sender: RequestSender,
  ) => RequestOutput<N> | Promise<RequestOutput<N>>
}

/** Who asks: one of our windows, already checked. */
export interface RequestSender {
  readonly id: number
}

function isRequestName(name: unknown): name is RequestName {
  return typeof name === 'string' && Object.hasOwn(requests, name)
}

function failure(error: AppError): Envelope<never> {
  return { ok: false, error: { code: error.code, message: error.message, params: error.params } }
}

/**
 * Answers requests: looks the name up in the contract, parses what came in, runs the handler, parses what goes out.
 * Never throws; a request of unknown name or wrong shape is answered with `bad-input` and reaches no handler.
 */
export function createRequestRouter(handlers: RequestHandlers, logger: Logger) {
  return async function answer(name: unknown, input: unknown, sender: RequestSender): Promise<Envelope<unknown>> {
    if (!isRequestName(name)) {
      logger.warn('request refused: unknown name')
      return failure(new AppError('bad-input', 'There is no such request.'))
    }
    const schema = requests[name]
    const parsed = schema.input.safeParse(input)
    if (!parsed.success) {
      // Paths alone: the value may be what somebody said.
      logger.warn('request refused: wrong shape', { name, paths: parsed.error.issues.map(issue => issue.path.join('.')) })
      return failure(new AppError('bad-input', `The request ${name} has the wrong shape.`))
    }
    try {
      const handler = handlers[name] as (input: unknown, sender: RequestSender) => unknown
      const value = schema.output.parse(await handler(parsed.data, sender))
      return { ok: true, value }
    }
    catch (error) {
      const known = toAppError(error)
      if (known.code === 'internal')
        logger.error('request failed', { name, error: known.message })
      return failure(known)
    }
  }
}
