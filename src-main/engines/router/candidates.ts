import type { PrivacyClass } from '../../ports/route'

/** Whether a request goes out over a connection that is open already, or pays for making one. */
export type ConnectionState = 'warm' | 'cold'

/** What using a service costs, in the user's currency, as far as it is known. As a budget: the most that may be paid. */
export interface Price {
  readonly perMillionTokens?: number
  readonly perMinute?: number
  readonly perMillionCharacters?: number
}

/** What the router knows of one service's model beforehand. */
export interface RouteTarget {
  /** `LOCAL_SERVICE` for the engines inside the installation. */
  readonly serviceId: string
  readonly model: string
  readonly privacy: PrivacyClass
  /** Its address is a loopback address. Only such services, and the built-in engines, are used under "local only". */
  readonly loopback?: boolean
  /** False: it would have to be waited for (a model that is loading), so others are asked before it. Absent: ready. */
  readonly ready?: () => boolean
  /** Absent: warm. */
  readonly connection?: () => ConnectionState
  readonly price?: Price
}

/** Something that can do a part. Given anew for each turn, so what is the user's to change is changed by the next one. */
export interface Candidate<TEngine> extends RouteTarget {
  readonly engine: TEngine
}

/** What the user decided about the choice. */
export interface RoutePolicy {
  /** No packet leaves this machine. */
  readonly localOnly: boolean
  /** How far what is said may travel. */
  readonly maxPrivacy: PrivacyClass
  /** Ids of services, the preferred first; those that are not in it come last. Null: the fastest is taken. */
  readonly order: readonly string[] | null
  /** Asked only when the others do not answer, as a step down in an order would do. Absent: none. */
  readonly reserve?: readonly string[]
  /** Null: no limit. What has no known price is not limited. */
  readonly budget: Price | null
  /** Id of the service to ask first, whatever the rest says; privacy and budget hold all the same. */
  readonly named: string | null
  /** Whether a second candidate is started when the first is late. */
  readonly hedge: boolean
}

export const DEFAULT_POLICY: RoutePolicy = { localOnly: false, maxPrivacy: 'internet', order: null, budget: null, named: null, hedge: true }

export function isSameTarget(a: Pick<RouteTarget, 'serviceId' | 'model'>, b: Pick<RouteTarget, 'serviceId' | 'model'>): boolean {
  return a.serviceId === b.serviceId && a.model === b.model
}
