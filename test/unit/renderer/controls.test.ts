import type { KeyStroke } from '../../../src-renderer/composables/accelerator'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyCaps, recordAccelerator } from '../../../src-renderer/composables/accelerator'
import { matchesTitle, periodOf } from '../../../src-renderer/composables/conversation-list'
import { createLevelHistory, levelToUnit } from '../../../src-renderer/composables/level'
import { followsAfterScroll, isAtEnd } from '../../../src-renderer/composables/stick-to-end'
import { createTalkPress } from '../../../src-renderer/composables/talk-press'

function stroke(key: string, code: string, modifiers = ''): KeyStroke {
  return { key, code, ctrlKey: modifiers.includes('c'), altKey: modifiers.includes('a'), shiftKey: modifiers.includes('s'), metaKey: modifiers.includes('m') }
}

describe('talk button', () => {
  function press() {
    const told: string[] = []
    return { told, press: createTalkPress({ down: () => told.push('down'), up: () => told.push('up') }) }
  }

  it('folds the repeats of a held key and the two ends of a released pointer', () => {
    const { told, press: button } = press()
    button.keyDown()
    button.keyDown()
    button.keyDown()
    button.keyUp()
    button.pointerDown()
    button.pointerUp()
    button.pointerUp()
    expect(told).toEqual(['down', 'up', 'down', 'up'])
  })

  it('lets go when the focus leaves a held key, but not when the pointer leaves the window', () => {
    const { told, press: button } = press()
    button.keyDown()
    button.focusLost()
    button.keyUp()
    button.pointerDown()
    button.focusLost()
    expect(told).toEqual(['down', 'up', 'down'])
    button.close()
    expect(told).toEqual(['down', 'up', 'down', 'up'])
  })

  it('alternates down and up whatever is reported, and ends up', () => {
    const steps = fc.constantFrom('pointerDown', 'pointerUp', 'keyDown', 'keyUp', 'focusLost')
    fc.assert(fc.property(fc.array(steps), (list) => {
      const { told, press: button } = press()
      list.forEach(step => button[step]())
      button.close()
      expect(told).toEqual(Array.from({ length: told.length }, (_, index) => index % 2 === 0 ? 'down' : 'up'))
      expect(told.length % 2).toBe(0)
    }))
  })
})

describe('recording a key', () => {
  it.each([
    ['a space with modifiers', stroke(' ', 'Space', 'ca'), 'Ctrl+Alt+Space'],
    ['a letter, by its label', stroke('j', 'KeyC', 'cs'), 'Ctrl+Shift+J'],
    ['a letter of another script, by its place', stroke('ש', 'KeyA', 'ca'), 'Ctrl+Alt+A'],
    ['a letter that a modifier has changed', stroke('∂', 'KeyD', 'a'), 'Alt+D'],
    ['a digit, whatever Shift makes of it', stroke('!', 'Digit1', 'cs'), 'Ctrl+Shift+1'],
    ['a digit of the number pad', stroke('5', 'Numpad5', 'c'), 'Ctrl+num5'],
    ['a function key alone', stroke('F9', 'F9'), 'F9'],
    ['the Super key', stroke('Enter', 'Enter', 'm'), 'Super+Return'],
    ['an arrow', stroke('ArrowUp', 'ArrowUp', 'c'), 'Ctrl+Up'],
  ])('takes %s', (_, event, accelerator) => {
    expect(recordAccelerator(event)).toEqual({ kind: 'complete', accelerator })
  })

  it('waits for the key after the modifiers, and refuses what would be lost for typing', () => {
    expect([
      recordAccelerator(stroke('Alt', 'AltLeft', 'ca')),
      recordAccelerator(stroke('Meta', 'MetaLeft', 'm'), true),
      recordAccelerator(stroke('a', 'KeyA', 's')),
      recordAccelerator(stroke(' ', 'Space')),
      recordAccelerator(stroke('Unidentified', '', 'c')),
    ]).toEqual([
      { kind: 'partial', modifiers: ['Ctrl', 'Alt'] },
      { kind: 'partial', modifiers: ['Cmd'] },
      { kind: 'needs-modifier' },
      { kind: 'needs-modifier' },
      { kind: 'unknown' },
    ])
  })

  it('draws the caps as the system names them', () => {
    expect([keyCaps('Ctrl+Alt+Space'), keyCaps('Cmd+Shift+Up', true)]).toEqual([['Ctrl', 'Alt', 'Space'], ['⌘', '⇧', '↑']])
  })
})

describe('following the end', () => {
  const box = (scrollTop: number, scrollHeight = 1_000) => ({ scrollTop, scrollHeight, clientHeight: 400 })

  it('lets go when the reader scrolls up, and only then', () => {
    expect([
      followsAfterScroll(true, 600, box(500)),
      followsAfterScroll(true, 600, box(600, 1_300)),
      followsAfterScroll(false, 500, box(520)),
      followsAfterScroll(false, 500, box(590)),
    ]).toEqual([false, true, false, true])
    expect([isAtEnd(box(560)), isAtEnd(box(559))]).toEqual([true, false])
  })
})

describe('levels', () => {
  it('show a quiet room as nothing and a loud voice as full', () => {
    expect([-90, -58, -34, -10, 0].map(levelToUnit)).toEqual([0, 0, 0.5, 1, 1])
  })

  it('move through the meter', () => {
    const history = createLevelHistory(3)
    ;[-34, -10, -90, -34].forEach(history.push)
    expect([...history.values]).toEqual([1, 0, 0.5])
  })
})

describe('conversation list', () => {
  it('sorts by the calendar, not by 24 hours', () => {
    const now = new Date(2026, 2, 10, 0, 30)
    const at = (day: number, hour: number): number => new Date(2026, 2, day, hour).getTime()
    expect([at(10, 0), at(9, 23), at(9, 0), at(8, 23), at(4, 1), at(3, 23), at(11, 5)].map(ms => periodOf(ms, now)))
      .toEqual(['today', 'yesterday', 'yesterday', 'week', 'week', 'older', 'today'])
  })

  it('finds words in any order, without case and accents', () => {
    expect([matchesTitle('Café names in Zürich', 'zurich CAFE'), matchesTitle('Café names', 'zurich'), matchesTitle('Café', ' ')]).toEqual([true, false, true])
  })
})
