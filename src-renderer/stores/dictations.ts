import type { AppEvent, DictationEntryView, FileJobView, Snapshot } from '@contract'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { request } from '../bridge'

export const PAGE_LENGTH = 50
/** Main gives no more at once. */
const LONGEST_PAGE = 200

/** `closed`: nobody looks, and nothing is kept or asked for. */
export type ListStatus = 'closed' | 'loading' | 'ready' | 'failed'

function newestFirst(a: DictationEntryView, b: DictationEntryView): number {
  return b.createdAtMs - a.createdAtMs
}

/** The history of dictations, page by page, for as long as it is looked at; and the sound files that are being written down. */
export const useDictations = defineStore('dictations', () => {
  const entries = shallowRef<readonly DictationEntryView[]>([])
  const status = ref<ListStatus>('closed')
  const search = ref('')
  const hasMore = ref(false)
  const playingId = ref<string | null>(null)
  /** Recordings that are being recognised again. */
  const retrying = shallowRef<ReadonlySet<string>>(new Set())
  const files = shallowRef<readonly FileJobView[]>([])
  /** Which list is asked for: an answer for a former one is dropped. */
  let asked = 0
  let isPaging = false
  /** What main tells is heard from here on: a list that was asked for before might miss one. */
  let isConnected = false

  async function load(limit = PAGE_LENGTH): Promise<void> {
    asked += 1
    const mine = asked
    status.value = 'loading'
    try {
      const page = await request('dictations.list', { search: search.value, limit })
      if (mine !== asked)
        return
      entries.value = page
      hasMore.value = page.length === limit
      status.value = 'ready'
    }
    catch (error) {
      if (mine !== asked)
        return
      entries.value = []
      hasMore.value = false
      status.value = 'failed'
      throw error
    }
  }

  /** Asks again for what is shown. */
  function reload(): void {
    load(Math.min(LONGEST_PAGE, Math.max(PAGE_LENGTH, entries.value.length))).catch(() => {}) // `status` says so
  }

  /** The first page. This and the next ones reject with a `RequestError`. */
  async function open(words = ''): Promise<void> {
    search.value = words.trim()
    status.value = 'loading'
    if (isConnected)
      await load()
  }

  function close(): void {
    asked += 1
    entries.value = []
    hasMore.value = false
    status.value = 'closed'
  }

  /** The page after the last one, if there is one and it is not under way. */
  async function more(): Promise<void> {
    const oldest = entries.value.at(-1)
    if (!hasMore.value || isPaging || status.value !== 'ready' || !oldest)
      return
    const mine = asked
    isPaging = true
    try {
      // Two may be of the same millisecond, with the end of a page between them.
      const page = await request('dictations.list', { search: search.value, beforeMs: oldest.createdAtMs + 1, limit: PAGE_LENGTH })
      if (mine !== asked)
        return
      const known = new Set(entries.value.map(({ id }) => id))
      const added = page.filter(({ id }) => !known.has(id))
      entries.value = [...entries.value, ...added]
      hasMore.value = page.length === PAGE_LENGTH && added.length > 0
    }
    finally {
      isPaging = false
    }
  }

  function put(entry: DictationEntryView): void {
    const index = entries.value.findIndex(({ id }) => id === entry.id)
    if (index >= 0) {
      entries.value = entries.value.with(index, entry)
      return
    }
    // Whether it has the words of the search is main's to say.
    if (search.value !== '')
      return reload()
    const oldest = entries.value.at(-1)
    if (!hasMore.value || !oldest || entry.createdAtMs >= oldest.createdAtMs)
      entries.value = [...entries.value, entry].sort(newestFirst)
  }

  /** Of a file's entry nothing is told but that its job began or ended. */
  function putFiles(next: readonly FileJobView[]): void {
    const known = new Map(files.value.map(job => [job.id, job]))
    const isNews = next.some(job => job.dictationId !== null && (known.get(job.id)?.dictationId !== job.dictationId || known.get(job.id)?.state !== job.state))
    files.value = next
    if (isNews && status.value !== 'closed')
      reload()
  }

  function applySnapshot(snapshot: Snapshot): void {
    files.value = snapshot.files
    isConnected = true
    // What was missed may have been an entry.
    if (status.value !== 'closed')
      reload()
  }

  function applyEvent(event: AppEvent): void {
    switch (event.type) {
      case 'dictation-entry':
        if (status.value !== 'closed')
          put(event.entry)
        break
      case 'dictations-removed': {
        const removed = new Set(event.ids)
        entries.value = entries.value.filter(({ id }) => !removed.has(id))
        break
      }
      case 'dictation-playing':
        playingId.value = event.dictationId
        break
      case 'files':
        putFiles(event.files)
        break
    }
  }

  /** Plays a recording, or stops it when it is the one that is playing. */
  async function togglePlaying(dictationId: string): Promise<void> {
    const isPlaying = playingId.value === dictationId
    if (isPlaying)
      playingId.value = null
    await request('dictations.play', { dictationId: isPlaying ? null : dictationId })
  }

  /** `asr`: a service, `local`, or null for the usual choice. Resolves when it is recognised. */
  async function retry(dictationId: string, asr: string | null): Promise<void> {
    retrying.value = new Set([...retrying.value, dictationId])
    try {
      await request('dictations.retry', { dictationId, asr })
    }
    finally {
      retrying.value = new Set([...retrying.value].filter(id => id !== dictationId))
    }
  }

  async function remove(dictationId: string): Promise<void> {
    await request('dictations.delete', { ids: [dictationId] })
  }

  return { entries, status, search, hasMore, playingId, retrying, files, applySnapshot, applyEvent, open, close, more, togglePlaying, retry, remove }
})
