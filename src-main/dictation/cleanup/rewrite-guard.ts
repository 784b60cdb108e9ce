import type { RewriteMode } from './prompts'
import type { Word } from './words'
import { isWrittenTogether } from './number-words'
import { isSpelling } from './same-word'
import { ARTICLES, NEGATIONS } from './word-tables'
import { isEnglish, wordsOf } from './words'

export interface RewriteBounds {
  /** Of the words that carry meaning, so many must still be there. */
  readonly recall: number
  /** Of the words that carry meaning in the result, so many must come from the text. */
  readonly precision: number
  /** The result's words to the text's words. */
  readonly shortest: number
  readonly longest: number
  /** So many words more are nothing unusual: a greeting. */
  readonly extraWords: number
}

const BOUNDS: Readonly<Record<RewriteMode, RewriteBounds>> = {
  email: { recall: 0.6, precision: 0.6, shortest: 0.4, longest: 2, extraWords: 10 },
  message: { recall: 0.6, precision: 0.65, shortest: 0.3, longest: 1.5, extraWords: 4 },
  notes: { recall: 0.6, precision: 0.65, shortest: 0.3, longest: 1.3, extraWords: 4 },
  own: { recall: 0.6, precision: 0.5, shortest: 0.25, longest: 2.5, extraWords: 10 },
}
/** In another language no word is the same; numbers, names, length and kind of sentence still are. */
export const TRANSLATION_BOUNDS: RewriteBounds = { recall: 0, precision: 0, shortest: 0.35, longest: 2.5, extraWords: 6 }

