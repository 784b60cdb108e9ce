import type { Ref } from 'vue'
import type { RecentWindow } from '../dictation-settings/profile-draft'
import { onMounted, shallowRef } from 'vue'
import { request } from '../bridge'
import { recentWindows } from '../dictation-settings/profile-draft'
import { useNotices } from '../stores/notices'

const LOOKED_AT = 5

/** The programs that the last dictations went to, the newest first; looked for once. */
export function useRecentWindows(): Readonly<Ref<readonly RecentWindow[]>> {
  const notices = useNotices()
  const windows = shallowRef<readonly RecentWindow[]>([])
  onMounted(async () => {
    try {
      windows.value = recentWindows(await request('dictations.list', { limit: LOOKED_AT }))
    }
    catch (error) {
      notices.report(error)
    }
  })
  return windows
}
