import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanForTarget, commonLength, graphemes } from '../../../../src-main/dictation/insertion/clean-text'

const KINDS = ['terminal', 'line', 'chat', 'modal', 'field'] as const

describe('characters as people count them', () => {
  it('are whole, whatever they are made of', () => {
    expect(graphemes('né👩‍💻🇩🇪שָ')).toEqual(['n', 'é', '👩‍💻', '🇩🇪', 'שָ'])
    expect(graphemes('')).toEqual([])
  })

  it('are compared from the beginning', () => {
    expect(commonLength([...'hello'], [...'help'])).toBe(3)
    expect(commonLength([], [...'a'])).toBe(0)
    expect(commonLength([...'ab'], [...'ab'])).toBe(2)
  })
})

describe('a text for a program', () => {
  it('is untouched where nothing in it can do harm', () => {
    const text = 'Ünïcödé — “quotes” 漢字 🙂 👩‍💻 שלום\u200F!\n\tSecond line. '
    expect(cleanForTarget(text, 'field', false)).toBe(text)
    expect(cleanForTarget(text, 'chat', false)).toBe(text)
  })

  it.each([
    ['one\ntwo', 'one two'],
    ['one\r\n\r\n  two', 'one two'],
    ['one \n two\n', 'one two'],
    ['\n\nls -l\n', 'ls -l'],
    ['  indented', '  indented'],
    ['trailing ', 'trailing '],
    ['a\u2028b\u2029c\u0085d\ve\ff', 'a b c d e f'],
    ['tab\tbed', 'tab bed'],
    ['\n', ''],
    [' \n ', ''],
  ])('has no line break in a terminal: %j is %j', (text, expected) => {
    expect(cleanForTarget(text, 'terminal', false)).toBe(expected)
  })

  it('keeps line breaks where they are wished, as one kind', () => {
    expect(cleanForTarget('one\r\ntwo\rthree\n', 'terminal', true)).toBe('one\ntwo\nthree\n')
  })

  it('never types Return or Tab into any program, unless it may', () => {
    for (const kind of KINDS) {
      expect(cleanForTarget('a\n\tb\n', kind, false, 'type')).toBe('a b')
      expect(cleanForTarget('a\n\tb\n', kind, true, 'type')).toBe('a\n b\n')
    }
  })

  it('submits no line where a pasted break would', () => {
    expect(cleanForTarget('a\nb', 'line', false)).toBe('a b')
    expect(cleanForTarget('a\nb', 'chat', false)).toBe('a\nb')
  })

  it.each([
    ['\u001B[31mred\u001B[0m', 'red'],
    ['end of paste \u001B[201~rm -rf /', 'end of paste rm -rf /'],
    ['nested \u001B\u001B[201~[201~x', 'nested [201~x'],
    ['title \u001B]0;owned\u0007x', 'title x'],
    ['title \u001B]0;owned\u001B\\x', 'title x'],
    ['8 bit \u009B31mx', '8 bit x'],
    ['stop\u0003 end\u0004 bell\u0007 back\u0008 del\u007F nul\u0000', 'stop end bell back del nul'],
    ['user\u202Egnp.exe\u2066x\u2069', 'usergnp.exex'],
    ['half \uD83D of a pair \uDE42', 'half  of a pair '],
  ])('has nothing that a terminal would obey: %j is %j', (text, expected) => {
    for (const kind of KINDS)
      expect(cleanForTarget(text, kind, true)).toBe(expected)
  })

  it('is clean whatever comes in, and stays as it is when it is cleaned again', () => {
    const nasty = fc.string({ unit: fc.oneof(fc.constantFrom('\u001B', '[', '2', '~', ']', '\u0007', '\n', '\r', '\t', ' ', '\u202E', '\u0003', '\u009B', 'a'), fc.string({ minLength: 1, maxLength: 1, unit: 'binary' })), maxLength: 40 })
    fc.assert(fc.property(nasty, fc.constantFrom(...KINDS), fc.boolean(), fc.constantFrom('paste', 'type'), (text, kind, may, way) => {
      const clean = cleanForTarget(text, kind, may, way)
      expect(clean).not.toMatch(/[^\P{Cc}\n\t]|[\p{Cs}\u202A-\u202E\u2066-\u2069]/u)
      if ((kind === 'terminal' || way === 'type') && !may)
        expect(clean).not.toMatch(/[\n\r\t]/)
      expect(cleanForTarget(clean, kind, may, way)).toBe(clean)
    }))
  })

  it('takes time in proportion to its length', () => {
    const started = performance.now()
    for (const part of ['\u001B]', ' \n', '\u001B[', '\t\n '])
      cleanForTarget(part.repeat(200_000), 'terminal', false)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})
