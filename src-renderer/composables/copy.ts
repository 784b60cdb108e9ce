import type { Ref } from 'vue'
import { onScopeDispose, ref } from 'vue'
import { request } from '../bridge'
import { useNotices } from '../stores/notices'

/** How long a button says that it has copied. */
const COPIED_MS = 1_600

/** Copies texts; `copied` is the last one for as long as its button should say so. */
export function useCopy(): { readonly copied: Readonly<Ref<string | null>>, readonly copy: (text: string) => Promise<void> } {
  const notices = useNotices()
  const copied = ref<string | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined

  async function copy(text: string): Promise<void> {
    try {
      await request('clipboard.copy', { text })
    }
    catch (error) {
      return notices.report(error)
    }
    copied.value = text
    clearTimeout(timer)
    timer = setTimeout(() => {
      copied.value = null
    }, COPIED_MS)
  }

  onScopeDispose(() => clearTimeout(timer))
  return { copied, copy }
}
