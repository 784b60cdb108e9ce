/** Where a key is kept. `this-run`: nowhere, it is gone when the program ends. */
export type SecretPlace = 'keychain' | 'this-run' | 'plain-file'

/** Keys of services, by service id. Values never leave main, and are in no message, log, database or settings. */
export interface SecretVault {
  /** Null: there is none. */
  get: (id: string) => string | null
  /** Returns where it is kept now. */
  set: (id: string, secret: string) => Promise<SecretPlace>
  remove: (id: string) => Promise<void>
  place: (id: string) => SecretPlace | null
  /** Whether the system has a keychain that encrypts. */
  readonly hasKeychain: boolean
}
