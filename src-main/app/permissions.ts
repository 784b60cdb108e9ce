import type { PermissionId, PermissionView } from '../contract'
import type { MediaPrivacy } from './microphone-access'
import { createMicrophoneAccess } from './microphone-access'

/** The part of Electron's `systemPreferences` that is needed; it is there on macOS and Windows. */
export interface SystemPrivacy extends MediaPrivacy {
  /** With `prompt` the system asks when it is not so. */
  isTrustedAccessibilityClient: (prompt: boolean) => boolean
}

/** What the system may refuse, and how the person is asked. */
interface PermissionSource {
  readonly state: () => PermissionView['state']
  /** Absent: nothing can be brought up. */
  readonly ask?: () => Promise<void>
}

export interface PermissionParts {
  readonly platform: NodeJS.Platform
  readonly privacy: SystemPrivacy
  /** Opens a page of the system's settings. */
  readonly openPage: (url: string) => Promise<void>
}

export interface Permissions {
  readonly list: () => PermissionView[]
  readonly ask: (id: PermissionId) => Promise<void>
}

const IDS = ['microphone', 'accessibility', 'input-monitoring', 'remote-desktop'] as const satisfies readonly PermissionId[]

const MAC_PAGE = 'x-apple.systempreferences:com.apple.preference.security?Privacy_'
const WINDOWS_MICROPHONE_PAGE = 'ms-settings:privacy-microphone'

type Sources = Partial<Record<PermissionId, PermissionSource>>

function microphoneOf({ platform, privacy, openPage }: PermissionParts): Sources {
  const access = createMicrophoneAccess(privacy, platform)
  if (access === undefined)
    return {}
  const page = platform === 'darwin' ? `${MAC_PAGE}Microphone` : WINDOWS_MICROPHONE_PAGE
  return {
    microphone: {
      state: () => {
        const state = access.state()
        return state === 'unknown' ? 'not-needed' : state
      },
      // macOS asks once; who has answered changes it on the page alone.
      ask: () => access.state() === 'undecided' ? access.request() : openPage(page),
    },
  }
}

function macSources({ privacy, openPage }: PermissionParts): Sources {
  return {
    'accessibility': {
      // The system does not tell a refusal from a question that was never asked.
      state: () => privacy.isTrustedAccessibilityClient(false) ? 'granted' : 'undecided',
      ask: async () => {
        privacy.isTrustedAccessibilityClient(true)
      },
    },
    'input-monitoring': {
      // Electron has no way to read it.
      state: () => 'undecided',
      ask: () => openPage(`${MAC_PAGE}ListenEvent`),
    },
  }
}

/** What this system must allow, read anew at each question: the person changes it outside. */
export function createPermissions(parts: PermissionParts): Permissions {
  const sources: Sources = { ...microphoneOf(parts), ...(parts.platform === 'darwin' ? macSources(parts) : {}) }
  return {
    list: () => IDS.map((id) => {
      const source = sources[id]
      const state = source?.state() ?? 'not-needed'
      return { id, state, canAsk: source?.ask !== undefined && state !== 'granted' && state !== 'not-needed' }
    }),
    ask: async id => sources[id]?.ask?.(),
  }
}
