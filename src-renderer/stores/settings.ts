import type { AboutView, AppEvent, Correction, DictationSettings, HotkeyView, KeyName, KeyView, Settings, SettingsPatch, Snapshot } from '@contract'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { request } from '../bridge'

export const useSettings = defineStore('settings', () => {
  /** Null until the first snapshot. */
  const settings = shallowRef<Settings | null>(null)
  const hotkey = shallowRef<HotkeyView | null>(null)
  /** The keys of dictation, by what they do. */
  const keys = shallowRef<Readonly<Record<KeyName, KeyView>> | null>(null)
  /** Words that were corrected by hand, and could be learned. */
  const corrections = shallowRef<readonly Correction[]>([])
  const about = shallowRef<AboutView | null>(null)

  function applySnapshot(snapshot: Snapshot): void {
    settings.value = snapshot.settings
    hotkey.value = snapshot.hotkey
    keys.value = snapshot.keys
    corrections.value = snapshot.corrections
    about.value = snapshot.about
  }

  function applyEvent(event: AppEvent): void {
    if (event.type === 'settings')
      settings.value = event.settings
    else if (event.type === 'hotkey')
      hotkey.value = event.hotkey
    else if (event.type === 'keys')
      keys.value = event.keys
    else if (event.type === 'corrections')
      corrections.value = event.corrections
  }

  /** Rejects with a `RequestError`; what is in force then stays on the screen. */
  async function patch(change: SettingsPatch): Promise<void> {
    settings.value = await request('settings.patch', change)
  }

  /** Resolves with what became of it. With an error code the former key is still in force, and still shown. */
  async function setHotkey(accelerator: string): Promise<HotkeyView> {
    const view = await request('hotkey.set', { accelerator })
    if (view.errorCode === null)
      hotkey.value = view
    return view
  }

  /** The same for a key of dictation; an empty accelerator unbinds it. */
  async function setKey(name: KeyName, accelerator: string): Promise<KeyView> {
    const view = await request('key.set', { name, accelerator })
    if (view.errorCode === null && keys.value)
      keys.value = { ...keys.value, [name]: view }
    return view
  }

  /** Lists are sent whole. Rejects as `patch` does. */
  function patchDictation(change: Partial<DictationSettings>): Promise<void> {
    return patch({ dictation: change })
  }

  return { settings, hotkey, keys, corrections, about, applySnapshot, applyEvent, patch, setHotkey, patchDictation, setKey }
})
