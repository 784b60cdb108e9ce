import type { DictionaryRule } from '../../../../src-main/dictation/words/types'
import { describe, expect, it } from 'vitest'
import { at, textOf } from './support'

function rule(word: string, heard: readonly string[] = [], soundsLike = false): DictionaryRule {
  return { word, heard, soundsLike }
}

const RULES = [
  rule('Parley', ['parlay', 'par lay']),
  rule('PostgreSQL', ['post gress', 'post gres sequel']),
  rule('kubectl', ['cube cuttle', 'cube control']),
  rule('iPhone', ['eye phone']),
  rule('C++', ['c plus plus']),
  rule('Node.js', ['node js', 'node jay es']),
  rule('Łódź', ['woodge']),
  rule('Post', ['post office box']),
  rule('Slash', ['slash the guitarist']),
  rule('AcmeCorp', ['AMC']),
  rule('Notion', []),
  rule('straße', ['strasser way']),
]

describe('dictionary: exact', () => {
  it.each([
    ['I use parlay every day.', 'I use Parley every day.'],
    ['I use PARLEY every day.', 'I use PARLEY every day.'],
    ['Parlay is good.', 'Parley is good.'],
    ['parley is good', 'Parley is good'],
    ['This is parlay\'s window.', 'This is Parley\'s window.'],
    ['This is parlay’s window.', 'This is Parley’s window.'],
    ['Two parlays run.', 'Two Parleys run.'],
    ['A parlay-based tool.', 'A Parley-based tool.'],
    ['We par lay it.', 'We Parley it.'],
    ['Parlaying is not it.', 'Parlaying is not it.'],
    ['Unparlay stays.', 'Unparlay stays.'],
    ['"Parlay", he said.', '"Parley", he said.'],
    ['Par. Lay it down.', 'Par. Lay it down.'],
    ['Post gress is a database.', 'PostgreSQL is a database.'],
    ['Use post gres sequel here.', 'Use PostgreSQL here.'],
    ['post-gress works', 'PostgreSQL works'],
    ['I call cube cuttle.', 'I call kubectl.'],
    ['Cube cuttle is a tool.', 'Kubectl is a tool.'],
    ['It broke. Cube control failed.', 'It broke. Kubectl failed.'],
    ['Eye phone users agree.', 'iPhone users agree.'],
    ['I write C plus plus.', 'I write C++.'],
    ['Run node js, please.', 'Run Node.js, please.'],
    ['NODE JS IS GREAT.', 'NODE.JS IS GREAT.'],
    ['THE PARLAY IS HERE', 'THE PARLEY IS HERE'],
    ['In woodge it rains.', 'In Łódź it rains.'],
    ['łódź is nice', 'Łódź is nice'],
    ['The post office box is full.', 'The Post is full.'],
    ['I had a notion.', 'I had a notion.'],
    ['AMC pays.', 'AcmeCorp pays.'],
    ['amc pays', 'AcmeCorp pays'],
  ])('%s', (heard, written) => {
    expect(textOf(heard, { dictionary: RULES })).toBe(written)
  })

  it('counts the longest entry first', () => {
    const dictionary = [rule('New', ['new']), rule('NYC', ['new york city']), rule('NY', ['new york'])]
    expect(textOf('new york city, new york, new', { dictionary })).toBe('NYC, NY, New')
  })

  it('finds what a filler parted', () => {
    expect(textOf('I use post, uh, gress.', { dictionary: RULES })).toBe('I use post, gress.')
    expect(textOf('I use post uh gress.', { dictionary: RULES })).toBe('I use PostgreSQL.')
  })

  it('keeps its words from spoken signs and numbers', () => {
    const dictionary = [rule('Slash', ['slashes name']), rule('Web Three', ['web 3'])]
    const numbers = (text: string): string => text.replaceAll('Three', '3')
    expect(textOf('I met slashes name comma then web 3 period', { dictionary, numbers, spokenPunctuation: true }))
      .toBe('I met Slash, then Web Three.')
  })

  it('lets the first word stand as the user writes it', () => {
    expect(textOf('will came', { dictionary: [rule('Will', ['will'])], ...at('and |') })).toBe('Will came')
    expect(textOf('eye phone', { dictionary: RULES, ...at('|') })).toBe('iPhone')
  })

  it('matches a heard form that has signs of its own', () => {
    expect(textOf('Use c++ or c here.', { dictionary: [rule('CPP', ['c++'])] })).toBe('Use CPP or c here.')
  })
})

const SOUNDS = [
  rule('Parley', [], true),
  rule('PostgreSQL', [], true),
  rule('Kubernetes', [], true),
  rule('Katherine', [], true),
  rule('Nguyen', ['win'], true),
  rule('Grafana', [], true),
  rule('Phoebe', [], true),
  rule('Mikael', [], true),
  rule('Wright', [], true),
]

describe('dictionary: what sounds like it', () => {
  it.each([
    ['I use parlay.', 'I use Parley.'],
    ['Parlee is here.', 'Parley is here.'],
    ['I use post gress here.', 'I use PostgreSQL here.'],
    ['We run cuber netties.', 'We run Kubernetes.'],
    ['We run coobernetes.', 'We run Kubernetes.'],
    ['Ask Catherine.', 'Ask Katherine.'],
    ['Ask Kathryn\'s mother.', 'Ask Katherine\'s mother.'],
    ['Open graphana.', 'Open Grafana.'],
    ['Call Phoebie.', 'Call Phoebe.'],
    ['Call Mikal.', 'Call Mikael.'],
    // Other words, however near.
    ['We like barley.', 'We like barley.'],
    ['He is on parole.', 'He is on parole.'],
    ['I lost a pearl.', 'I lost a pearl.'],
    ['He was right.', 'He was right.'],
    ['I write a letter.', 'I write a letter.'],
    ['Postgres is fine.', 'Postgres is fine.'],
    ['You can win.', 'You can Nguyen.'],
    ['The graph is good.', 'The graph is good.'],
  ])('%s', (heard, written) => {
    expect(textOf(heard, { dictionary: SOUNDS })).toBe(written)
  })

  it('never takes a word of everyday English for another', () => {
    const everyday = 'the right people write their letters about whether the weather is fair where they live because there is no way to know which'
    const dictionary = ['Wright', 'Weather', 'Fare', 'Whey', 'Witch', 'Noe', 'Leef', 'Theire', 'Ryte'].map(word => rule(word, [], true))
    expect(textOf(everyday, { dictionary })).toBe(everyday)
  })
})
