import { describe, expect, it } from 'vitest'
import { proposeCorrections } from '../../../../src-main/dictation/words/learn'

describe('learning from corrections', () => {
  it.each<[string, string, [string, string][]]>([
    ['I use parlay every day.', 'I use Parley every day.', [['parlay', 'Parley']]],
    ['We run post gress here.', 'We run PostgreSQL here.', [['post gress', 'PostgreSQL']]],
    ['We run cuber netties.', 'We run Kubernetes.', [['cuber netties', 'Kubernetes']]],
    ['Ask Catherine about it.', 'Ask Katherine about it.', [['Catherine', 'Katherine']]],
    ['Ask Catherine\'s mother.', 'Ask Katherine\'s mother.', [['Catherine', 'Katherine']]],
    ['Open graphana now.', 'Dear all,\n\nOpen Grafana now.\n\nBye', [['graphana', 'Grafana']]],
    ['I use postgresql here.', 'I use PostgreSQL here.', [['postgresql', 'PostgreSQL']]],
    ['I met jon smythe today.', 'I met John Smith today.', [['jon', 'John']]],
    ['Call Catherine and parlay.', 'Call Katherine and Parley.', [['Catherine', 'Katherine'], ['parlay', 'Parley']]],
    ['parlay, parlay and parlay', 'Parley, Parley and Parley', [['parlay', 'Parley']]],
    // Nothing to learn.
    ['I use it.', 'I use it.', []],
    ['I use it.', '', []],
    ['', 'I use it.', []],
    ['I like the dog.', 'I like the cat.', []],
    ['Their house is big.', 'There house is big.', []],
    ['I will right a letter.', 'I will write a letter.', []],
    ['I saw Peter.', 'I saw Margaret.', []],
    ['hello there', 'Hello there', []],
    ['We met at five.', 'We met at six, as far as I know, and then left.', []],
    ['Meet Catherine at five on the north side.', 'Let us see Katherine tomorrow in another place.', []],
    ['It is 5 km.', 'It is 6 km.', []],
    ['I use parlay.', 'Something else altogether.', []],
  ])('%s → %s', (inserted, corrected, proposed) => {
    expect(proposeCorrections(inserted, corrected)).toEqual(proposed.map(([heard, word]) => ({ heard, word })))
  })

  it('does not compare what would take long', () => {
    expect(proposeCorrections('parlay '.repeat(3_000), 'Parley '.repeat(3_000))).toEqual([])
  })
})
