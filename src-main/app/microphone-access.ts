import type { MicrophoneAccess } from '../ports/microphone-access'

/** The part of Electron's `systemPreferences` that is needed; it is there on macOS and Windows. */
export interface MediaPrivacy {
  getMediaAccessStatus: (media: 'microphone') => 'not-determined' | 'granted' | 'denied' | 'restricted' | 'unknown'
  askForMediaAccess: (media: 'microphone') => Promise<boolean>
}

const STATES = { 'not-determined': 'undecided', 'granted': 'granted', 'denied': 'denied', 'restricted': 'denied', 'unknown': 'unknown' } as const

const ADVICE: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Allow it in System Settings, Privacy & Security, Microphone, then start Parley again.',
  win32: 'Allow it in Settings, Privacy & security, Microphone: "Let desktop apps access your microphone".',
}

/** Undefined where the system keeps no list of who may hear: on Linux the sound server itself refuses. */
export function createMicrophoneAccess(privacy: MediaPrivacy, platform: NodeJS.Platform): MicrophoneAccess | undefined {
  const advice = ADVICE[platform]
  if (advice === undefined)
    return undefined
  return {
    advice,
    state() {
      const state = STATES[privacy.getMediaAccessStatus('microphone')]
      // Windows asks nobody: undecided is allowed there until it is forbidden.
      return state === 'undecided' && platform !== 'darwin' ? 'unknown' : state
    },
    async request() {
      if (platform === 'darwin')
        await privacy.askForMediaAccess('microphone')
    },
  }
}
