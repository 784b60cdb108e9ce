/** What `parley doctor` found out about one thing. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'fault'
  readonly detail: string
  /** What to do about it. */
  readonly advice?: string
}
