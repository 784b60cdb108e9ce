import { describe, expect, it } from 'vitest'
import { textOf } from './support'

describe('fillers and stutters', () => {
  it.each([
    ['So, um, I think we should go.', 'So, I think we should go.'],
    ['Um, I think so.', 'I think so.'],
    ['Um I think so.', 'I think so.'],
    ['um i think so', 'i think so'],
    ['I, um, think so.', 'I think so.'],
    ['I um think so.', 'I think so.'],
    ['I think um, maybe later.', 'I think maybe later.'],
    ['I went home, um and slept.', 'I went home, and slept.'],
    ['The, uh, second one.', 'The second one.'],
    ['The uh second one.', 'The second one.'],
    ['It was, er, complicated.', 'It was complicated.'],
    ['Hmm, I don\'t know.', 'I don\'t know.'],
    ['Hmm. Let me think.', 'Let me think.'],
    ['I don\'t know. Um, maybe.', 'I don\'t know. Maybe.'],
    ['Okay. Um. Let\'s go.', 'Okay. Let\'s go.'],
    ['I think, um.', 'I think.'],
    ['I think um.', 'I think.'],
    ['Is it, um?', 'Is it?'],
    ['Well, uh, yes.', 'Well, yes.'],
    ['So um... I think so.', 'So I think so.'],
    ['Uh, um, er, hello.', 'Hello.'],
    ['We met — um — at noon.', 'We met — at noon.'],
    ['And, um, then we left.', 'And then we left.'],
    ['Hello John, um, thanks.', 'Hello John, thanks.'],
    ['Um.', ''],
    ['Uh, hmm.', ''],
    ['Sarah has, um, three, uh, apples.', 'Sarah has three, apples.'],
    // Words, not breath.
    ['Uh oh, that broke.', 'Uh oh, that broke.'],
    ['Uh-huh, sure.', 'Uh-huh, sure.'],
    ['Mm hmm, right.', 'Mm hmm, right.'],
    ['He was taken to the ER.', 'He was taken to the ER.'],
    ['The bolt is 5 mm wide.', 'The bolt is 5 mm wide.'],
    ['The word um is a filler.', 'The word um is a filler.'],
    ['She said "um" twice.', 'She said "um" twice.'],
    ['The umbrella is hers.', 'The umbrella is hers.'],
    ['It was, like, you know, fine.', 'It was, like, you know, fine.'],
    ['Ah, I see. Oh well.', 'Ah, I see. Oh well.'],
    // Stumbles.
    ['The the cat sat.', 'The cat sat.'],
    ['I I think so.', 'I think so.'],
    ['I, I, I think so.', 'I think so.'],
    ['We went to the, the shop.', 'We went to the shop.'],
    ['And and then it rained.', 'And then it rained.'],
    ['I\'m I\'m not sure.', 'I\'m not sure.'],
    ['In the in the morning.', 'In the morning.'],
    ['I was I was going to ask.', 'I was going to ask.'],
    ['Th- the other one.', 'The other one.'],
    ['Wh- what is that?', 'What is that?'],
    ['I saw the pro- project plan.', 'I saw the project plan.'],
    ['It w-was late.', 'It w-was late.'],
    ['Th-the other one.', 'The other one.'],
    ['B-but why?', 'But why?'],
    ['I-I think so.', 'I think so.'],
    ['It\'s the, um, the last one.', 'It\'s the last one.'],
    // Doubled with a meaning.
    ['I know that that is true.', 'I know that that is true.'],
    ['He had had enough.', 'He had had enough.'],
    ['It is very very good.', 'It is very very good.'],
    ['No no, that\'s fine.', 'No no, that\'s fine.'],
    ['No, no, no.', 'No, no, no.'],
    ['Bye bye.', 'Bye bye.'],
    ['Ha ha, funny.', 'Ha ha, funny.'],
    ['Log in in the morning.', 'Log in in the morning.'],
    ['What it is is a mess.', 'What it is is a mess.'],
    ['I love you you know.', 'I love you you know.'],
    ['I want A A batteries.', 'I want A A batteries.'],
    ['We did a t-test.', 'We did a t-test.'],
    ['Pre- and post-war houses.', 'Pre- and post-war houses.'],
    ['What he does does matter.', 'What he does does matter.'],
    ['Really really good, so so good.', 'Really really good, so so good.'],
    ['They sang The The songs.', 'They sang The The songs.'],
  ])('%s', (heard, written) => {
    expect(textOf(heard)).toBe(written)
  })

  it.each([
    ['de', 'Ähm, ich komme um acht.', 'Ich komme um acht.'],
    ['de', 'Er kommt, äh, morgen.', 'Er kommt, morgen.'],
    ['de-AT', 'Ich ich weiß nicht.', 'Ich weiß nicht.'],
    ['de', 'Die, die die Blumen gießen.', 'Die, die die Blumen gießen.'],
    ['fr', 'Euh, je je pense que oui.', 'Je pense que oui.'],
    ['fr', 'Nous nous voyons demain.', 'Nous nous voyons demain.'],
    ['es', 'Eh, yo creo que sí.', 'Yo creo que sí.'],
    ['pt', 'Um dia bonito.', 'Um dia bonito.'],
    ['nl', 'Uhm, er is koffie.', 'Er is koffie.'],
    ['xx', 'Um, hello.', 'Um, hello.'],
    ['', 'Um, hello.', 'Hello.'],
  ])('%s: %s', (language, heard, written) => {
    expect(textOf(heard, { language })).toBe(written)
  })

  it('leaves everything in when it is not wished', () => {
    expect(textOf('So, um, I I think.', { fillers: false })).toBe('So, um, I I think.')
  })
})
