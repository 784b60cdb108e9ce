import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mechanicalEdit } from '../../../../src-main/dictation/cleanup/mechanical'

function edit(text: string, instruction: string): string | null {
  const result = mechanicalEdit(text, instruction)
  return result?.type === 'done' ? result.text : result && `<${result.type}>`
}

const CASES: readonly (readonly [instruction: string, text: string, result: string])[] = [
  ['Make this upper case.', 'Grüße aus Köln', 'GRÜSSE AUS KÖLN'],
  ['all in upper case', 'abc', 'ABC'],
  ['Please put the selected text in capital letters.', 'abc', 'ABC'],
  ['Can you make it all caps?', 'abc', 'ABC'],
  ['Turn this into uppercase', 'abc', 'ABC'],
  ['Uppercase this, please.', 'abc', 'ABC'],
  ['make this lower case', 'ABC Def', 'abc def'],
  ['Lowercase.', 'ABC', 'abc'],
  ['Make it title case.', 'the lord of the rings', 'The Lord of the Rings'],
  ['title case', 'how iPhones changed NASA: a history', 'How iPhones Changed NASA: A History'],
  ['Convert this to sentence case.', 'THE DOG. WHERE IS IT? I DON\'T KNOW', 'The dog. Where is it? I don\'t know'],
  ['sentence case', 'The Annual Report Of NASA', 'The annual report of NASA'],
  ['Capitalize this.', 'hello world', 'Hello world'],
  ['Capitalise every word.', 'hello world', 'Hello World'],
  ['Remove the line breaks.', 'one\n  two\r\n\nthree', 'one two three'],
  ['Join these lines.', 'one\ntwo', 'one two'],
  ['put it on one line', 'one\ntwo', 'one two'],
  ['Remove all empty lines.', 'one\n\n \ntwo', 'one\ntwo'],
  ['remove duplicate lines', 'b\na\nb', 'b\na'],
  ['Remove extra spaces.', 'a  b \n   c', 'a b\nc'],
  ['Turn this into bullet points.', 'milk\nbread\n', '- milk\n- bread'],
  ['Make this a bulleted list.', '1. milk\n2) bread', '- milk\n- bread'],
  ['bullet points', 'We came. We saw. We left.', '- We came.\n- We saw.\n- We left.'],
  ['make it a bullet list', 'milk, bread and butter', '- milk\n- bread\n- butter'],
  ['Turn this into a numbered list.', '- milk\n- bread', '1. milk\n2. bread'],
  ['Sort these lines.', 'b 10\nA\nb 9', 'A\nb 9\nb 10'],
  ['sort it in reverse order', 'a\nc\nb', 'c\nb\na'],
  ['Reverse the order of the lines.', '1\n2\n3', '3\n2\n1'],
  ['Put this in quotes.', 'abc', '"abc"'],
  ['add quotation marks', 'abc', '"abc"'],
  ['Quote this.', 'abc', '"abc"'],
  ['Put this in single quotes.', 'abc', '\'abc\''],
  ['Wrap it in parentheses.', 'abc', '(abc)'],
  ['put brackets around this', 'abc', '[abc]'],
  ['Put that in backticks.', 'abc', '`abc`'],
  ['wrap this in back ticks', 'abc', '`abc`'],
  ['Put this in a code block.', 'a\nb', '```\na\nb\n```'],
  ['Delete it.', 'abc', ''],
  ['delete the selected text', 'abc', ''],
  ['Duplicate this.', 'a\nb', 'a\nb\na\nb'],
  ['Replace Monday with Tuesday.', 'On Monday, not on Mondays. MONDAY', 'On Tuesday, not on Mondays. Tuesday'],
  ['Replace cat with dog.', 'The cat. Cat! CAT; concatenate', 'The dog. Dog! DOG; concatenate'],
  ['Replace "foo bar" with "baz".', 'a foo  bar c', 'a baz c'],
  ['Please replace the word a by the.', 'a cat and a dog', 'the cat and the dog'],
  ['Replace C++ with Rust.', 'I like C++ and C.', 'I like Rust and C.'],
  ['Change Monday to Friday.', 'See you Monday.', 'See you Friday.'],
  ['Replace $1 with cost$&', 'it is $1', 'it is cost$&'],
  ['Replace coffee with milk with tea.', 'I drink coffee with milk.', 'I drink tea.'],
]

describe('done exactly', () => {
  it.each(CASES)('%s · %j', (instruction, text, result) => expect(edit(text, instruction)).toBe(result))
})

describe('not found', () => {
  it('a word that is not there is not looked for by a model', () => {
    expect(edit('See you Monday.', 'Replace Tuesday with Friday.')).toBe('<not-found>')
    expect(edit('concatenate', 'replace cat with dog')).toBe('<not-found>')
  })
})

describe('left to a model', () => {
  it.each([
    'Make this shorter.',
    'Translate this to German.',
    'Change this to German.',
    'Change the tone to formal.',
    'Change it to the past tense.',
    'Make the first word upper case and the rest lower case.',
    'Delete the second sentence.',
    'Delete it and write something better.',
    'Fix the spelling.',
    'Turn into a polite e-mail with bullet points.',
    'Write an upper case title for this.',
    'Sort out the grammar.',
    'Replace the names.',
    '',
  ])('%s', instruction => expect(mechanicalEdit('It is one sentence about a cat.', instruction)).toBeNull())

  it('a single sentence is no list of points', () => {
    expect(mechanicalEdit('When he came, we left the house at once.', 'bullet points')).toBeNull()
    expect(mechanicalEdit('one line', 'sort these lines')).toBeNull()
  })
})

describe('any text', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 80 })

  it('and any instruction: no throw, and only with words of an instruction', () => {
    fc.assert(fc.property(text, text, (selected, instruction) => {
      mechanicalEdit(selected, instruction)
    }))
  })

  it('replaced there and back by a word that it has not is the same', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('cat', 'dog', 'a', 'the', 'runs'), { minLength: 1, maxLength: 12 }), (words) => {
      const before = words.join(' ')
      fc.pre(words.includes('cat'))
      expect(edit(edit(before, 'replace cat with zebra') as string, 'replace zebra with cat')).toBe(before)
    }))
  })

  it('sorting twice is sorting once, and loses no line', () => {
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 5 }).filter(line => !line.includes('\n')), { minLength: 2, maxLength: 10 }), (lines) => {
      const once = edit(lines.join('\n'), 'sort this') as string
      expect(edit(once, 'sort this')).toBe(once)
      expect([...once.split('\n')].sort()).toEqual([...lines].sort())
    }))
  })

  it('a long instruction is read in bounded time', () => {
    const startMs = performance.now()
    for (const said of ['replace ', 'make ', 'put this in ', 'wrap '])
      mechanicalEdit('abc', said + 'this that with to '.repeat(2_000))
    expect(performance.now() - startMs).toBeLessThan(2_000)
  })
})
