import { watchEffect } from 'vue'
import { useSettings } from '../stores/settings'

/** `system` leaves the choice to the style sheet's `color-scheme`. */
export function useTheme(): void {
  const store = useSettings()
  watchEffect(() => {
    const theme = store.settings?.theme ?? 'system'
    if (theme === 'system')
      delete document.documentElement.dataset['theme']
    else
      document.documentElement.dataset['theme'] = theme
  })
}
