import type { Settings, SettingsPatch } from '@contract'
import type { WritableComputedRef } from 'vue'
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { useNotices } from '../stores/notices'
import { useSettings } from '../stores/settings'

/** Dragging a slider and typing ask main once at the end, not at every step. */
const SETTLED_MS = 200

export interface SettingOptions<T> {
  readonly get: (settings: Settings) => T
  readonly patch: (value: T) => SettingsPatch
  readonly settle?: boolean
}

/**
 * A setting as a model for a control: shows the new value at once, sends it, and falls back to what is in force when main refuses.
 * Only where the settings are there.
 */
export function useSetting<T>(options: SettingOptions<T>): WritableComputedRef<T> {
  const store = useSettings()
  const notices = useNotices()
  const wanted = shallowRef<{ readonly chosen: T } | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let underWay = 0

  function inForce(): T {
    if (!store.settings)
      throw new Error('The settings are shown before they are known.')
    return options.get(store.settings)
  }

  async function send(choice: { readonly chosen: T }): Promise<void> {
    timer = undefined
    underWay += 1
    try {
      await store.patch(options.patch(choice.chosen))
    }
    catch (error) {
      notices.report(error)
    }
    underWay -= 1
    if (wanted.value === choice)
      wanted.value = null
  }

  function flush(): void {
    if (timer === undefined || !wanted.value)
      return
    clearTimeout(timer)
    void send(wanted.value)
  }

  onScopeDispose(flush)
  // Another window changed it: that is newer than what was chosen here, unless it is the echo of a choice before this one.
  watch(() => store.settings, () => {
    if (timer === undefined && underWay === 0)
      wanted.value = null
  })

  return computed({
    get: () => wanted.value ? wanted.value.chosen : inForce(),
    set(value) {
      clearTimeout(timer)
      const choice = { chosen: value }
      wanted.value = choice
      if (options.settle === true)
        timer = setTimeout(() => void send(choice), SETTLED_MS)
      else
        void send(choice)
    },
  })
}
