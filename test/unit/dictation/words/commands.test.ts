import { describe, expect, it } from 'vitest'
import { at, format, textOf } from './support'

const SNIPPETS = [
  { name: 'my email signature', text: 'Kind regards,\nA. B.\n' },
  { name: 'address', text: '1 Main Street, comma town' },
  { name: 'sig 2', text: '-- ' },
]

describe('snippets', () => {
  it.each([
    ['My email signature.', 'my email signature'],
    ['my e-mail signature', 'my email signature'],
    ['Insert my email signature.', 'my email signature'],
    ['Type email signature', 'my email signature'],
    ['Please insert the address!', 'address'],
    ['Address', 'address'],
    ['My address.', 'address'],
    ['Um, address.', 'address'],
    ['Sig two.', 'sig 2'],
  ])('%s', (heard, name) => {
    const numbers = (text: string): string => text.replace('two', '2')
    expect(format(heard, { snippets: SNIPPETS, numbers, spokenPunctuation: true, ...at('Hello|there') }))
      .toEqual({ text: SNIPPETS.find(snippet => snippet.name === name)?.text, command: null, snippet: name })
  })

  it.each(['The address.', 'My address is here.', 'Email signature', 'Insert address here', 'Insert'])('not: %s', (heard) => {
    expect(format(heard, { snippets: SNIPPETS })).toEqual({ text: heard, command: null, snippet: null })
  })

  it('is found after the dictionary wrote its name right', () => {
    expect(format('parlay sig', { snippets: [{ name: 'Parley sig', text: 'P.' }], dictionary: [{ word: 'Parley', heard: ['parlay'], soundsLike: false }] }).snippet).toBe('Parley sig')
  })
})

describe('scratch that', () => {
  it.each([
    ['Scratch that.', 'en'],
    ['scratch that', 'en'],
    ['Um, scratch that!', 'en'],
    ['No, scratch that.', 'en'],
    ['Scratch that. Scratch that.', 'en'],
    ['Streich das.', 'de'],
    ['Efface ça.', 'fr'],
    ['Borra eso.', 'es'],
  ])('alone it takes back the last insertion: %s', (heard, language) => {
    expect(format(heard, { language })).toEqual({ text: '', command: 'undo', snippet: null })
  })

  it.each([
    ['Meet at five. Scratch that. Meet at six.', 'Meet at six.'],
    ['Hello there. Meet at five. Scratch that. Meet at six.', 'Hello there. Meet at six.'],
    ['I want to go to the, scratch that, let\'s meet.', 'Let\'s meet.'],
    ['Hello. I want to go, scratch that, we stay.', 'Hello. We stay.'],
    ['Meet at five. No, scratch that. Meet at six.', 'Meet at six.'],
    ['A one. B two. C three. Scratch that. Scratch that. D four.', 'A one. D four.'],
    ['Hello there. How are you? Scratch that.', 'Hello there.'],
    ['Meet me at five. Scratch that.', ''],
    ['Meet me at five, scratch that.', ''],
    ['meet at five scratch that', ''],
    ['meet at five scratch that let\'s meet at six', 'let\'s meet at six'],
    // Not meant as a command.
    ['The cat wants to scratch that.', 'The cat wants to scratch that.'],
    ['You can scratch that off the list.', 'You can scratch that off the list.'],
    ['Scratch that itch.', 'Scratch that itch.'],
    ['Please, scratch that off the list.', 'Please, scratch that off the list.'],
    ['the dog will scratch that I know', 'the dog will scratch that I know'],
    ['Scratch that. Hello.', 'Scratch that. Hello.'],
  ])('within a dictation it takes back the sentence before it: %s', (heard, written) => {
    expect(format(heard)).toEqual({ text: written, command: null, snippet: null })
  })

  it('counts sentences that were ended by spoken signs', () => {
    expect(textOf('Hello there period meet at five period scratch that period meet at six period', { spokenPunctuation: true }))
      .toBe('Hello there. Meet at six.')
    expect(textOf('Hello there new line meet at five, scratch that, meet at six.', { spokenPunctuation: true }))
      .toBe('Hello there\nMeet at six.')
  })

  it('is text when it is not wished', () => {
    expect(format('Scratch that.', { scratchThat: false })).toEqual({ text: 'Scratch that.', command: null, snippet: null })
    expect(textOf('One. Scratch that.', { scratchThat: false })).toBe('One. Scratch that.')
  })
})

describe('what is no speech', () => {
  it.each(['', ' ', '.', '…', '...', '♪', '♪♪♪', '[Music]', '[BLANK_AUDIO]', '(laughs)', '(upbeat music playing)', '*coughs*', '<|nospeech|>', '[音楽]', '?!', '- -', '(clears throat)', '♪ ♪ [Applause].'])('%j is nothing', (heard) => {
    expect(format(heard, { spokenPunctuation: true })).toEqual({ text: '', command: null, snippet: null })
  })

  it.each([
    ['Thank you.', 'Thank you.'],
    ['[Music] Hello there.', 'Hello there.'],
    ['Hello (laughs) there.', 'Hello there.'],
    ['♪ Happy birthday ♪', 'Happy birthday'],
    ['See the list (page two).', 'See the list (page two).'],
    ['See it (in the music department).', 'See it (in the music department).'],
    ['The array a[silence] is odd.', 'The array a is odd.'],
    ['42', '42'],
    ['你好', '你好'],
    ['  Hello   there.  ', 'Hello there.'],
  ])('%s', (heard, written) => {
    expect(textOf(heard)).toBe(written)
  })
})
