import { describe, expect, it } from 'vitest'
import { writeNumbers } from '../../../../../src-main/dictation/words/numbers'
import * as examples from './examples'

function write(text: string): string {
  return writeNumbers(text, { language: 'en' })
}

describe.each(Object.entries(examples))('%s', (_, table) => {
  it.each(table.map(([said, written = said]) => ({ said, written })))('$said → $written', ({ said, written }) => {
    expect(write(said)).toBe(written)
    expect(write(written)).toBe(written)
  })
})
