import { baseLanguage } from '../tokens'

export interface FillerWords {
  /** Said while thinking; as words of their own they mean nothing. */
  readonly interjections: ReadonlySet<string>
  /** Together with an interjection these are words: "uh oh", "mm hmm". */
  readonly completes: ReadonlySet<string>
  /** Behind these an interjection is spoken of: "the word um". */
  readonly spokenOf: ReadonlySet<string>
  /** A comma behind these came with the filler: "the, uh, second". */
  readonly neverBeforeComma: ReadonlySet<string>
  /** Said twice in a row these are a stumble; words that are doubled with a meaning ("that that", "very very", "log in in") are not here. */
  readonly stuttered: ReadonlySet<string>
  /** The same for two words: one of the first, then one of the second. */
  readonly pairs: readonly (readonly [ReadonlySet<string>, ReadonlySet<string>])[]
}

function set(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/u).filter(word => word !== ''))
}

const ENGLISH_PREPOSITIONS = 'in on at to of for with from by and but if'
const TABLES: Readonly<Record<string, FillerWords>> = {
  en: {
    interjections: set('um umm ummm uh uhh uhhh uhm er err erm ehm hm hmm hmmm mm mmm'),
    completes: set('oh huh hmm hm mm'),
    spokenOf: set('word words sound called'),
    neverBeforeComma: set('a an the my your our their his its this i we he she they of to in on at for with from by and but or because is are was were am it\'s i\'m that\'s can could will would should have has had need needs want wants take takes took make makes made see saw'),
    stuttered: set('a an the i we they she and but or if because to of for from with by as my your our their i\'m it\'s we\'re they\'re you\'re there\'s he\'s she\'s i\'ll i\'ve i\'d we\'ve we\'ll could would should just'),
    pairs: [
      [set(ENGLISH_PREPOSITIONS), set('the a an my your our their his i we he she they')],
      [set('i we he she they'), set('was am are were would')],
      [set('it'), set('was is')],
    ],
  },
  de: {
    interjections: set('äh ähm ähhm öh öhm hm hmm hmmm ähh'),
    completes: set(''),
    spokenOf: set('wort'),
    neverBeforeComma: set('der die das den dem ein eine einen einem einer ich wir er mit von zu in im auf für und'),
    stuttered: set('ich wir und aber oder ein eine einen einem einer im mit von für auf den dem'),
    pairs: [[set('in mit von zu auf für und'), set('der dem den die ein eine einem einer einen ich wir')]],
  },
  fr: {
    interjections: set('euh heu euhm hum hmm hm'),
    completes: set(''),
    spokenOf: set('mot'),
    neverBeforeComma: set('le la les un une des du de à au je il elle on et mais dans pour avec sur que'),
    stuttered: set('je le les un une des du et mais il on dans pour avec sur c\'est'),
    pairs: [[set('dans pour avec sur et de à'), set('le la les un une je il on')]],
  },
  es: {
    interjections: set('eh ehm em mmm mm hmm'),
    completes: set(''),
    spokenOf: set('palabra'),
    neverBeforeComma: set('el la los las un una de en con por para y pero que yo'),
    stuttered: set('el los un una y pero de en con para por yo'),
    pairs: [[set('en con de para por y'), set('el la los las un una yo')]],
  },
  it: {
    interjections: set('ehm uhm mmm hmm'),
    completes: set(''),
    spokenOf: set('parola'),
    neverBeforeComma: set('il lo la i gli le un una di a da in con su per e ma che io'),
    stuttered: set('il un una di e ma con per'),
    pairs: [],
  },
  nl: {
    interjections: set('uh uhm ehm euh hmm'),
    completes: set(''),
    spokenOf: set('woord'),
    neverBeforeComma: set('de het een ik we wij van in op met voor en maar'),
    stuttered: set('de het een ik we en maar van met voor'),
    pairs: [],
  },
}

/** Null: nothing is left out in this language. */
export function fillerWords(language: string): FillerWords | null {
  return TABLES[baseLanguage(language)] ?? null
}
