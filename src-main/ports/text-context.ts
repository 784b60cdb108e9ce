import type { InjectionTarget } from './text-injector'

/** The text around the cursor, as the system's accessibility tells it. */
export interface TextContext {
  /** Up to 200 characters before the cursor (before the selection when there is one); empty: the cursor is at the beginning. */
  readonly before: string
  /** Up to 50 characters after it. */
  readonly after: string
  /** Up to 10,000 characters of it. */
  readonly selected: string
  /** A password or another protected field: nothing of it was read, and nothing is to be kept of what is dictated into it. */
  readonly isSecret: boolean
}

export interface TextContextSource extends AsyncDisposable {
  /** Null: this program or this system does not tell. Never throws; bounded by `limitMs`. */
  read: (target: InjectionTarget, limitMs: number) => Promise<TextContext | null>
}
