import { describe, expect, it } from 'vitest'
import { parseKeys } from '../../../../src-main/desktop/accelerator'
import { planChord } from '../../../../src-main/desktop/inject/x11-keys-chord'
import { boardOf } from './x11-keys-boards'

const CYRILLIC_EM = 0x6CD
const plan = (board: ReturnType<typeof boardOf>, chord: string): ReturnType<typeof planChord> => planChord(board, parseKeys(chord, 'linux'))

describe('the keys of a chord', () => {
  it('are the letter\'s key on this layout, with the modifiers in one order', () => {
    const us = boardOf({ 20: [['v', 'V']], 21: [['c', 'C']] })
    expect(plan(us, 'Shift+Ctrl+V')).toEqual({ modifiers: [51, 50], main: { code: 20 } })
    expect(plan(us, 'Ctrl+Alt+Super+C')).toEqual({ modifiers: [51, 52, 53], main: { code: 21 } })
  })

  it('field 18: are found where the present layout has them, however the keys are labelled', () => {
    const two = { 20: [['v', 'V'], ['k', 'K']], 21: [['.', '>'], ['v', 'V']] }
    expect(plan(boardOf(two, { group: 0 }), 'Ctrl+V')?.main).toEqual({ code: 20 })
    expect(plan(boardOf(two, { group: 1 }), 'Ctrl+V')?.main).toEqual({ code: 21 })
  })

  it('field 18: are those of another layout when the present one has no Latin letter there', () => {
    const russian = { 20: [['v', 'V'], [CYRILLIC_EM, CYRILLIC_EM + 32]] }
    expect(plan(boardOf(russian, { group: 1 }), 'Ctrl+V')).toEqual({ modifiers: [51], main: { code: 20 } })
    expect(plan(boardOf({ 20: [['v', 'V'], ['k', 'K']] }, { group: 1 }), 'Ctrl+V')?.main).toEqual({ keysym: 0x76 })
  })

  it('field 18: need a free key where no layout has the letter', () => {
    expect(plan(boardOf({ 20: [[CYRILLIC_EM, CYRILLIC_EM + 32]] }), 'Ctrl+V')).toEqual({ modifiers: [51], main: { keysym: 0x76 } })
  })

  it('field 18: take the key whose bit is Control, not the one in Control\'s place', () => {
    const swapped = boardOf({ 20: [['v', 'V']], 51: [[0xFFE5]], 55: [[0xFFE3]] }, { modifiers: { 50: 1, 51: 2, 55: 4 } })
    expect(plan(swapped, 'Ctrl+V')).toEqual({ modifiers: [55], main: { code: 20 } })
  })

  it('field 16: leave alone what is held down already', () => {
    expect(plan(boardOf({ 20: [['v', 'V']] }, { down: [51] }), 'Ctrl+Shift+V')).toEqual({ modifiers: [50], main: { code: 20 } })
    expect(plan(boardOf({ 20: [['v', 'V']] }, { down: [20] }), 'Ctrl+V')?.main).toEqual({ keysym: 0x76 })
  })

  it('bring the Shift that a sign needs, but no Shift for a letter', () => {
    const board = boardOf({ 20: [['=', '+']], 21: [['V', 'V']] })
    expect(plan(board, 'Ctrl+Plus')).toEqual({ modifiers: [51, 50], main: { code: 20 } })
    expect(plan(boardOf({ 21: [['1', 'v']] }), 'Ctrl+V')?.main).toEqual({ keysym: 0x76 })
  })

  it('do not exist without the modifier', () => {
    expect(plan(boardOf({ 20: [['v', 'V']] }, { modifiers: { 50: 1 } }), 'Ctrl+V')).toBe(null)
  })

  it('may be what is no hotkey', () => {
    expect(plan(boardOf({ 20: [[0xFF08]], 21: [[0xFF51]] }), 'Backspace')).toEqual({ modifiers: [], main: { code: 20 } })
    expect(plan(boardOf({ 20: [[0xFF08]], 21: [[0xFF51]] }), 'Shift+Left')).toEqual({ modifiers: [50], main: { code: 21 } })
  })
})
