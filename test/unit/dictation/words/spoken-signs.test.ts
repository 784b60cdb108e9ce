import { describe, expect, it } from 'vitest'
import { textOf } from './support'

function said(heard: string, language = 'en'): string {
  return textOf(heard, { spokenPunctuation: true, language })
}

describe('spoken signs', () => {
  it.each([
    ['Hello comma how are you question mark', 'Hello, how are you?'],
    ['Hello comma, how are you question mark?', 'Hello, how are you?'],
    ['Hello, comma, how are you? Question mark.', 'Hello, how are you?'],
    ['Hello. Comma. How are you? Question mark.', 'Hello, how are you?'],
    ['hello period how are you question mark', 'hello. How are you?'],
    ['That is all full stop', 'That is all.'],
    ['That is all. Full stop.', 'That is all.'],
    ['That is all period.', 'That is all.'],
    ['Stop exclamation mark now exclamation point', 'Stop! Now!'],
    ['Three things colon milk comma eggs comma bread period', 'Three things: milk, eggs, bread.'],
    ['I came semicolon I saw.', 'I came; I saw.'],
    ['I came, semi-colon, I saw.', 'I came; I saw.'],
    ['Wait dot dot dot what', 'Wait… what'],
    ['Well ellipsis maybe', 'Well… maybe'],
    ['One dash two.', 'One – two.'],
    ['He came, em dash, at last, em dash, and left.', 'He came—at last—and left.'],
    ['A well hyphen known man.', 'A well-known man.'],
    ['Really question mark exclamation mark', 'Really?!'],
    ['What question mark question mark', 'What??'],
    ['Apples, comma, pears, comma, and plums, period.', 'Apples, pears, and plums.'],
    ['We use tools, etc. comma and more.', 'We use tools, etc., and more.'],
    // Quotes, brackets.
    ['He said open quote hello close quote', 'He said "hello"'],
    ['He said, open quote, hello there, close quote.', 'He said, "hello there".'],
    ['He said quote I am done unquote', 'He said "I am done"'],
    ['He said, quote, I am done, unquote.', 'He said, "I am done".'],
    ['He said quote I am done period end quote', 'He said "I am done."'],
    ['Open quote hello there close quote he said', '"Hello there" he said'],
    ['His quote unquote friend.', 'His quote unquote friend.'],
    ['I need a quote for the roof.', 'I need a quote for the roof.'],
    ['The quote is too high.', 'The quote is too high.'],
    ['Quote me a price.', 'Quote me a price.'],
    ['See below open parenthesis page two close parenthesis period', 'See below (page two).'],
    ['See below, open paren, page two, close paren, and above.', 'See below (page two), and above.'],
    ['The list open bracket one close bracket', 'The list [one]'],
    ['Open brace x close brace', '{X}'],
    ['Say open single quote yes close single quote', 'Say \'yes\''],
    ['He asked, quote, where are you? Unquote, and left.', 'He asked, "where are you?" and left.'],
    // Symbols.
    ['The ratio is 3 colon 1.', 'The ratio is 3:1.'],
    ['John apostrophe s book', 'John\'s book'],
    ['And slash or.', 'And/or.'],
    ['C colon backslash temp', 'C:\\temp'],
    ['snake underscore case', 'snake_case'],
    ['Ask at sign john about it.', 'Ask @john about it.'],
    ['john at sign example.com', 'john@example.com'],
    ['Hashtag winning', '#winning'],
    ['issue hash 5', 'issue #5'],
    ['It costs dollar sign 5', 'It costs $5'],
    ['It costs euro sign 5.', 'It costs €5.'],
    ['About 20 percent sign of it.', 'About 20% of it.'],
    ['It is 20 percent sign. Then more.', 'It is 20%. Then more.'],
    ['Smith ampersand Sons', 'Smith & Sons'],
    ['x plus sign y equals sign z', 'x + y = z'],
    ['2 asterisk 3', '2 * 3'],
    // Layout.
    ['Dear John comma new line thank you for the letter period', 'Dear John,\nThank you for the letter.'],
    ['Hello. New line. How are you?', 'Hello.\nHow are you?'],
    ['Milk, new line, eggs, new line, bread.', 'Milk\nEggs\nBread.'],
    ['First part. New paragraph. Second part.', 'First part.\n\nSecond part.'],
    ['First part period new paragraph second part period', 'First part.\n\nSecond part.'],
    ['Hello newline there', 'Hello\nThere'],
    ['Hello new-line there', 'Hello\nThere'],
    ['Name tab key value', 'Name\tvalue'],
    ['Hello new line', 'Hello\n'],
    ['New line hello slash there', '\nHello/there'],
    ['Hello new paragraph hashtag winning', 'Hello\n\n#winning'],
    ['To do colon bullet point milk bullet point eggs', 'To do:\n- Milk\n- Eggs'],
    ['Bullet point milk. Bullet point eggs.', '- Milk.\n- Eggs.'],
    ['Steps colon numbered item open it numbered item close it', 'Steps:\n1. Open it\n2. Close it'],
    // Capitals.
    ['This is all caps very important end caps indeed', 'This is VERY IMPORTANT indeed'],
    ['This is, all caps, urgent, end caps.', 'This is, URGENT.'],
    ['I work with cap john.', 'I work with John.'],
    ['foo no space bar', 'foobar'],
    // Nouns, not signs.
    ['He ran a hundred yard dash.', 'He ran a hundred yard dash.'],
    ['There is just one bullet point.', 'There is just one bullet point.'],
    ['Press the comma key.', 'Press the comma key.'],
    ['Press comma key twice.', 'Press comma key twice.'],
    ['It was a long period of time.', 'It was a long period of time.'],
    ['In that period we grew.', 'In that period we grew.'],
    ['During that period, we grew.', 'During that period, we grew.'],
    ['We saw it during the trial period.', 'We saw it during the trial period.'],
    ['There is a question mark over it.', 'There is a question mark over it.'],
    ['It has an Oxford comma.', 'It has an Oxford comma.'],
    ['A new line of products.', 'A new line of products.'],
    ['Our new line is out.', 'Our new line is out.'],
    ['New line of products.', 'New line of products.'],
    ['He made a dash for it.', 'He made a dash for it.'],
    ['I have to dash.', 'I have to dash.'],
    ['Colon cancer is treatable.', 'Colon cancer is treatable.'],
    ['Period pains are bad.', 'Period pains are bad.'],
    ['I ate hash browns.', 'I ate hash browns.'],
    ['They will slash prices.', 'They will slash prices.'],
    ['Comma is a sign.', 'Comma is a sign.'],
    ['It is written in all caps.', 'It is written in all caps.'],
    ['A baseball cap is useful.', 'A baseball cap is useful.'],
    ['There is no space left.', 'There is no space left.'],
    ['Three commas and two periods.', 'Three commas and two periods.'],
    ['That is the bullet point I meant.', 'That is the bullet point I meant.'],
    ['He put an exclamation mark there.', 'He put an exclamation mark there.'],
    ['It came to a full stop.', 'It came to a full stop.'],
    ['Each period lasts an hour.', 'Each period lasts an hour.'],
    ['Press the tab key.', 'Press the tab key.'],
    ['Write literal comma here', 'Write comma here'],
    ['Write literal slash here', 'Write slash here'],
    ['This comma is wrong.', 'This comma is wrong.'],
    ['The first comma is wrong.', 'The first comma is wrong.'],
    ['First comma we need a plan.', 'First, we need a plan.'],
    ['What is this question mark', 'What is this?'],
    ['I told her comma and she knew.', 'I told her, and she knew.'],
    ['I like this comma but not that.', 'I like this, but not that.'],
    ['I like this comma, but not that period', 'I like this, but not that.'],
    ['', ''],
    ['Comma and then we left', ', and then we left'],
    ['Period', '.'],
  ])('%s', (heard, written) => {
    expect(said(heard)).toBe(written)
  })

  it.each([
    ['de', 'Hallo Komma wie geht es dir Fragezeichen', 'Hallo, wie geht es dir?'],
    ['de', 'Das ist alles Punkt neuer Absatz viele Grüße', 'Das ist alles.\n\nViele Grüße'],
    ['de', 'Das ist ein wichtiger Punkt.', 'Das ist ein wichtiger Punkt.'],
    ['de', 'Der Punkt ist klar.', 'Der Punkt ist klar.'],
    ['de', 'Er sagte Doppelpunkt Anführungszeichen auf komm her Anführungszeichen zu', 'Er sagte: „komm her“'],
    ['de', 'Siehe unten Klammer auf Seite zwei Klammer zu Punkt', 'Siehe unten (Seite zwei).'],
    ['de', 'Hallo neue Zeile wie geht es', 'Hallo\nWie geht es'],
    ['fr', 'Bonjour virgule comment ça va point d\'interrogation', 'Bonjour, comment ça va\u00A0?'],
    ['fr', 'C\'est un point de vue.', 'C\'est un point de vue.'],
    ['fr', 'C\'est fini point à la ligne merci', 'C\'est fini.\nMerci'],
    ['fr', 'Il dit deux points ouvrez les guillemets oui fermez les guillemets', 'Il dit\u00A0: «\u00A0oui\u00A0»'],
    ['es', 'Hola coma qué tal', 'Hola, qué tal'],
    ['es', 'Abrir interrogación qué tal cerrar interrogación', '¿Qué tal?'],
    ['es', 'Es un punto de vista.', 'Es un punto de vista.'],
    ['es', 'Eso es todo punto y aparte gracias', 'Eso es todo.\n\nGracias'],
    ['es', 'Uno punto y coma dos', 'Uno; dos'],
    ['nl', 'Hallo comma daar', 'Hallo comma daar'],
  ])('%s: %s', (language, heard, written) => {
    expect(said(heard, language)).toBe(written)
  })

  it('leaves the names alone when it is not wished', () => {
    expect(textOf('Hello comma new line')).toBe('Hello comma new line')
  })

  it.each([
    ['example dot com slash about', 'example.com/about'],
    ['my hyphen site dot com', 'my-site.com'],
    ['dollar sign six', '$6'],
    ['bullet point five new line point six', '- 5\n.6'],
    ['twenty percent sign', '20%'],
    ['twenty percent sign, or so', '20%, or so'],
    ['I have five comma six comma seven period', 'I have 5, 6, 7.'],
  ])('leaves what may belong to a number or an address until these are written: %s', (heard, written) => {
    const digits: Record<string, string> = { 'point five': '.5', 'point six': '.6', 'twenty percent': '20%', 'five': '5', 'six': '6', 'seven': '7', ' dot com slash ': '.com/', ' hyphen site dot com': '-site.com' }
    const numbers = (text: string): string => Object.entries(digits).reduce((text, [spoken, written]) => text.replace(new RegExp(spoken, 'gi'), written), text)
    expect(textOf(heard, { spokenPunctuation: true, numbers })).toBe(written)
  })
})
