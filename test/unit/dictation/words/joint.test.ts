import { describe, expect, it } from 'vitest'
import { at, textOf } from './support'

/** The field after the insertion, so that a blank in the wrong place is seen. */
function inserted(field: string, heard: string, language = 'en'): string {
  return field.replace('|', () => textOf(heard, { ...at(field), language }))
}

describe('the joint with the text at the cursor', () => {
  it.each([
    // Blanks.
    ['|', 'Hello there.', 'Hello there.'],
    ['Hello.|', 'This is a test.', 'Hello. This is a test.'],
    ['Hello. |', 'This is a test.', 'Hello. This is a test.'],
    ['Hello.\n|', 'This is a test.', 'Hello.\nThis is a test.'],
    ['(|)', 'See below.', '(See below.)'],
    ['He left (|)', 'See below.', 'He left (see below)'],
    ['I said "|', 'Hello there.', 'I said "Hello there.'],
    ['I said "no"|', 'And left.', 'I said "no" and left.'],
    ['I said “|”', 'Hello there.', 'I said “Hello there.”'],
    ['She said “yes”|', 'And left.', 'She said “yes” and left.'],
    ['the |dog', 'big', 'the big dog'],
    ['the|dog', 'Big', 'the big dog'],
    ['the| dog', 'Big', 'the big dog'],
    ['and/|', 'or', 'and/or'],
    ['ask @|', 'john', 'ask @john'],
    ['a well-|', 'known man', 'a well-known man'],
    ['He came—|', 'At last.', 'He came—at last.'],
    ['He came – |', 'At last.', 'He came – at last.'],
    ['Hello|, John', 'There.', 'Hello there, John'],
    ['It costs $|', '5 each', 'It costs $5 each'],
    ['hello|(there)', 'big', 'hello big (there)'],
    ['It is “|now”', 'right', 'It is “right now”'],
    // Capitals.
    ['I went to |', 'The shop.', 'I went to the shop.'],
    ['I went to |', 'Paris.', 'I went to Paris.'],
    ['I think |', 'I should go.', 'I think I should go.'],
    ['I think |', 'I\'m late.', 'I think I\'m late.'],
    ['I think |', 'It\'s late.', 'I think it\'s late.'],
    ['we live in |', 'New York City.', 'we live in New York City.'],
    ['we bought |', 'New shoes.', 'we bought new shoes.'],
    ['we heard |', 'The Beatles.', 'we heard the Beatles.'],
    ['members of |', 'NATO met.', 'members of NATO met.'],
    ['on my |', 'iPhone today.', 'on my iPhone today.'],
    ['and |', 'Will came.', 'and Will came.'],
    ['and |', 'Walking home, we sang.', 'and walking home, we sang.'],
    ['First, |', 'We need a plan.', 'First, we need a plan.'],
    ['so; |', 'We left.', 'so; we left.'],
    ['Done! |', 'what next', 'Done! What next'],
    ['Really? |', 'yes', 'Really? Yes'],
    ['Well… |', 'Maybe so.', 'Well… Maybe so.'],
    ['He said so.” |', 'then he left', 'He said so.” Then he left'],
    ['- |', 'milk', '- Milk'],
    ['• |', 'milk', '• Milk'],
    ['1. |', 'milk', '1. Milk'],
    ['- eggs\n- |', 'milk', '- eggs\n- Milk'],
    ['# |', 'title', '# Title'],
    ['e.g. |', 'The dog', 'e.g. The dog'],
    ['Dear Mr. |', 'Smith', 'Dear Mr. Smith'],
    ['Note: |', 'The door is open.', 'Note: The door is open.'],
    ['user@host:~$ |', 'List files', 'user@host:~$ List files'],
    ['|', 'hello there', 'Hello there'],
    ['|', 'iPhone users', 'iPhone users'],
    ['|', 'ünïcödé', 'Ünïcödé'],
    ['|', '"quoted" it is', '"Quoted" it is'],
    // The last full stop.
    ['I like |, but not always', 'Cheese.', 'I like cheese, but not always'],
    ['I like | very much', 'Cheese.', 'I like cheese very much'],
    ['I like |.', 'Cheese.', 'I like cheese.'],
    ['I like |!', 'Cheese.', 'I like cheese!'],
    ['I like |', 'Cheese.', 'I like cheese.'],
    ['I met | John yesterday.', 'Uncle.', 'I met uncle John yesterday.'],
    ['We left. | Then we slept.', 'We ate.', 'We left. We ate. Then we slept.'],
    ['We left. | Then we slept.', 'Dinner at eight.', 'We left. Dinner at eight. Then we slept.'],
    ['He asked | and left', 'What is it?', 'He asked what is it? and left'],
    ['He waited | and left', 'Dot dot...', 'He waited Dot dot... and left'],
    ['tools, | and more', 'Saws, etc.', 'tools, saws, etc. and more'],
    ['We eat|\nNext line', 'Dinner.', 'We eat dinner.\nNext line'],
    // Scripts without blanks.
    ['今日は|', '天気がいいです。', '今日は天気がいいです。'],
    ['我在|工作', '北京', '我在北京工作'],
    ['我用|', 'Parley', '我用Parley'],
    ['오늘은|', '날씨가 좋다', '오늘은 날씨가 좋다'],
    ['שלום|', 'עולם', 'שלום עולם'],
  ])('%s + %s', (field, heard, written) => {
    expect(inserted(field, heard)).toBe(written)
  })

  it.each([
    ['de', 'Ich gehe |', 'In die Stadt.', 'Ich gehe in die Stadt.'],
    ['de', 'Ich sehe |', 'Haus und Hof.', 'Ich sehe Haus und Hof.'],
    ['fr', 'Je vais |', 'Dans la ville.', 'Je vais dans la ville.'],
    ['es', 'Voy |', 'En coche.', 'Voy en coche.'],
    ['pl', 'Idę |', 'Do domu.', 'Idę Do domu.'],
  ])('%s: %s + %s', (language, field, heard, written) => {
    expect(inserted(field, heard, language)).toBe(written)
  })

  it.each([
    ['Hello.', 'This is a test.', ' This is a test.'],
    ['I went', 'To the shop.', ' To the shop.'],
    ['Hello', ', and then', ', and then'],
    ['Hello\n', 'This is it.', 'This is it.'],
    ['Hello (', 'This is it.', 'This is it.'],
    ['He said "', 'Yes.', 'Yes.'],
    ['He said "no"', 'Yes.', ' Yes.'],
    ['今日は', '天気', '天気'],
  ])('without a context, after %j inserted just before: %j', (text, heard, written) => {
    expect(textOf(heard, { previous: { text, ageMs: 5_000, sameTarget: true } })).toBe(written)
  })

  it('forces nothing where nothing is known', () => {
    expect(textOf('hello there.')).toBe('hello there.')
    expect(textOf('Hello there.', { previous: { text: 'Hi.', ageMs: 60_001, sameTarget: true } })).toBe('Hello there.')
    expect(textOf('Hello there.', { previous: { text: 'Hi.', ageMs: 5, sameTarget: false } })).toBe('Hello there.')
  })

  it('takes what stands at the cursor over what was inserted before', () => {
    const options = { ...at('Hello. |'), previous: { text: 'Hello.', ageMs: 5, sameTarget: true } }
    expect(textOf('This is it.', options)).toBe('This is it.')
  })

  it('does nothing with a protected field, of which nothing was read', () => {
    const context = { before: '', after: '', selected: '', isSecret: true }
    expect(textOf('correct horse', { context, previous: { text: 'x', ageMs: 5, sameTarget: true } })).toBe('correct horse')
  })

  it.each([
    ['Shopping:|', 'bullet point milk', 'Shopping:\n- Milk'],
    ['Shopping:\n|', 'bullet point milk', 'Shopping:\n- Milk'],
    ['|', 'bullet point milk', '- Milk'],
    ['Hello|', 'comma and then', 'Hello, and then'],
    ['Hello|', 'period', 'Hello.'],
    ['Hello|', 'new line thanks', 'Hello\nThanks'],
    ['I said|', 'open quote hello close quote', 'I said "hello"'],
    ['(as said|', 'close parenthesis', '(as said)'],
  ])('spoken signs at the cursor: %s + %s', (field, heard, written) => {
    expect(field.replace('|', () => textOf(heard, { ...at(field), spokenPunctuation: true }))).toBe(written)
  })
})
