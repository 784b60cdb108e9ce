import type { Cleanup, DictationEntryView, DictationSettings, Profile, Snippet } from '@contract'

export type ProfileMethod = DictationSettings['method']
/** A choice that can be left to the settings. */
export type Yes = 'inherit' | 'yes' | 'no'

/** A profile as it stands in the form: every field is there, and may be wrong. */
export interface ProfileDraft {
  /** Null: it is new. */
  id: string | null
  name: string
  app: string
  title: string
  never: boolean
  cleanup: Cleanup | 'inherit'
  /** Empty: as in the settings. */
  ownPrompt: string
  method: ProfileMethod | 'inherit'
  /** Empty: as Parley knows the program. */
  chord: string
  newlines: Yes
  /** Empty: as in the settings. */
  language: string
  spokenPunctuation: Yes
  snippets: Snippet[]
}

/** `settings.programs.problem.<value>` in the locales. */
export type ProfileProblem = 'name' | 'name-long' | 'pattern-long' | 'prompt-long'
export type ProfileField = 'name' | 'app' | 'title' | 'ownPrompt'
export type ProfileProblems = Partial<Record<ProfileField, ProfileProblem>>

export const CLEANUPS = ['off', 'light', 'email', 'message', 'notes', 'own'] as const satisfies readonly Cleanup[]
export const METHODS = ['auto', 'paste', 'type', 'copy'] as const satisfies readonly ProfileMethod[]
export const MOST_PROFILES = 100
const MAX_NAME_CHARS = 60
const MAX_PATTERN_CHARS = 200
export const MAX_PROMPT_CHARS = 4_000

export function emptyProfile(part: Partial<ProfileDraft> = {}): ProfileDraft {
  return { id: null, name: '', app: '', title: '', never: false, cleanup: 'inherit', ownPrompt: '', method: 'inherit', chord: '', newlines: 'inherit', language: '', spokenPunctuation: 'inherit', snippets: [], ...part }
}

function yesOf(value: boolean | null): Yes {
  return value === null ? 'inherit' : value ? 'yes' : 'no'
}

function booleanOf(value: Yes): boolean | null {
  return value === 'inherit' ? null : value === 'yes'
}

export function draftOfProfile(profile: Profile): ProfileDraft {
  const { cleanup, ownPrompt, method, chord, newlines, language, spokenPunctuation, snippets } = profile
  return {
    ...profile,
    cleanup: cleanup ?? 'inherit',
    ownPrompt: ownPrompt ?? '',
    method: method ?? 'inherit',
    chord: chord ?? '',
    newlines: yesOf(newlines),
    language: language ?? '',
    spokenPunctuation: yesOf(spokenPunctuation),
    snippets: snippets.map(snippet => ({ ...snippet })),
  }
}

/** What is wrong with it, by field; nothing: the profile can be saved. */
export function profileProblems(draft: ProfileDraft): ProfileProblems {
  const name = draft.name.trim()
  return {
    ...(name === '' && { name: 'name' }),
    ...(name.length > MAX_NAME_CHARS && { name: 'name-long' }),
    ...(draft.app.trim().length > MAX_PATTERN_CHARS && { app: 'pattern-long' }),
    ...(draft.title.trim().length > MAX_PATTERN_CHARS && { title: 'pattern-long' }),
    ...(draft.ownPrompt.length > MAX_PROMPT_CHARS && { ownPrompt: 'prompt-long' }),
  }
}

/** Only of a draft without problems. */
export function profileOf(draft: ProfileDraft, newId: () => string): Profile {
  return {
    id: draft.id ?? newId(),
    name: draft.name.trim(),
    app: draft.app.trim(),
    title: draft.title.trim(),
    never: draft.never,
    cleanup: draft.cleanup === 'inherit' ? null : draft.cleanup,
    ownPrompt: draft.ownPrompt.trim() === '' ? null : draft.ownPrompt,
    method: draft.method === 'inherit' ? null : draft.method,
    chord: draft.chord === '' ? null : draft.chord,
    newlines: booleanOf(draft.newlines),
    language: draft.language === '' ? null : draft.language,
    spokenPunctuation: booleanOf(draft.spokenPunctuation),
    snippets: draft.snippets,
  }
}

/** A window that was dictated into. */
export interface RecentWindow {
  readonly app: string
  readonly title: string
}

/** Each program once, the newest first. */
export function recentWindows(dictations: readonly Pick<DictationEntryView, 'target'>[]): RecentWindow[] {
  const found = new Map<string, RecentWindow>()
  for (const { target } of dictations) {
    if (target !== null && target.appId !== '' && !found.has(target.appId))
      found.set(target.appId, { app: target.appId, title: target.title })
  }
  return [...found.values()]
}

/** What a person calls a program: of `org.mozilla.firefox` and `google-chrome`, "Firefox" and "Google Chrome". */
export function programName(app: string): string {
  const last = /^[a-z]{2,}(?:\.[\w-]+){2,}$/i.test(app) ? app.slice(app.lastIndexOf('.') + 1) : app.replace(/\.exe$/i, '')
  const words = last.replace(/[-_]+/g, ' ').trim()
  const name = words.replace(/(^| )\p{Ll}/gu, first => first.toUpperCase())
  return name.slice(0, MAX_NAME_CHARS)
}

/** A new profile for such a window. Its title is left out: it mostly changes with what is in it. */
export function draftOfWindow({ app }: RecentWindow): ProfileDraft {
  return emptyProfile({ name: programName(app), app: app.slice(0, MAX_PATTERN_CHARS) })
}
