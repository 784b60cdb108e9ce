import type { PrivacyClass } from './route'

/** Where a service answers. `baseUrl` has no slash at its end and no query: `https://api.openai.com/v1`. */
export interface ServiceEndpoint {
  readonly id: string
  readonly name: string
  readonly baseUrl: string
  readonly privacy: PrivacyClass
  /** A PEM file with certificates that are trusted besides the built-in ones; null: none. */
  readonly caFile: string | null
  /** Read anew for each request, and kept nowhere else. Null: the service needs none, or has none. */
  readonly key: () => string | null
}
