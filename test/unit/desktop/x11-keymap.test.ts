import { describe, expect, it } from 'vitest'
import { parseAccelerator } from '../../../src-main/desktop/accelerator'
import { X11Keymap } from '../../../src-main/desktop/x11-keymap'
import { eventTimeMs } from '../../../src-main/desktop/x11-link'

const SHIFT_L = 0xFFE1
const CTRL_L = 0xFFE3
const CTRL_R = 0xFFE4
const ALT_L = 0xFFE9
const SUPER_L = 0xFFEB
const NUM_LOCK = 0xFF7F
const LEVEL3 = 0xFE03

/** Key codes from 8 on; the modifiers come first. */
function keyboard(rows: readonly (readonly number[])[]): X11Keymap {
  const modifiers = [SHIFT_L, CTRL_L, CTRL_R, ALT_L, SUPER_L, NUM_LOCK, LEVEL3].map(keysym => [keysym, 0, keysym, 0, 0])
  return new X11Keymap({
    firstKeycode: 8,
    keysyms: [...modifiers, ...rows],
    modifierKeycodes: [[8], [0], [9, 10], [11, 0], [13], [0], [12], [14]],
  })
}
const FIRST = 15

const char = (text: string): number => text.charCodeAt(0)

function resolve(keymap: X11Keymap, text: string): unknown {
  try {
    return keymap.resolve(parseAccelerator(text, 'linux'))
  }
  catch (error) {
    return (error as { params?: { reason?: string } }).params?.reason
  }
}

describe('keys on an X keyboard', () => {
  it('finds a letter in any of the layouts, the plain place first', () => {
    const twoLayouts = keyboard([[0x6CC, 0x6EC, char('k'), char('K'), 0], [char('k'), char('K'), 0x6CC, 0x6EC, 0]])
    expect(resolve(twoLayouts, 'Ctrl+Alt+K')).toEqual({ codes: [FIRST + 1], mask: 4 | 8 })
    const onlySecond = keyboard([[0x6CC, 0x6EC, char('k'), char('K'), 0]])
    expect(resolve(onlySecond, 'Ctrl+K')).toEqual({ codes: [FIRST], mask: 4 })
    expect(resolve(keyboard([[0x6CC, 0x6EC, 0, 0, 0]]), 'Ctrl+K')).toBe('not-on-keyboard')
  })

  it('takes every key with the same symbol', () => {
    const keymap = keyboard([[0xFF0D, 0, 0, 0, 0], [0xFF0D, 0, 0, 0, 0]])
    expect(resolve(keymap, 'Ctrl+Enter')).toEqual({ codes: [FIRST, FIRST + 1], mask: 4 })
  })

  it('adds the Shift or AltGr that a sign needs here, never to a digit', () => {
    const us = keyboard([[char('='), char('+'), 0, 0, 0]])
    expect(resolve(us, 'Ctrl+Plus')).toEqual({ codes: [FIRST], mask: 4 | 1 })
    const german = keyboard([[char('+'), char('*'), 0, 0, 0], [char('q'), char('Q'), 0, 0, char('@')]])
    expect(resolve(german, 'Ctrl+Plus')).toEqual({ codes: [FIRST], mask: 4 })
    expect(resolve(german, 'Ctrl+@')).toEqual({ codes: [FIRST + 1], mask: 4 | 128 })
    const french = keyboard([[char('&'), char('1'), 0, 0, 0]])
    expect(resolve(french, 'Ctrl+1')).toEqual({ codes: [FIRST], mask: 4 })
    expect(resolve(keyboard([[0xFF95, 0xFFB7, 0, 0, 0]]), 'Ctrl+num7')).toEqual({ codes: [FIRST], mask: 4 })
  })

  it('knows modifiers by what is on them, and says when one is missing', () => {
    const swapped = new X11Keymap({ firstKeycode: 8, keysyms: [[SUPER_L], [ALT_L], [0x20]], modifierKeycodes: [[], [], [], [8], [9], [], [], []] })
    expect(resolve(swapped, 'Alt+Space')).toEqual({ codes: [10], mask: 16 })
    expect(resolve(swapped, 'Super+Space')).toEqual({ codes: [10], mask: 8 })
    const none = new X11Keymap({ firstKeycode: 8, keysyms: [[0x20]], modifierKeycodes: [[], [], [], [], [], [], [], []] })
    expect(resolve(none, 'Super+Space')).toBe('not-on-keyboard')
  })

  it('finds a lone modifier by its side', () => {
    expect(resolve(keyboard([]), 'RightCtrl')).toEqual({ codes: [10], mask: 0 })
    expect(resolve(keyboard([]), 'RightAlt')).toEqual({ codes: [14], mask: 0 })
    expect(resolve(keyboard([]), 'RightSuper')).toBe('not-on-keyboard')
  })

  it('names every combination of the locks', () => {
    expect(keyboard([]).lockVariants.toSorted((a, b) => a - b)).toEqual([0, 2, 16, 18])
    expect(keyboard([]).lockBits).toBe(18)
  })
})

describe('the time of an X event', () => {
  it('is the server\'s where both clocks are the same one, also where its 32 bits wrap', () => {
    expect(eventTimeMs(12_345, 12_347.9)).toBe(12_345)
    expect(eventTimeMs(2 ** 32 - 10, 2 ** 32 + 5.5)).toBe(2 ** 32 - 10)
    expect(eventTimeMs(5, 3 * 2 ** 32 + 7.25)).toBe(3 * 2 ** 32 + 5)
  })

  it('is the time of arrival where the server\'s clock is another', () => {
    expect(eventTimeMs(999_999_999, 12_347.9)).toBe(12_347.9)
    expect(eventTimeMs(0, 12_347.9)).toBe(12_347.9)
  })
})
