import type { AppError, ErrorCode } from '../../lib/app-error'
import type { EnginePart } from '../../ports/route'

/** `open`: left alone until `untilMs` (null: until its settings change). `half-open`: one request may try it. */
export type BreakerView
  = | { readonly kind: 'closed' }
    | { readonly kind: 'half-open' }
    | { readonly kind: 'open', readonly untilMs: number, readonly why: 'failures' | 'asked' }
    | { readonly kind: 'open', readonly untilMs: null, readonly why: 'key' }

/** Failures in a row that open it. */
export const FAILURES_TO_OPEN = 3
const FIRST_OPEN_MS = 5_000
/** Each opening without a success in between doubles the time, up to this. */
const LONGEST_OPEN_MS = 5 * 60_000
/** A service that asks for longer than this is tried again all the same: dates far away are mistakes. */
const LONGEST_ASKED_MS = 60 * 60_000

/** Not `offline`: that is no fault of the service, and the network comes back without notice. */
const NO_FAULT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['offline', 'aborted'])
/** Not retryable for the one request, and still about the service rather than about what was asked of it. */
const FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['service-untrusted', 'service-reply'])
/** These are about the address, whichever part was asked. */
const OF_THE_ADDRESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['service-unreachable', 'service-untrusted'])

interface Circuit {
  failures: number
  openings: number
  /** Null: closed. In the past: half-open. */
  untilMs: number | null
  why: 'failures' | 'asked'
  probing: boolean
}

/**
 * Circuit breakers, one for a service's address and one for each part it does, so that a voice that fails does not
 * take the same service's chat away. A refused key stops all of the service. Pure: times are handed in.
 */
export class Breakers {
  readonly #circuits = new Map<string, Circuit>()
  readonly #keyRefused = new Set<string>()

  view(serviceId: string, part: EnginePart, nowMs: number): BreakerView {
    if (this.#keyRefused.has(serviceId))
      return { kind: 'open', untilMs: null, why: 'key' }
    let view: BreakerView = { kind: 'closed' }
    for (const circuit of this.#both(serviceId, part)) {
      if (circuit.untilMs === null)
        continue
      const opensMs = circuit.probing ? Math.max(nowMs, circuit.untilMs) : circuit.untilMs
      const closedOff = circuit.probing || nowMs < circuit.untilMs
      if (closedOff && !(view.kind === 'open' && view.untilMs !== null && view.untilMs >= opensMs))
        view = { kind: 'open', untilMs: opensMs, why: circuit.why }
      else if (view.kind === 'closed')
        view = { kind: 'half-open' }
    }
    return view
  }

  /** A request goes out. In the half-open state it is the one that decides. */
  begin(serviceId: string, part: EnginePart, nowMs: number): void {
    for (const circuit of this.#both(serviceId, part)) {
      if (circuit.untilMs !== null && nowMs >= circuit.untilMs)
        circuit.probing = true
    }
  }

  /** The request ended without a verdict (stopped, or another was first). */
  release(serviceId: string, part: EnginePart): void {
    for (const circuit of this.#both(serviceId, part))
      circuit.probing = false
  }

  succeeded(serviceId: string, part: EnginePart): void {
    this.#circuits.delete(serviceId)
    this.#circuits.delete(partId(serviceId, part))
  }

  failed(serviceId: string, part: EnginePart, { code, retryable, params }: Pick<AppError, 'code' | 'retryable' | 'params'>, nowMs: number): void {
    this.release(serviceId, part)
    if (code === 'service-key') {
      this.#keyRefused.add(serviceId)
      return
    }
    if (NO_FAULT.has(code) || !(retryable || FAULTS.has(code)))
      return
    const circuit = this.#circuit(OF_THE_ADDRESS.has(code) ? serviceId : partId(serviceId, part))
    const wasOpen = circuit.untilMs !== null && nowMs < circuit.untilMs
    circuit.failures++
    const halfOpen = circuit.untilMs !== null && !wasOpen
    // Requests that were on their way when it opened fail as well: they say nothing new.
    if (halfOpen || (!wasOpen && circuit.failures >= FAILURES_TO_OPEN)) {
      circuit.openings++
      circuit.untilMs = nowMs + Math.min(LONGEST_OPEN_MS, FIRST_OPEN_MS * 2 ** (circuit.openings - 1))
      circuit.why = 'failures'
    }
    const askedMs = params['retryAfterMs']
    if (typeof askedMs === 'number' && askedMs > 0) {
      circuit.untilMs = Math.max(circuit.untilMs ?? 0, nowMs + Math.min(LONGEST_ASKED_MS, askedMs))
      circuit.why = 'asked'
    }
  }

  /** Its key, address or models are new: what was learned is about another service. */
  settingsChanged(serviceId: string): void {
    this.#keyRefused.delete(serviceId)
    for (const id of [...this.#circuits.keys()]) {
      if (id === serviceId || id.startsWith(`${serviceId}\n`))
        this.#circuits.delete(id)
    }
  }

  * #both(serviceId: string, part: EnginePart): Generator<Circuit, void, undefined> {
    for (const id of [serviceId, partId(serviceId, part)]) {
      const circuit = this.#circuits.get(id)
      if (circuit)
        yield circuit
    }
  }

  #circuit(id: string): Circuit {
    const circuit = this.#circuits.get(id) ?? { failures: 0, openings: 0, untilMs: null, why: 'failures', probing: false }
    this.#circuits.set(id, circuit)
    return circuit
  }
}

function partId(serviceId: string, part: EnginePart): string {
  return `${serviceId}\n${part}`
}
