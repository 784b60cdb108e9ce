import type { DictationSettings, Profile as SettingsProfile } from '../../../src-main/contract/dictation'
import type { Profile, ProfileSettings } from '../../../src-main/dictation/profiles'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { dictationSettingsSchema, profileSchema } from '../../../src-main/contract/dictation'
import { effective, matches, profileFor } from '../../../src-main/dictation/profiles'

function profile(fields: Partial<SettingsProfile> = {}): SettingsProfile {
  return { ...profileSchema.parse({ id: 'p', name: 'A profile' }), ...fields }
}

const SETTINGS: DictationSettings = dictationSettingsSchema.parse({ cleanup: 'light', ownPrompt: 'As a haiku.', snippets: [{ name: 'Address', text: 'Main Street 1' }, { name: 'Bye', text: 'Regards' }] })

describe('the types', () => {
  it('of the settings fit', () => {
    expectTypeOf<SettingsProfile>().toExtend<Profile>()
    expectTypeOf<DictationSettings>().toExtend<ProfileSettings>()
  })
})

describe('a pattern', () => {
  it.each([
    ['', 'anything', true],
    ['*', '', true],
    ['XTerm', 'xterm', true],
    ['xterm', 'xterm2', false],
    ['x*', 'XTerm', true],
    ['*term', 'XTerm', true],
    ['*erm*', 'XTerm', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['*a*a*', 'a', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*bc*c', 'abc', false],
    ['* - Mozilla Firefox', 'Issue 5 - Mozilla Firefox', true],
    ['.*', 'abc', false],
    ['[a-z]*', '[A-Z]x', true],
    ['École*', 'ÉCOLE NORMALE', true],
    ['**', 'abc', true],
  ])('%j and %j: %s', (pattern, text, expected) => expect(matches(pattern, text)).toBe(expected))

  it('matches as the regular expression of its meaning does', () => {
    const piece = fc.constantFrom('a', 'b', 'ab', '*', '.')
    fc.assert(fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 12 }), (pieces, letters) => {
      const pattern = pieces.join('')
      const text = letters.join('')
      const meaning = new RegExp(`^${pattern.replaceAll('.', String.raw`\.`).replaceAll(/\*+/g, '.*')}$`, 's')
      expect(matches(pattern, text)).toBe(pattern === '' || meaning.test(text))
    }))
  })

  it('of many stars takes no longer than any other', () => {
    const startMs = performance.now()
    expect(matches('*a'.repeat(100), `${'a'.repeat(50_000)}b`)).toBe(false)
    expect(performance.now() - startMs).toBeLessThan(500)
  })
})

describe('the profile of a window', () => {
  const profiles = [profile({ id: 'mail', app: 'firefox', title: '*mail*' }), profile({ id: 'firefox', app: 'firefox' }), profile({ id: 'vault', title: '*password*' })]

  it('is the first that matches, by class and by title', () => {
    expect(profileFor({ appId: 'Firefox', title: 'My Mail - Firefox' }, profiles)?.id).toBe('mail')
    expect(profileFor({ appId: 'firefox', title: 'News' }, profiles)?.id).toBe('firefox')
    expect(profileFor({ appId: 'keepassxc', title: 'Passwords' }, profiles)?.id).toBe('vault')
    expect(profileFor({ appId: 'xterm', title: 'bash' }, profiles)).toBeNull()
  })

  it('of no window is one that asks for nothing', () => {
    expect(profileFor(null, profiles)).toBeNull()
    expect(profileFor(null, [...profiles, profile({ id: 'all' })])?.id).toBe('all')
  })
})

describe('what holds', () => {
  const { dictionary, fillers, method, mode, newlines, numbers, ownPrompt, scratchThat, snippets, spokenPunctuation } = SETTINGS
  const base = { never: false, chord: null, language: null, cleanup: 'light', dictionary, fillers, method, mode, newlines, numbers, ownPrompt, scratchThat, snippets, spokenPunctuation }

  it('without a profile, or with one that changes nothing, are the settings', () => {
    expect(effective(SETTINGS, null)).toEqual(base)
    expect(effective(SETTINGS, profile())).toEqual(base)
  })

  it('with a profile is what it says', () => {
    const own = profile({ never: true, cleanup: 'off', ownPrompt: '', method: 'type', chord: 'Shift+Insert', newlines: true, language: 'de-AT', spokenPunctuation: true })
    expect(effective(SETTINGS, own)).toEqual({ ...base, never: true, cleanup: 'off', ownPrompt: '', method: 'type', chord: 'Shift+Insert', newlines: true, language: 'de-AT', spokenPunctuation: true })
    expect(effective({ ...SETTINGS, newlines: true }, profile({ newlines: false }))).toMatchObject({ newlines: false })
  })

  it('are the snippets of both; of one name the profile\'s', () => {
    const own = profile({ snippets: [{ name: 'bye', text: 'Cheers' }, { name: 'Ticket', text: 'See the ticket.' }] })
    expect(effective(SETTINGS, own).snippets).toEqual([{ name: 'bye', text: 'Cheers' }, { name: 'Ticket', text: 'See the ticket.' }, { name: 'Address', text: 'Main Street 1' }])
  })
})
