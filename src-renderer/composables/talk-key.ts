import { computed, reactive } from 'vue'
import { useSettings } from '../stores/settings'

/** A key as it can be used now. `way`: how it is pressed. */
export interface TalkKey {
  readonly works: boolean
  readonly accelerator: string
  readonly way: 'auto' | 'hold' | 'toggle'
}

export function useTalkKey(): TalkKey {
  const store = useSettings()
  return reactive({
    works: computed(() => store.hotkey !== null && store.hotkey.errorCode === null && store.hotkey.mechanism !== 'none'),
    accelerator: computed(() => store.hotkey?.accelerator ?? ''),
    // Where no key up is told, holding is impossible whatever was chosen.
    way: computed(() => store.hotkey?.hold === false ? 'toggle' as const : store.hotkey?.mode ?? 'auto'),
  })
}

/** The same of the dictation key. */
export function useDictateKey(): TalkKey {
  const store = useSettings()
  return reactive({
    works: computed(() => {
      const key = store.keys?.dictate
      return key !== undefined && key.accelerator !== '' && key.errorCode === null && store.hotkey?.mechanism !== 'none'
    }),
    accelerator: computed(() => store.keys?.dictate.accelerator ?? ''),
    way: computed(() => store.hotkey?.hold === false ? 'toggle' as const : store.settings?.hotkey.dictateMode ?? 'auto'),
  })
}
