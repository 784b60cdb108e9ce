import type { ProfileDraft } from '../../../src-renderer/dictation-settings/profile-draft'
import type { WordDraft } from '../../../src-renderer/dictation-settings/word-draft'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanupSchema, dictationSettingsSchema, dictionaryEntrySchema, profileSchema, snippetSchema } from '../../../src-main/contract'
import { languageChoices, languageName } from '../../../src-renderer/dictation-settings/languages'
import { CLEANUPS, draftOfProfile, draftOfWindow, emptyProfile, METHODS, MOST_PROFILES, profileOf, profileProblems, programName, recentWindows } from '../../../src-renderer/dictation-settings/profile-draft'
import { MOST_PROFILE_SNIPPETS, MOST_SNIPPETS, snippetOf, snippetProblems } from '../../../src-renderer/dictation-settings/snippet-draft'
import { draftOfWord, heardOf, MOST_WORDS, wordOf, wordProblems, wordsWith } from '../../../src-renderer/dictation-settings/word-draft'
import { dictations, dictationSettings } from '../../support/renderer-harness/world'

const text = (lengths: readonly number[]) => fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', ' ', '\n', '*', ...lengths.flatMap(length => ['x'.repeat(length), ` ${'y'.repeat(length)} `])))
const hasNone = (problems: object): boolean => Object.keys(problems).length === 0

describe('a word of the dictionary in the form', () => {
  const lines = fc.oneof(fc.array(text([100, 101]), { maxLength: 4 }), fc.array(fc.integer().map(String), { minLength: 18, maxLength: 24 }))
  const draft: fc.Arbitrary<WordDraft> = fc.record({ word: text([100, 101]), heard: lines.map(list => list.join('\n')), soundsLike: fc.boolean() })

  it('has no problem exactly when main takes it', () => {
    fc.assert(fc.property(draft, (one) => {
      const problems = wordProblems(one, [])
      expect([hasNone(problems), problems]).toEqual([dictionaryEntrySchema.safeParse(wordOf(one)).success, problems])
    }), { numRuns: 2_000 })
  })

  it.each([
    ['nothing', { word: ' ' }, { word: 'word' }],
    ['one that is there, in other letters', { word: ' ZU\u0308RICH ' }, { word: 'word-twice' }],
    ['a long one', { word: 'x'.repeat(101) }, { word: 'word-long' }],
    ['too much that is heard', { heard: Array.from({ length: 21 }, (_, index) => `heard ${index}`).join('\n') }, { heard: 'heard-many' }],
    ['a whole text that is heard', { heard: 'x'.repeat(101) }, { heard: 'heard-long' }],
  ])('tells what is wrong with %s', (_, change, problems) => {
    expect(wordProblems({ word: 'kubectl', heard: '', soundsLike: true, ...change }, ['Zürich'])).toEqual(problems)
  })

  it('comes back from what is saved as it was', () => {
    expect(dictationSettings.dictionary.map(entry => wordOf(draftOfWord(entry)))).toEqual(dictationSettings.dictionary)
  })

  it('takes what is heard by line or comma, each once', () => {
    expect(heardOf(' post gres\n\npost gress,  Post Gres ,\n')).toEqual(['post gres', 'post gress'])
  })

  it('is found by its letters and by what is heard for it, in the order of the alphabet', () => {
    const found = (search: string): string[] => wordsWith(dictationSettings.dictionary, search).map(({ entry }) => entry.word)
    expect([found('CUBE'), found('  ü '), found('ma'), found('xyz')]).toEqual([['kubectl'], ['Zürich'], ['Matplotlib'], []])
    expect(found('')).toEqual(['Ansible', 'kubectl', 'Matplotlib', 'Notion', 'Øresund', 'PostgreSQL', 'WebAssembly', 'Zürich'])
    // The places are those in the dictionary, by which it is changed.
    expect(wordsWith(dictationSettings.dictionary, '').every(({ entry, index }) => dictationSettings.dictionary[index] === entry)).toBe(true)
  })
})

describe('a snippet in the form', () => {
  it('has no problem exactly when main takes it', () => {
    fc.assert(fc.property(fc.record({ name: text([60, 61]), text: text([10_000, 10_001]) }), (one) => {
      const problems = snippetProblems(one, [])
      expect([hasNone(problems), problems]).toEqual([snippetSchema.safeParse(snippetOf(one)).success, problems])
    }), { numRuns: 1_000 })
  })

  it('keeps its text to the letter, and its name to itself', () => {
    expect(snippetOf({ name: ' sign off ', text: '  Kind regards\n\n' })).toEqual({ name: 'sign off', text: '  Kind regards\n\n' })
    expect(snippetProblems({ name: 'Address ', text: 'x' }, ['address'])).toEqual({ name: 'name-twice' })
    expect(snippetProblems({ name: '', text: '' }, [''])).toEqual({ name: 'name', text: 'text' })
  })
})

