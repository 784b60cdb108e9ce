import type { SignTable, SpokenSign } from './table'
import { set } from './table'

const SPANS = set('this that these those time grace trial notice waiting long short extended brief rest test transition probation certain given incubation cooling-off holiday busy billing reporting school last next first second third final')
const VERB_FRAMES = set('to will would could should can must gonna gotta')
const INTO = set('for to out off away home through across around into over back of')

const marks: readonly SpokenSign[] = [
  { names: ['comma'], kind: 'mark', text: ',', notBehind: set('oxford serial trailing'), notBefore: set('separated delimited splice splices separator') },
  { names: ['period'], kind: 'mark', text: '.', endsSentence: true, hardlyBehind: SPANS, notBefore: set('piece drama dramas pain pains instrument instruments property costume costumes during when in which') },
  { names: ['full stop'], kind: 'mark', text: '.', endsSentence: true, notBehind: set('complete sudden') },
  { names: ['question mark'], kind: 'mark', text: '?', endsSentence: true, notBefore: set('over hanging') },
  { names: ['exclamation mark', 'exclamation point'], kind: 'mark', text: '!', endsSentence: true },
  { names: ['colon'], kind: 'mark', text: ':', late: true, notBefore: set('cancer surgery cleanse polyp polyps health') },
  { names: ['semicolon', 'semi colon'], kind: 'mark', text: ';' },
  { names: ['ellipsis', 'dot dot dot'], kind: 'mark', text: '…' },
]

const spans: readonly SpokenSign[] = [
  { names: ['open quote', 'open quotes', 'open double quote', 'open double quotes', 'begin quote', 'open quotation marks', 'open quotation mark'], kind: 'open', text: '"' },
  { names: ['close quote', 'close quotes', 'close double quote', 'close double quotes', 'end quote', 'end quotes', 'close quotation marks', 'close quotation mark'], kind: 'close', text: '"' },
  { names: ['quote'], kind: 'open', text: '"', paired: 'first', notBehind: set('price to can may will would you i and'), notBefore: set('unquote end from for by me him her them us') },
  { names: ['unquote'], kind: 'close', text: '"', paired: 'second' },
  { names: ['open single quote', 'open single quotes'], kind: 'open', text: '\'' },
  { names: ['close single quote', 'close single quotes'], kind: 'close', text: '\'' },
  { names: ['open parenthesis', 'open parentheses', 'open paren', 'left parenthesis', 'left paren', 'open round bracket'], kind: 'open', text: '(' },
  { names: ['close parenthesis', 'close parentheses', 'close paren', 'right parenthesis', 'right paren', 'close round bracket'], kind: 'close', text: ')' },
  { names: ['open bracket', 'open square bracket', 'left bracket', 'left square bracket', 'open brackets'], kind: 'open', text: '[' },
  { names: ['close bracket', 'close square bracket', 'right bracket', 'right square bracket', 'close brackets'], kind: 'close', text: ']' },
  { names: ['open brace', 'open curly brace', 'open curly bracket', 'left brace', 'left curly brace', 'open braces'], kind: 'open', text: '{' },
  { names: ['close brace', 'close curly brace', 'close curly bracket', 'right brace', 'right curly brace', 'close braces'], kind: 'close', text: '}' },
  { names: ['open angle bracket', 'left angle bracket'], kind: 'open', text: '<' },
  { names: ['close angle bracket', 'right angle bracket'], kind: 'close', text: '>' },
]