/** They say little: a text can be rewritten with others of them. */
const LITTLE = new Set([
  ...ARTICLES,
  ...'i me my mine you your yours he him his she her hers it its we us our ours they them their theirs this that these those there here who whom whose which what when where why how'.split(' '),
  ...'is are am was were be been being do does did done have has had having will would shall should can could may might must let get got getting going go'.split(' '),
  ...'of to in on at by for from with about as into onto over under and or but so if then than because while though although also just really very quite too like okay well right please yes'.split(' '),
  ...'want wanted need say said tell think know mean thing things kind sort some any all one more lot bit \'s \'d us'.split(' '),
])
/** What stands around a letter. */
const COURTESY = new Set('hi hello hey dear good morning afternoon evening best kind regards sincerely thanks thank cheers please hope email message note notes wishes warm forward hearing'.split(' '))
/** They say how far something goes. */
const LIMITS = new Set('only always before after until if'.split(' '))
const NEGATIVE_FORM = /^(?:un(?:able|available|likely|necessary|clear|sure|certain|known|done|finished|fortunate)|impossible|incorrect|incomplete|cannot)/
const QUESTION_START = /^(?:what|who|whom|whose|which|when|where|why|how|is|are|am|was|were|do|does|did|can|could|will|would|shall|should|may|might|have|has|had|isn't|aren't|don't|doesn't|didn't|can't|won't)\b/i
const ASKS = /\?|？|\b(?:whether|if|wonder(?:ing)?|ask(?:ing|ed)?|tell me|let me know|question)\b/i

export function asksForTranslation(prompt: string): boolean {
  return /\btranslat|\b(?:in|into|to|auf|nach|en) (?:english|german|french|spanish|italian|portuguese|dutch|polish|russian|ukrainian|turkish|arabic|hebrew|hindi|chinese|mandarin|japanese|korean|swedish|danish|norwegian|finnish|czech|greek|deutsch|englisch|französisch|spanisch)\b|übersetz|tradui|traduc/i.test(prompt)
}

export function boundsFor(mode: RewriteMode, ownPrompt: string): RewriteBounds {
  return mode === 'own' && asksForTranslation(ownPrompt) ? TRANSLATION_BOUNDS : BOUNDS[mode]
}

/**
 * Whether a rewritten text is still the same one: not an answer to it, not something else. Numbers and negations are all there
 * and no others, names too; a question is still asked; most words that carry meaning are kept, and most come from the text.
 */
export function isRewriteOf(before: string, after: string, bounds: RewriteBounds, language: string | null): boolean {
  const spoken = wordsOf(before, language)
  const written = wordsOf(withoutListMarks(after), language)
  const sameLanguage = bounds.recall > 0
  return written.length >= spoken.length * bounds.shortest
    && written.length <= spoken.length * bounds.longest + bounds.extraWords
    && !hasPlaceholders(before, after)
    && haveSameNumbers(spoken, written)
    && staysQuestion(before, after)
    && (!sameLanguage || (isEnglish(language)
      ? isNegatedAlike(spoken, written) && keepsLimits(spoken, written) && keepsNames(spoken, written) && keepsWords(spoken, written, bounds)
      : keepsWords(spoken, written, bounds)))
}

function withoutListMarks(text: string): string {
  return text.replaceAll(/^[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t]+/gm, '')
}

function hasPlaceholders(before: string, after: string): boolean {
  return /\[[^\]\n]+\]|<[^>\n]+>|\{\{/.test(after) && !/[[<{]/.test(before)
}

function haveSameNumbers(spoken: readonly Word[], written: readonly Word[]): boolean {
  const said = numbersOf(spoken)
  const kept = numbersOf(written)
  return covers(said, kept) && covers(kept, said)
}

/** "One" is a pronoun as often as a number, and a repetition may go. */
function numbersOf(words: readonly Word[]): string[] {
  return words.filter(word => word.isNumber && word.key !== '1').map(word => word.key)
}

function covers(numbers: readonly string[], by: readonly string[]): boolean {
  const found = new Set(by)
  const left = numbers.filter(number => !found.has(number))
  return left.length === 0
    || left.every((number, at) => left.slice(at, at + 12).some((_, count) => by.some(whole => isWrittenTogether(left.slice(at, at + count + 1), whole)))
      || isPartOfOne(left, at, by)
      || by.some((_, from) => isWrittenTogether(by.slice(from, from + 2), number) || isWrittenTogether(by.slice(from, from + number.length), number)))
}

/** Not the first of numbers that are written as one. */
function isPartOfOne(numbers: readonly string[], at: number, by: readonly string[]): boolean {
  for (let from = Math.max(0, at - 11); from < at; from++) {
    for (let end = at + 1; end <= Math.min(numbers.length, from + 12); end++) {
      if (by.some(whole => isWrittenTogether(numbers.slice(from, end), whole)))
        return true
    }
  }
  return false
}

/**
 * A question that became a statement was answered. Where the text is one question alone, nothing but questions and courtesies may stand
 * beside it either: "Why is it blue? Because it is."
 */
function staysQuestion(before: string, after: string): boolean {
  const asked = before.trim().replace(/^(?:(?:um|uh|and|so|okay|well)[,\s]+)+/i, '')
  if (!/[?？]/.test(asked) && !QUESTION_START.test(asked))
    return true
  const written = sentencesOf(after)
  const isOne = QUESTION_START.test(asked) && sentencesOf(asked).length === 1
  return written.some(isQuestion) && (!isOne || written.every(sentence => isQuestion(sentence) || isCourtesy(sentence)))
}

function sentencesOf(text: string): string[] {
  return text.split(/(?<=[.!?。！？])\s+|(?<=[。！？])|\s*\n\s*/).filter(sentence => /[\p{L}\p{N}]/u.test(sentence))
}

function isQuestion(sentence: string): boolean {
  return ASKS.test(sentence) || QUESTION_START.test(sentence.replace(/^\P{L}+/u, ''))
}

/** "Hi Anna," and "Thanks". */
function isCourtesy(sentence: string): boolean {
  const words = sentence.toLowerCase().match(/[\p{L}']+/gu) ?? []
  return words.length <= 6 && words.some(word => COURTESY.has(word) && word !== 'good')
}

function isNegatedAlike(spoken: readonly Word[], written: readonly Word[]): boolean {
  return negationsOf(spoken) === negationsOf(written)
}

function negationsOf(words: readonly Word[]): number {
  return words.filter((word, at) => isNegation(word) && words[at - 1]?.key !== word.key).length
}

/** "Only change the colours" is another thing than "change the colours". */
function keepsLimits(spoken: readonly Word[], written: readonly Word[]): boolean {
  return spoken.every(({ key }) => !LIMITS.has(key) || written.some(word => word.key === key || (key === 'if' && word.key === 'whether')))
}

function isNegation({ key }: Word): boolean {
  return NEGATIONS.has(key) || NEGATIVE_FORM.test(key)
}

/** No name is lost, and none is made up. */
function keepsNames(spoken: readonly Word[], written: readonly Word[]): boolean {
  const has = (words: readonly Word[], name: Word): boolean => words.some(word => isSame(word.key, name.key))
  return spoken.every(word => !word.isName || LITTLE.has(word.key) || has(written, word))
    && written.every(word => !word.isName || LITTLE.has(word.key) || COURTESY.has(word.key) || has(spoken, word))
}

function keepsWords(spoken: readonly Word[], written: readonly Word[], bounds: RewriteBounds): boolean {
  const said = contentOf(spoken)
  const kept = contentOf(written)
  if (said.length === 0)
    return kept.every(word => COURTESY.has(word))
  const recall = shareIn(said, kept)
  const own = kept.filter(word => !COURTESY.has(word))
  const precision = own.length === 0 ? 0 : shareIn(own, said)
  // Of two or three words each one counts.
  return recall >= (said.length <= 3 ? 1 : bounds.recall) && precision >= bounds.precision
}

function contentOf(words: readonly Word[]): string[] {
  const content = words.filter(word => !word.isNumber && !LITTLE.has(word.key) && !NEGATIONS.has(word.key)).map(word => word.key)
  return [...new Set(content)]
}

function shareIn(words: readonly string[], others: readonly string[]): number {
  return words.filter(word => others.some(other => isSame(word, other))).length / words.length
}

function isSame(a: string, b: string): boolean {
  return a === b || stem(a) === stem(b) || isSpelling(a, b)
}

/** The word without its ending, so that "agreed", "agrees" and "agree" are one. */
function stem(word: string): string {
  const short = word.replace(/(?:'s|ies|ied|ing|edly|ed|es|ly|[sey])$/, '')
  return short.length >= 3 ? short.replace(/(\p{L})\1$/u, '$1') : word
}
