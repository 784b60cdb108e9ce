import type { DictationSettings } from '@contract'
import type { WritableComputedRef } from 'vue'
import { useSetting } from './setting'

/** A setting of dictation as a model for a control. `settle`: sent once it stands still. */
export function useDictationSetting<K extends keyof DictationSettings>(key: K, settle = false): WritableComputedRef<DictationSettings[K]> {
  return useSetting<DictationSettings[K]>({ get: settings => settings.dictation[key], patch: value => ({ dictation: { [key]: value } }), settle })
}
