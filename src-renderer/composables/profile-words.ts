import type { Profile } from '@contract'
import { useI18n } from 'vue-i18n'
import { languageName } from '../dictation-settings/languages'

export interface ProfileWords {
  /** The windows it is for. */
  readonly where: (profile: Profile) => string
  /** What differs there, in short. */
  readonly what: (profile: Profile) => readonly string[]
}

/** A profile in a few words. */
export function useProfileWords(): ProfileWords {
  const { t, n, locale } = useI18n()

  function where({ app, title }: Profile): string {
    const parts = [...(app === '' ? [] : [app]), ...(title === '' ? [] : [t('settings.programs.titled', { title })])]
    return parts.join(', ') || t('settings.programs.everyWindow')
  }

  function what(profile: Profile): readonly string[] {
    const { never, cleanup, method, chord, newlines, language, spokenPunctuation, snippets } = profile
    if (never)
      return [t('settings.programs.neverHere')]
    const parts = [
      cleanup === null ? null : t('settings.programs.cleanupIs', { mode: t(`settings.dictation.cleanup.modes.${cleanup}`) }),
      method === null ? null : t('settings.programs.methodIs', { method: t(`settings.dictation.where.methods.${method}`) }),
      chord === null || chord === '' ? null : t('settings.programs.chordIs', { chord }),
      newlines === null ? null : t(newlines ? 'settings.programs.newlinesOn' : 'settings.programs.newlinesOff'),
      language === null || language === '' ? null : languageName(language, locale.value),
      spokenPunctuation === null ? null : t(spokenPunctuation ? 'settings.programs.punctuationOn' : 'settings.programs.punctuationOff'),
      snippets.length === 0 ? null : t('settings.programs.snippetsAre', { count: n(snippets.length) }),
    ].filter(part => part !== null)
    return parts.length > 0 ? parts : [t('settings.programs.nothing')]
  }

  return { where, what }
}
