import type { CleanupMode, DictationRules } from './types'

/** What differs in windows of a kind. Null: as in the settings. */
export interface Profile {
  /** A window class and a title; `*` stands for anything, capitals do not matter, empty matches all. */
  readonly app: string
  readonly title: string
  readonly never: boolean
  readonly cleanup: CleanupMode | null
  readonly ownPrompt: string | null
  readonly method: DictationRules['method'] | null
  readonly chord: string | null
  readonly newlines: boolean | null
  readonly language: string | null
  readonly spokenPunctuation: boolean | null
  /** Besides those of the settings; one of the same name takes its place. */
  readonly snippets: DictationRules['snippets']
}

/** What holds where no profile says otherwise. */
export type ProfileSettings = Omit<DictationRules, 'never' | 'chord' | 'language'>

/** The first profile that matches. A target that is not known has neither class nor title. */
export function profileFor<P extends Pick<Profile, 'app' | 'title'>>(target: { readonly appId: string, readonly title: string } | null, profiles: readonly P[]): P | null {
  const { appId, title } = target ?? { appId: '', title: '' }
  return profiles.find(profile => matches(profile.app, appId) && matches(profile.title, title)) ?? null
}

/** The settings with what the profile changes. */
export function effective(settings: ProfileSettings, profile: Profile | null): DictationRules {
  return {
    never: profile?.never ?? false,
    mode: settings.mode,
    method: profile?.method ?? settings.method,
    chord: profile?.chord || null,
    newlines: profile?.newlines ?? settings.newlines,
    cleanup: profile?.cleanup ?? settings.cleanup,
    ownPrompt: profile?.ownPrompt ?? settings.ownPrompt,
    language: profile?.language || null,
    spokenPunctuation: profile?.spokenPunctuation ?? settings.spokenPunctuation,
    numbers: settings.numbers,
    fillers: settings.fillers,
    scratchThat: settings.scratchThat,
    dictionary: settings.dictionary,
    snippets: withSnippets(settings.snippets, profile?.snippets ?? []),
  }
}

function withSnippets(all: DictationRules['snippets'], own: DictationRules['snippets']): DictationRules['snippets'] {
  const names = new Set(own.map(({ name }) => folded(name)))
  return [...own, ...all.filter(({ name }) => !names.has(folded(name)))]
}

/**
 * Whether `text` is what the pattern says. The stretches between the stars are looked for one after the other, each from where the
 * last one ended, so that no pattern takes longer than its length times the text's.
 */
export function matches(pattern: string, text: string): boolean {
  const wanted = folded(pattern.trim())
  if (wanted === '')
    return true
  const value = folded(text)
  const parts = wanted.split('*')
  const first = parts[0] as string
  const last = parts.at(-1) as string
  if (parts.length === 1)
    return value === wanted
  if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last))
    return false
  const end = value.length - last.length
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = value.indexOf(part, at)
    if (found < 0 || found + part.length > end)
      return false
    at = found + part.length
  }
  return true
}

function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}
