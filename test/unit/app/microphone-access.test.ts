import type { MediaPrivacy } from '../../../src-main/app/microphone-access'
import { describe, expect, it } from 'vitest'
import { createMicrophoneAccess } from '../../../src-main/app/microphone-access'

type Status = ReturnType<MediaPrivacy['getMediaAccessStatus']>

function system(status: Status) {
  const asked: string[] = []
  const privacy: MediaPrivacy = {
    getMediaAccessStatus: () => status,
    askForMediaAccess: async (media) => {
      asked.push(media)
      return true
    },
  }
  return { asked, privacy }
}

describe('the system\'s word on the microphone', () => {
  it.each([
    ['darwin', 'granted', 'granted'],
    ['darwin', 'denied', 'denied'],
    ['darwin', 'restricted', 'denied'],
    ['darwin', 'not-determined', 'undecided'],
    ['win32', 'denied', 'denied'],
    ['win32', 'granted', 'granted'],
    ['win32', 'not-determined', 'unknown'],
    ['win32', 'unknown', 'unknown'],
  ] as const)('on %s, %s is %s', (platform, status, expected) => {
    expect(createMicrophoneAccess(system(status).privacy, platform)?.state()).toBe(expected)
  })

  it('there is none on Linux', () => {
    expect(createMicrophoneAccess(system('denied').privacy, 'linux')).toBeUndefined()
  })

  it('asks the person where the system can, and says where to allow it', async () => {
    for (const [platform, times, place] of [['darwin', 1, 'System Settings'], ['win32', 0, 'Settings']] as const) {
      const { asked, privacy } = system('not-determined')
      const access = createMicrophoneAccess(privacy, platform)
      await access?.request()
      expect(asked).toHaveLength(times)
      expect(access?.advice).toContain(place)
    }
  })
})
