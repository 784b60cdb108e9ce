import type { PipelineState } from '../contract'

/** The few words of the shell itself (tray, dialogs); the windows have theirs in `src-renderer/locales`. */
export interface Texts {
  readonly open: string
  readonly settings: string
  readonly pause: string
  readonly paused: string
  readonly quit: string
  readonly states: Readonly<Record<PipelineState, string>>
}

const ENGLISH: Texts = {
  open: 'Open Parley',
  settings: 'Settings…',
  pause: 'Pause listening',
  paused: 'Paused',
  quit: 'Quit',
  states: {
    idle: 'Ready',
    listening: 'Listening…',
    transcribing: 'Writing down…',
    thinking: 'Thinking…',
    speaking: 'Speaking…',
    failed: 'Something went wrong',
  },
}

const BY_LANGUAGE: Readonly<Record<string, Texts>> = { en: ENGLISH }

/** The texts for a BCP 47 tag; English where there are none. */
export function textsFor(locale: string): Texts {
  return BY_LANGUAGE[locale.split('-')[0] ?? 'en'] ?? ENGLISH
}
