import type { PermissionId, PermissionView } from '@contract'
import type { ComputedRef } from 'vue'
import { useEventListener } from '@vueuse/core'
import { computed, onMounted, shallowRef } from 'vue'
import { request } from '../bridge'
import { useNotices } from '../stores/notices'

/** What the system does not allow yet, as far as it tells; looked for anew whenever the window comes to the front. */
export function usePermissions(): { readonly missing: ComputedRef<readonly PermissionView[]>, readonly ask: (id: PermissionId) => Promise<void> } {
  const notices = useNotices()
  const list = shallowRef<readonly PermissionView[]>([])

  async function look(): Promise<void> {
    list.value = await request('permissions.list')
  }

  async function ask(id: PermissionId): Promise<void> {
    try {
      await request('permissions.ask', { id })
      await look()
    }
    catch (error) {
      notices.report(error)
    }
  }

  onMounted(() => look().catch(notices.report))
  // It is changed in the system's settings, from which one comes back here.
  useEventListener(window, 'focus', () => look().catch(notices.report))

  return { missing: computed(() => list.value.filter(({ state }) => state === 'denied' || state === 'undecided')), ask }
}
