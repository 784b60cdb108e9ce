import type { SystemPrivacy } from '../../../src-main/app/permissions'
import { describe, expect, it } from 'vitest'
import { createPermissions } from '../../../src-main/app/permissions'

/** A system that remembers what it was asked, and lets the program hear and type once the person has agreed. */
function system(platform: NodeJS.Platform, microphone: ReturnType<SystemPrivacy['getMediaAccessStatus']> = 'not-determined') {
  const asked: string[] = []
  let heard = microphone
  let trusted = false
  const permissions = createPermissions({
    platform,
    privacy: {
      getMediaAccessStatus: () => heard,
      askForMediaAccess: async () => {
        asked.push('microphone?')
        heard = 'granted'
        return true
      },
      isTrustedAccessibilityClient: (prompt) => {
        if (prompt)
          asked.push('accessibility?')
        trusted ||= prompt
        return trusted
      },
    },
    openPage: async url => void asked.push(url),
  })
  return { asked, permissions, states: () => permissions.list().map(({ id, state, canAsk }) => `${id} ${state}${canAsk ? ' ask' : ''}`) }
}

describe('what the system must allow', () => {
  it('is nothing on Linux, and nothing is asked there', async () => {
    const { asked, permissions, states } = system('linux')
    expect(states()).toEqual(['microphone not-needed', 'accessibility not-needed', 'input-monitoring not-needed', 'remote-desktop not-needed'])
    await permissions.ask('microphone')
    expect(asked).toEqual([])
  })

  it('is the microphone on Windows, which is allowed on a page of the settings', async () => {
    expect(system('win32').states()[0]).toBe('microphone not-needed')
    const { asked, permissions, states } = system('win32', 'denied')
    expect(states()).toEqual(['microphone denied ask', 'accessibility not-needed', 'input-monitoring not-needed', 'remote-desktop not-needed'])
    await permissions.ask('microphone')
    expect(asked).toEqual(['ms-settings:privacy-microphone'])
  })

  it('is hearing, typing and keys on macOS: each is asked for, and read anew', async () => {
    const { asked, permissions, states } = system('darwin')
    expect([states(), asked]).toEqual([['microphone undecided ask', 'accessibility undecided ask', 'input-monitoring undecided ask', 'remote-desktop not-needed'], []])
    for (const id of ['microphone', 'accessibility', 'input-monitoring'] as const)
      await permissions.ask(id)
    expect(asked).toEqual(['microphone?', 'accessibility?', 'x-apple.systempreferences:com.apple.preference.security?Privacy_ListenEvent'])
    expect(states()).toEqual(['microphone granted', 'accessibility granted', 'input-monitoring undecided ask', 'remote-desktop not-needed'])
  })

  it.each(['denied', 'restricted'] as const)('a microphone that is %s on macOS is not asked for again: its page is opened', async (status) => {
    const { asked, permissions, states } = system('darwin', status)
    expect(states()[0]).toBe('microphone denied ask')
    await permissions.ask('microphone')
    expect(asked).toEqual(['x-apple.systempreferences:com.apple.preference.security?Privacy_Microphone'])
  })
})
