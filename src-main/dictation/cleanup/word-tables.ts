/** English words that a guard treats in a special way. Every word that is in no table carries meaning. */

/** Sounds, not words: they may always go. */
export const HESITATIONS = new Set(['um', 'umm', 'uh', 'uhh', 'uhm', 'er', 'erm', 'ah', 'hm', 'hmm', 'mm', 'mmm', 'mhm', 'eh'])
/** The same in other languages; none of them is a word in English. */
export const HESITATIONS_ELSEWHERE = new Set(['äh', 'ähm', 'öh', 'öhm', 'euh', 'hm', 'hmm', 'mm', 'mmm'])

/** Said before something, not about it. They may go at the start of a sentence, and where pauses set them off. */
export const OPENERS = new Set(['so', 'well', 'okay', 'right', 'alright', 'anyway', 'basically'])
/** What may follow an opener that no pause sets off: "so I went", "well it is". */
export const SUBJECTS = new Set(['i', 'you', 'he', 'she', 'it', 'we', 'they', 'this', 'that', 'there', 'let'])

/** "You know" may go where it is no part of the sentence: not after and not before these. */
export const YOU_KNOW_AFTER = new Set(['do', 'did', 'does', 'if', 'as', 'what', 'when', 'how', 'let', 'would', 'will', 'should', 'because', 'that', 'have', 'make', 'all', 'everything', 'anything', 'something', 'people', 'someone', 'anyone'])
export const YOU_KNOW_BEFORE = new Set(['that', 'what', 'how', 'who', 'why', 'when', 'where', 'which', 'if', 'whether', 'the', 'a', 'an', 'him', 'her', 'it', 'them', 'me', 'us', 'my', 'your', 'his', 'their', 'our', 'this', 'these', 'those', 'about', 'of', 'all', 'not', 'each', 'every', 'everything', 'anything', 'nothing', 'better'])

/** They turn a sentence into its opposite: never dropped, added, or joined with a neighbour. */
export const NEGATIONS = new Set(['not', 'no', 'never', 'none', 'nobody', 'nothing', 'nowhere', 'neither', 'nor', 'without', 'cannot', 'hardly', 'barely', 'unless', 'except', 'kein', 'keine', 'keinen', 'nicht', 'nie', 'niemals', 'nichts', 'ohne', 'pas', 'jamais', 'sans', 'rien'])

export const ARTICLES = new Set(['a', 'an', 'the'])

/** Grammar asks for one or another of these; within a line they say the same. */
export const AGREEMENTS: readonly ReadonlySet<string>[] = [
  new Set(['is', 'are', 'am']),
  new Set(['was', 'were']),
  new Set(['has', 'have']),
  new Set(['do', 'does']),
]

/** Forgotten small words that may be put in. */
export const INSERTABLE = new Set(['a', 'an', 'the', 'to', 'of', 'that'])
/** Small words too many that may go. */
export const REMOVABLE = new Set(['a', 'an', 'the', 'that'])
/** Joins of sentences: they may go where a sentence begins instead. */
export const JOINS = new Set(['and', 'so'])

/** Written one for the other; they sound the same. */
export const SOUND_SAME: readonly ReadonlySet<string>[] = [
  new Set(['there', 'their']),
  new Set(['then', 'than']),
  new Set(['too', 'to']),
  new Set(['lose', 'loose']),
  new Set(['affect', 'effect']),
  new Set(['weather', 'whether']),
  new Set(['principal', 'principle']),
  new Set(['grey', 'gray']),
  new Set(['practise', 'practice']),
  new Set(['programme', 'program']),
  new Set(['mister', 'mr']),
  new Set(['missus', 'mrs']),
  new Set(['doctor', 'dr']),
  new Set(['versus', 'vs']),
  new Set(['saint', 'st', 'street']),
]

/** The same, where one of them is two words when it is written out. */
export const SOUND_SAME_PAIRS: ReadonlyMap<string, readonly string[]> = new Map(Object.entries({
  'they are': ['their', 'there'],
  'you are': ['your'],
  'it \'s': ['its'],
  'who \'s': ['whose'],
}))

/** One way of writing what is written in several. */
export const EXPANSIONS: ReadonlyMap<string, readonly string[]> = new Map(Object.entries({
  'cannot': ['can', 'not'],
  'can\'t': ['can', 'not'],
  'cant': ['can', 'not'],
  'won\'t': ['will', 'not'],
  'wont': ['will', 'not'],
  'shan\'t': ['shall', 'not'],
  'ain\'t': ['is', 'not'],
  'dont': ['do', 'not'],
  'doesnt': ['does', 'not'],
  'didnt': ['did', 'not'],
  'isnt': ['is', 'not'],
  'arent': ['are', 'not'],
  'wasnt': ['was', 'not'],
  'werent': ['were', 'not'],
  'havent': ['have', 'not'],
  'hasnt': ['has', 'not'],
  'hadnt': ['had', 'not'],
  'couldnt': ['could', 'not'],
  'wouldnt': ['would', 'not'],
  'shouldnt': ['should', 'not'],
  'im': ['i', 'am'],
  'ive': ['i', 'have'],
  'gonna': ['going', 'to'],
  'wanna': ['want', 'to'],
  'gotta': ['got', 'to'],
  'kinda': ['kind', 'of'],
  'sorta': ['sort', 'of'],
  'cause': ['because'],
  'cuz': ['because'],
  'ok': ['okay'],
  'yeah': ['yes'],
  'yep': ['yes'],
  'thru': ['through'],
  'til': ['until'],
  'till': ['until'],
  'alot': ['a', 'lot'],
  'kilometers': ['km'],
  'kilometres': ['km'],
  'kilometer': ['km'],
  'kilometre': ['km'],
  'kilograms': ['kg'],
  'kilogram': ['kg'],
  'kilos': ['kg'],
  'centimeters': ['cm'],
  'centimetres': ['cm'],
  'millimeters': ['mm'],
  'millimetres': ['mm'],
  'milliseconds': ['ms'],
  'megabytes': ['mb'],
  'gigabytes': ['gb'],
  'dollars': ['dollar'],
  'euros': ['euro'],
  'pounds': ['pound'],
}))

/** Signs that are words. */
export const SIGNS: ReadonlyMap<string, string> = new Map(Object.entries({
  '@': 'at',
  '%': 'percent',
  '&': 'and',
  '+': 'plus',
  '=': 'equals',
  '°': 'degrees',
  '$': 'dollar',
  '€': 'euro',
  '£': 'pound',
  '_': 'underscore',
  '#': 'hash',
}))
