import { computed, reactive } from 'vue'
import { useSettings } from '../stores/settings'

/** The dictation key as it can be used now. `way`: how it is pressed. */
export interface DictationKeyState {
  readonly works: boolean
  readonly accelerator: string
  readonly way: 'auto' | 'hold' | 'toggle'
}

export function useDictationKey(): DictationKeyState {
  const store = useSettings()
  const key = computed(() => store.keys?.dictate)
  return reactive({
    works: computed(() => key.value !== undefined && key.value.errorCode === null && key.value.accelerator !== '' && store.hotkey?.mechanism !== 'none'),
    accelerator: computed(() => key.value?.accelerator ?? ''),
    // Where no key up is told, holding is impossible whatever was chosen.
    way: computed(() => store.hotkey?.hold === false ? 'toggle' as const : store.settings?.hotkey.dictateMode ?? 'auto'),
  })
}
