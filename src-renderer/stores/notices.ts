import type { AppEvent, NoticeView, Snapshot } from '@contract'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { request, RequestError } from '../bridge'

/** A notice of main, or an error of a request made here. `key`: the message in the locales. */
export interface Toast {
  readonly id: string
  readonly level: NoticeView['level']
  readonly key: string
  readonly params: NoticeView['params']
  readonly origin: 'main' | 'here'
}

/** More would cover the conversation; the oldest ones go. */
const MAX_TOASTS = 4

export const useNotices = defineStore('notices', () => {
  const toasts = shallowRef<readonly Toast[]>([])
  let madeHere = 0

  function fromMain(notice: NoticeView): Toast {
    return { id: notice.id, level: notice.level, key: `notices.${notice.code}`, params: notice.params, origin: 'main' }
  }

  function put(toast: Toast): void {
    toasts.value = [...toasts.value.filter(one => one.id !== toast.id && !isSame(one, toast)), toast].slice(-MAX_TOASTS)
  }

  function applySnapshot(snapshot: Snapshot): void {
    const own = toasts.value.filter(toast => toast.origin === 'here')
    toasts.value = [...snapshot.notices.map(fromMain), ...own].slice(-MAX_TOASTS)
  }

  function applyEvent(event: AppEvent): void {
    if (event.type === 'notice')
      put(fromMain(event.notice))
    else if (event.type === 'notice-dismissed')
      drop(event.noticeId)
  }

  function drop(id: string): void {
    toasts.value = toasts.value.filter(toast => toast.id !== id)
  }

  async function dismiss(toast: Toast): Promise<void> {
    drop(toast.id)
    if (toast.origin === 'main')
      await request('notice.dismiss', { noticeId: toast.id }).catch(report)
  }

  /** Shows what a request failed with. That somebody stopped it is no fault. */
  function report(error: unknown): void {
    const { code, params } = error instanceof RequestError ? error : new RequestError('internal', String(error))
    if (code === 'aborted')
      return
    madeHere += 1
    put({ id: `here-${madeHere}`, level: 'error', key: `errors.${code}`, params, origin: 'here' })
  }

  return { toasts, applySnapshot, applyEvent, dismiss, report }
})

function isSame(a: Toast, b: Toast): boolean {
  return a.key === b.key && a.origin === b.origin && JSON.stringify(a.params) === JSON.stringify(b.params)
}