describe('a program\'s rules in the form', () => {
  const yes = fc.constantFrom('inherit' as const, 'yes' as const, 'no' as const)
  const draft: fc.Arbitrary<ProfileDraft> = fc.record({
    id: fc.constantFrom(null, 'mail'),
    name: text([60, 61]),
    app: text([200, 201]),
    title: text([200, 201]),
    never: fc.boolean(),
    cleanup: fc.constantFrom('inherit' as const, ...CLEANUPS),
    ownPrompt: text([4_000, 4_001]),
    method: fc.constantFrom('inherit' as const, ...METHODS),
    chord: fc.constantFrom('', 'Ctrl+Shift+V'),
    newlines: yes,
    language: fc.constantFrom('', 'de-AT'),
    spokenPunctuation: yes,
    snippets: fc.constant([{ name: 'a', text: 'b' }]),
  })

  it('have no problem exactly when main takes them', () => {
    fc.assert(fc.property(draft, (one) => {
      const problems = profileProblems(one)
      expect([hasNone(problems), problems]).toEqual([profileSchema.safeParse(profileOf(one, () => 'new')).success, problems])
    }), { numRuns: 2_000 })
  })

  it('come back from what is saved as they were', () => {
    const inverted = dictationSettings.profiles.map(profile => profileOf(draftOfProfile(profile), () => 'new'))
    expect(inverted).toEqual(dictationSettings.profiles)
  })

  it('leave everything to the settings at first', () => {
    expect(profileOf(emptyProfile({ name: 'Mail' }), () => 'new')).toEqual(profileSchema.parse({ id: 'new', name: 'Mail' }))
  })

  it('begin with a window that was dictated into, without the title that it happened to have', () => {
    const windows = recentWindows(dictations.slice(0, 5))
    expect(windows.map(({ app }) => app)).toEqual([...new Set(windows.map(({ app }) => app))])
    const window = { app: 'org.mozilla.firefox', title: 'Reply to issue 214' }
    expect(recentWindows([{ target: window && { appId: window.app, title: window.title } }, { target: null }, { target: { appId: '', title: 'x' } }, { target: { appId: window.app, title: 'older' } }])).toEqual([window])
    expect(draftOfWindow(window)).toEqual(emptyProfile({ name: 'Firefox', app: 'org.mozilla.firefox' }))
    fc.assert(fc.property(fc.string({ minLength: 1, maxLength: 400 }), app => !('app' in profileProblems(draftOfWindow({ app, title: '' })))))
  })

  it('are named as a person would name the program', () => {
    expect(['Slack', 'firefox', 'google-chrome', 'org.gnome.Nautilus', 'com.mitchellh.ghostty', 'notepad.exe', 'rocket.chat'].map(programName))
      .toEqual(['Slack', 'Firefox', 'Google Chrome', 'Nautilus', 'Ghostty', 'Notepad', 'Rocket.chat'])
  })
})

describe('what can be chosen', () => {
  it('is all that main knows', () => {
    expect([CLEANUPS, METHODS]).toEqual([cleanupSchema.options, dictationSettingsSchema.shape.method.unwrap().options])
  })

  it('fits into main\'s lists to the last place', () => {
    const entry = { word: 'a' }
    const snippet = { name: 'a', text: 'b' }
    const profile = (id: number) => ({ id: String(id), name: 'a' })
    const takes = (part: object): boolean => dictationSettingsSchema.safeParse(part).success
    const lists = (more: number): boolean[] => [
      takes({ dictionary: Array.from({ length: MOST_WORDS + more }).fill(entry) }),
      takes({ snippets: Array.from({ length: MOST_SNIPPETS + more }).fill(snippet) }),
      takes({ profiles: Array.from({ length: MOST_PROFILES + more }, (_, id) => profile(id)) }),
      profileSchema.safeParse({ ...profile(1), snippets: Array.from({ length: MOST_PROFILE_SNIPPETS + more }).fill(snippet) }).success,
    ]
    expect([lists(0), lists(1)]).toEqual([[true, true, true, true], [false, false, false, false]])
  })

  it('has every language by its name, and the one in force whatever it is', () => {
    expect([languageName('de', 'en'), languageName('pt-BR', 'en'), languageName('no language', 'en')]).toEqual(['German', 'Brazilian Portuguese', 'no language'])
    const choices = languageChoices('de-AT', 'en')
    expect(choices.filter(({ value }) => value === 'de-AT')).toEqual([{ value: 'de-AT', label: 'Austrian German' }])
    expect(choices.every(({ label, value }) => label !== value)).toBe(true)
    expect(languageChoices('', 'en').some(({ value }) => value === '')).toBe(false)
  })
})
