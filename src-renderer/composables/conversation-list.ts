export type Period = 'today' | 'yesterday' | 'week' | 'older'

const DAY_MS = 86_400_000

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}

/** Where a time belongs in the list. `atMs`: the wall clock. */
export function periodOf(atMs: number, now: Date): Period {
  const today = startOfDay(now)
  // By the calendar: a day may have 23 or 25 hours.
  const days = Math.round((today - startOfDay(new Date(atMs))) / DAY_MS)
  if (days <= 0)
    return 'today'
  if (days === 1)
    return 'yesterday'
  return days < 7 ? 'week' : 'older'
}

function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}

/** Every word of the search stands somewhere in the title; case and accents do not matter. */
export function matchesTitle(title: string, search: string): boolean {
  const folded = fold(title)
  return fold(search).split(/\s+/).every(word => folded.includes(word))
}
