import type { Settings } from '../contract'
import type { AppPaths } from '../storage/paths'
import type { SettingsStore } from '../storage/settings-store'
import { defaultSettings, settingsSchema } from '../contract'
import { createSettingsStore } from '../storage/settings-store'

/** The user's settings; a broken file is set aside (see the store). */
export function openSettings(paths: Pick<AppPaths, 'settingsFile'>): Promise<SettingsStore<Settings>> {
  return createSettingsStore<Settings>({ file: paths.settingsFile, schema: settingsSchema, defaults: defaultSettings })
}