const symbols: readonly SpokenSign[] = [
  { names: ['em dash', 'm dash'], kind: 'join', text: '—' },
  { names: ['en dash', 'n dash'], kind: 'join', text: '–' },
  { names: ['dash'], kind: 'spaced', text: '–', late: true, notBehind: VERB_FRAMES, notBefore: INTO },
  { names: ['hyphen'], kind: 'join', text: '-', late: true },
  { names: ['apostrophe'], kind: 'join', text: '\'' },
  { names: ['slash', 'forward slash'], kind: 'join', text: '/', late: true, notBehind: set('to will would could should can must gonna gotta trailing leading'), notBefore: set('the prices costs his her my their jobs command commands') },
  { names: ['backslash', 'back slash'], kind: 'join', text: '\\', late: true },
  { names: ['underscore'], kind: 'join', text: '_', late: true, notBehind: VERB_FRAMES, notBefore: set('the this that how why our his her their') },
  { names: ['at sign'], kind: 'at', text: '@', late: true },
  { names: ['hash', 'hash sign', 'hashtag', 'number sign'], kind: 'prefix', text: '#', late: true, notBehind: VERB_FRAMES, notBefore: set('browns brown table tables function functions value values map code codes tag it out of this') },
  { names: ['dollar sign'], kind: 'prefix', text: '$', late: true },
  { names: ['euro sign'], kind: 'prefix', text: '€', late: true },
  { names: ['pound sign'], kind: 'prefix', text: '£', late: true },
  { names: ['percent sign', 'per cent sign', 'percentage sign'], kind: 'suffix', text: '%', late: true },
  { names: ['degree sign', 'degrees sign'], kind: 'suffix', text: '°', late: true },
  { names: ['ampersand', 'and sign'], kind: 'spaced', text: '&' },
  { names: ['asterisk'], kind: 'spaced', text: '*' },
  { names: ['plus sign'], kind: 'spaced', text: '+', late: true },
  { names: ['minus sign'], kind: 'spaced', text: '-', late: true },
  { names: ['equals sign', 'equal sign'], kind: 'spaced', text: '=', late: true },
  { names: ['greater than sign'], kind: 'spaced', text: '>', late: true },
  { names: ['less than sign'], kind: 'spaced', text: '<', late: true },
  { names: ['vertical bar', 'pipe sign'], kind: 'spaced', text: '|' },
]

const layout: readonly SpokenSign[] = [
  { names: ['new line', 'newline'], kind: 'line', text: '\n', endsSentence: true, notBefore: set('of character characters break breaks') },
  { names: ['new paragraph', 'newparagraph'], kind: 'line', text: '\n\n', endsSentence: true, notBefore: set('about on') },
  { names: ['tab key'], kind: 'line', text: '\t', notBehind: set('press hit use pressing hitting using') },
  { names: ['bullet point', 'next bullet point', 'new bullet point', 'next bullet', 'new bullet'], kind: 'line', text: '\n- ', endsSentence: true, notBefore: set('list lists about') },
  { names: ['numbered item', 'next numbered item'], kind: 'item', text: '', endsSentence: true },
]

const modifiers: readonly SpokenSign[] = [
  { names: ['all caps', 'caps lock on'], kind: 'caps-on', text: '', late: true, notBehind: set('in with using written') },
  { names: ['end caps', 'end all caps', 'caps lock off', 'stop caps'], kind: 'caps-off', text: '', late: true },
  { names: ['cap'], kind: 'cap', text: '', late: true },
  { names: ['no space'], kind: 'no-space', text: '', late: true, notBehind: set('is was has have had there\'s got with leave leaves left find found needs takes almost virtually'), notBefore: set('left for in on to between at here there available inside is was remaining and or') },
]

export const english: SignTable = {
  signs: [...marks, ...spans, ...symbols, ...layout, ...modifiers],
  determiners: set('a an the my your our their its every each another'),
  demonstratives: set('this that these those his her any some no which what one'),
  clauseEnds: new Set(['scratch that']),
  adjectives: set('first second third last next same whole entire single double extra missing trailing leading long short oxford serial final previous wrong stray big new'),
  prepositions: set('in during for over of within after before since at with from through on without under between like than by to'),
  nounFollowers: set('of key keys symbol symbols character characters operator operators button buttons notation'),
  verbs: set('is are was were means goes has can does'),
  afterNumbers: /(?<=\p{N} ?[%°]|[$€£]\p{N}{1,12}) signs?\b/gu,
  escapes: set('literal'),
  adjectiveForm: null,
}
