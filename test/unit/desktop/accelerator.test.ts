import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { displayAccelerator, formatAccelerator, MODIFIERS, parseAccelerator } from '../../../src-main/desktop/accelerator'
import { KEYS, LONE_MODIFIERS } from '../../../src-main/desktop/keys'

const platforms = ['linux', 'darwin', 'win32'] as const

function normal(text: string, platform: NodeJS.Platform = 'linux'): string {
  return formatAccelerator(parseAccelerator(text, platform))
}

function reason(text: string, platform: NodeJS.Platform = 'linux'): unknown {
  try {
    parseAccelerator(text, platform)
  }
  catch (error) {
    return error
  }
  return undefined
}

describe('accelerators', () => {
  it.each([
    ['ctrl+alt+space', 'Ctrl+Alt+Space'],
    ['Space+Alt+Control', 'Ctrl+Alt+Space'],
    [' Super + shift + k ', 'Shift+Super+K'],
    ['Meta+Return', 'Super+Enter'],
    ['Option+Esc', 'Alt+Escape'],
    ['F9', 'F9'],
    ['f24', 'F24'],
    ['Ctrl++', 'Ctrl+Plus'],
    ['Ctrl+Alt+Plus', 'Ctrl+Alt+Plus'],
    ['Ctrl+,', 'Ctrl+,'],
    ['Ctrl+num7', 'Ctrl+num7'],
    ['mediaplaypause', 'MediaPlayPause'],
    ['Ctrl+ctrl+1', 'Ctrl+1'],
    ['RightControl', 'RightCtrl'],
    ['AltGr', 'RightAlt'],
    ['Escape', 'Escape'],
    ['Ctrl+PgDown', 'Ctrl+PageDown'],
    ['Alt+ArrowUp', 'Alt+Up'],
  ])('reads %s as %s', (text, expected) => {
    expect(normal(text)).toBe(expected)
  })

  it('reads CommandOrControl by platform', () => {
    expect(platforms.map(platform => normal('CommandOrControl+K', platform))).toEqual(['Ctrl+K', 'Super+K', 'Ctrl+K'])
  })

  it.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['Ctrl+Alt', 'no-key'],
    ['Shift', 'no-key'],
    ['Ctrl+Banana', 'unknown-key'],
    ['Ctrl++A', 'unknown-key'],
    ['Ctrl+F25', 'unknown-key'],
    ['constructor', 'unknown-key'],
    ['Ctrl+__proto__', 'unknown-key'],
    ['Ctrl+A+B', 'two-keys'],
    ['Ctrl+RightAlt', 'two-keys'],
    ['RightCtrl+A', 'two-keys'],
    ['K', 'types-text'],
    ['Shift+K', 'types-text'],
    ['7', 'types-text'],
    ['Space', 'types-text'],
    ['Shift+Enter', 'types-text'],
    ['Backspace', 'types-text'],
    ['+', 'types-text'],
    ['num5', 'types-text'],
    [`Ctrl+${'x'.repeat(100)}`, 'too-long'],
  ])('refuses %j: %s', (text, expected) => {
    expect(reason(text)).toMatchObject({ code: 'hotkey-impossible', params: { reason: expected }, message: expect.stringMatching(/^The hotkey “.*” cannot be used: .*(?:Choose|Add)/) as string })
  })

  it('refuses what the system keeps for itself, there alone', () => {
    expect(reason('Ctrl+Alt+F9')).toMatchObject({ params: { reason: 'reserved' } })
    expect(reason('Ctrl+Alt+Shift+F1')).toMatchObject({ params: { reason: 'reserved' } })
    expect([normal('Ctrl+Alt+F13'), normal('Ctrl+F9'), normal('Ctrl+Alt+F9', 'win32')]).toEqual(['Ctrl+Alt+F13', 'Ctrl+F9', 'Ctrl+Alt+F9'])
    expect(reason('Ctrl+Alt+Delete', 'win32')).toMatchObject({ params: { reason: 'reserved' } })
    expect(reason('Super+L', 'win32')).toMatchObject({ params: { reason: 'reserved' } })
    expect(normal('Ctrl+Alt+Delete', 'linux')).toBe('Ctrl+Alt+Delete')
  })

  it('shows what is printed on the keys', () => {
    const show = (text: string): string[] => platforms.map(platform => displayAccelerator(parseAccelerator(text, platform), platform))
    expect(show('Ctrl+Alt+Space')).toEqual(['Ctrl+Alt+Space', 'Control+Option+Space', 'Ctrl+Alt+Space'])
    expect(show('Super+num3')).toEqual(['Super+Numpad 3', 'Command+Numpad 3', 'Win+Numpad 3'])
    expect(show('RightCtrl')).toEqual(['Right Ctrl', 'Right Control', 'Right Ctrl'])
    expect(show('Ctrl+Plus')).toEqual(['Ctrl++', 'Control++', 'Ctrl++'])
  })

  it('reads back whatever it writes, in any order and case', () => {
    const chord = fc.record({
      modifiers: fc.subarray([...MODIFIERS], { minLength: 1 }),
      key: fc.constantFrom(...KEYS),
      upper: fc.boolean(),
      seed: fc.integer(),
    }).filter(({ modifiers }) => modifiers.some(modifier => modifier !== 'Shift'))
    fc.assert(fc.property(chord, ({ modifiers, key, upper, seed }) => {
      const written = [...modifiers, key.name].join('+')
      const parts = seed % 2 === 0 ? written : [...[...modifiers].reverse(), key.name].join('+')
      const read = parseAccelerator(upper ? parts.toUpperCase() : parts.toLowerCase(), 'darwin')
      expect(formatAccelerator(read)).toBe(written)
      expect(parseAccelerator(written, 'darwin')).toEqual(read)
    }))
    for (const { name } of LONE_MODIFIERS)
      expect(normal(name)).toBe(name)
  })

  it('never throws anything but hotkey-impossible, whatever it is given', () => {
    const piece = fc.constantFrom('Ctrl', 'alt', '+', '+', ' ', 'Space', 'A', 'RightCtrl', '名', '\0', 'F1')
    fc.assert(fc.property(fc.oneof(fc.string(), fc.array(piece).map(pieces => pieces.join(''))), (text) => {
      const error = reason(text)
      if (error === undefined)
        expect(normal(normal(text))).toBe(normal(text))
      else
        expect(error).toMatchObject({ name: 'AppError', code: 'hotkey-impossible' })
    }), { numRuns: 500 })
  })

  it('names every key once', () => {
    const names = [...KEYS, ...LONE_MODIFIERS].map(({ name }) => name.toLowerCase())
    expect(new Set(names).size).toBe(names.length)
  })
})
