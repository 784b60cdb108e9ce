import type { DictionaryRule } from './types'
import { isCommonEnglish, isFunctionWord } from './common-words'
import { editDistance, lettersOf, soundKey } from './phonetic'
import { capitalize, plain } from './tokens'

/** A word as the dictionary compares it; a hyphen parts words, an apostrophe, a dot or an at sign inside does not. */
const UNIT = /[\p{L}\p{M}\p{N}]+(?:['’.&@_][\p{L}\p{M}\p{N}]+)*/gu
/** At most so many words of a text stand for one entry. */
const LONGEST_SOUND = 3
const SHORTEST_SOUND_LETTERS = 4
const LONG_LETTERS = 6
const MOST_CHANGED_LETTERS = 0.4

interface Unit {
  readonly start: number
  readonly end: number
  readonly text: string
}

interface Pattern {
  readonly word: string
  /** As they are compared. */
  readonly units: readonly string[]
  /** Signs that belong to it: of "c++" the pluses. */
  readonly lead: string
  readonly tail: string
  /** As the user wrote it. */
  readonly source: string
}

interface Sound {
  readonly word: string
  readonly letters: string
  readonly key: string
  /** More than one word of the text must have been heard for it. */
  readonly severalOnly: boolean
}

interface Compiled {
  readonly exact: ReadonlyMap<string, readonly Pattern[]>
  /** By the consonants of their keys. */
  readonly sounds: ReadonlyMap<string, readonly Sound[]>
  /** Nothing with more letters can sound like one of them. */
  readonly longestSound: number
}

interface Hit {
  readonly units: number
  readonly start: number
  readonly end: number
  readonly word: string
  /** "'s" and the like, which stays. */
  readonly suffix: string
  /** The user wrote it down exactly so. */
  readonly asWritten: boolean
}

export interface Replacement {
  readonly text: string
  /** Where the dictionary's words are in `text`. */
  readonly ranges: readonly (readonly [number, number])[]
}

function unitsOf(text: string): Unit[] {
  return [...text.matchAll(UNIT)].map(match => ({ start: match.index, end: match.index + match[0].length, text: match[0] }))
}

/** Settings are read anew for each dictation, and are mostly what they were. */
let last: { readonly rules: readonly DictionaryRule[], readonly compiled: Compiled } | null = null

function isSameRule(a: DictionaryRule, b: DictionaryRule | undefined): boolean {
  return a === b || (b !== undefined && a.word === b.word && a.soundsLike === b.soundsLike
    && a.heard.length === b.heard.length && a.heard.every((heard, i) => heard === b.heard[i]))
}

function compiledOf(rules: readonly DictionaryRule[]): Compiled {
  if (last === null || last.rules.length !== rules.length || !rules.every((rule, i) => isSameRule(rule, last?.rules[i])))
    last = { rules: rules.map(rule => ({ ...rule, heard: [...rule.heard] })), compiled: compile(rules) }
  return last.compiled
}

function compile(rules: readonly DictionaryRule[]): Compiled {
  const exact = new Map<string, Pattern[]>()
  const sounds = new Map<string, Sound[]>()
  for (const rule of rules) {
    for (const source of [rule.word, ...rule.heard]) {
      // "Notion" must not make every notion a name; it does where the user says so.
      if (source === rule.word && isCommonEnglish(rule.word) && !rule.heard.some(heard => plain(heard) === plain(rule.word)))
        continue
      const pattern = patternOf(source, rule.word)
      if (pattern !== null)
        add(exact, pattern.units[0] as string, pattern)
    }
    if (rule.soundsLike) {
      for (const sound of soundsOf(rule.word))
        add(sounds, consonants(sound.key), sound)
    }
  }
  for (const patterns of exact.values())
    patterns.sort((a, b) => b.units.length - a.units.length || b.source.length - a.source.length)
  const letters = [...sounds.values()].flat().map(sound => sound.letters.length)
  return { exact, sounds, longestSound: Math.ceil(Math.max(0, ...letters) * (1 + MOST_CHANGED_LETTERS)) }
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key)
  if (list === undefined)
    map.set(key, [value])
  else
    list.push(value)
}

function patternOf(source: string, word: string): Pattern | null {
  const text = source.normalize('NFC').trim()
  const units = unitsOf(text)
  const [first, last] = [units[0], units.at(-1)]
  if (first === undefined || last === undefined)
    return null
  return { word, units: units.map(unit => plain(unit.text)), lead: text.slice(0, first.start), tail: text.slice(last.end), source: text }
}

/** The word's own key; of a word that ends in spelled letters ("PostgreSQL") also those that end earlier. */
function soundsOf(word: string): Sound[] {
  const letters = lettersOf(word)
  const all: Sound[] = letters.length < SHORTEST_SOUND_LETTERS ? [] : [{ word, letters, key: soundKey(word), severalOnly: false }]
  const spelled = /\p{Ll}(\p{Lu}{2,})$/u.exec(word)?.[1] ?? ''
  for (let dropped = 1; dropped < spelled.length; dropped++) {
    const shorter = word.slice(0, -dropped)
    all.push({ word, letters: lettersOf(shorter), key: soundKey(shorter), severalOnly: true })
  }
  return all.filter(sound => consonants(sound.key) !== '')
}

function consonants(key: string): string {
  return key.replaceAll('*', '')
}

/** A blank or a hyphen parts the words of a phrase; everything else ends it. */
function areJoined(text: string, from: Unit, to: Unit): boolean {
  return to.start - from.end === 1 && /[ \u00A0\-\u2010\u2011]/u.test(text.charAt(from.end))
}

/** `unit` is `wanted`, or its possessive or plural: then what was added. Null: another word. */
function suffixOf(unit: string, wanted: string): string | null {
  const lower = plain(unit)
  if (lower === wanted)
    return ''
  if (!lower.startsWith(wanted))
    return null
  const rest = unit.slice(wanted.length)
  return /^['’]s$/iu.test(rest) || (/^s(?:['’]s)?$/iu.test(rest) && wanted.length >= 4 && !wanted.endsWith('s')) ? rest : null
}

function exactHit(text: string, units: readonly Unit[], at: number, compiled: Compiled): Hit | null {
  const first = units[at] as Unit
  const lower = plain(first.text)
  const bare = lower.replace(/'s$/u, '')
  const keys = new Set([lower, bare, bare.replace(/s$/u, '')])
  let best: Hit | null = null
  for (const pattern of [...keys].flatMap(key => compiled.exact.get(key) ?? [])) {
    if (best !== null && pattern.units.length <= best.units)
      continue
    const hit = matchAt(text, units, at, pattern)
    if (hit !== null)
      best = hit
  }
  return best
}

function matchAt(text: string, units: readonly Unit[], at: number, pattern: Pattern): Hit | null {
  const count = pattern.units.length
  if (at + count > units.length)
    return null
  for (let i = 0; i < count - 1; i++) {
    const unit = units[at + i] as Unit
    if (plain(unit.text) !== pattern.units[i] || !areJoined(text, unit, units[at + i + 1] as Unit))
      return null
  }
  const [first, last] = [units[at] as Unit, units[at + count - 1] as Unit]
  const suffix = suffixOf(last.text, pattern.units[count - 1] as string)
  if (suffix === null || (suffix !== '' && pattern.tail !== ''))
    return null
  const start = first.start - pattern.lead.length
  const end = last.end + pattern.tail.length
  if (start < 0 || text.slice(start, first.start) !== pattern.lead || text.slice(last.end, end) !== pattern.tail)
    return null
  return { units: count, start, end, word: pattern.word, suffix, asWritten: text.slice(start, end - suffix.length) === pattern.source }
}

function soundHit(text: string, units: readonly Unit[], at: number, compiled: Compiled, isCommon: (word: string) => boolean): Hit | null {
  for (let count = Math.min(LONGEST_SOUND, units.length - at); count >= 1; count--) {
    const window = units.slice(at, at + count)
    if (window.some((unit, i) => i > 0 && !areJoined(text, window[i - 1] as Unit, unit)) || window.every(unit => isCommon(unit.text)))
      continue
    // The article before a name and the preposition behind it are no part of it.
    if (count > 1 && window.some(unit => unit.text.length <= 2 || isFunctionWord(unit.text, 'en')))
      continue
    const last = window[count - 1] as Unit
    const suffix = /['’]s$/iu.exec(last.text)?.[0] ?? ''
    const start = (window[0] as Unit).start
    const end = last.end
    const word = soundingLike(text.slice(start, end - suffix.length), count, compiled)
    if (word !== null)
      return { units: count, start, end, word, suffix, asWritten: false }
  }
  return null
}

/** A text says the same words again and again. */
function remembered(judge: (word: string) => boolean): (word: string) => boolean {
  const known = new Map<string, boolean>()
  return (word) => {
    const before = known.get(word)
    if (before !== undefined)
      return before
    const answer = judge(word)
    known.set(word, answer)
    return answer
  }
}

function soundingLike(heard: string, count: number, compiled: Compiled): string | null {
  const letters = lettersOf(heard)
  if (letters.length < SHORTEST_SOUND_LETTERS || letters.length > compiled.longestSound)
    return null
  const key = soundKey(heard)
  for (const sound of compiled.sounds.get(consonants(key)) ?? []) {
    // A vowel more or less ("Kathryn") is heard in long words only; one in another place ("parole") is another word.
    const keyLimit = sound.letters.length >= LONG_LETTERS ? 1 : 0
    const limit = Math.max(1, Math.floor(sound.letters.length * MOST_CHANGED_LETTERS))
    if ((!sound.severalOnly || count > 1) && editDistance(key, sound.key, keyLimit) <= keyLimit && editDistance(letters, sound.letters, limit) <= limit)
      return sound.word
  }
  return null
}

function startsSentence(text: string, at: number): boolean {
  return /(?:^|[.!?…\n])["'“”‘’([\s]*$/u.test(text.slice(Math.max(0, at - 8), at))
}

/** The entry as it is to be written in this place. */
function written(hit: Hit, text: string, isAllCapitals: boolean): string {
  const heard = text.slice(hit.start, hit.end)
  const isShouted = /\p{Lu}{4,}/u.test(heard) && heard === heard.toUpperCase()
  if (!hit.asWritten && (isAllCapitals || isShouted))
    return hit.word.toUpperCase() + hit.suffix
  const isLower = hit.word === hit.word.toLowerCase() && /^\p{L}+$/u.test(hit.word.replace(/[\s'’-]/gu, ''))
  return (isLower && /^\p{Lu}/u.test(heard) && startsSentence(text, hit.start) ? capitalize(hit.word) : hit.word) + hit.suffix
}

/** Writes the user's words as the user writes them. Whole words only; the longest entry counts, exact before similar. */
export function applyDictionary(text: string, rules: readonly DictionaryRule[]): Replacement {
  const compiled = compiledOf(rules)
  if (compiled.exact.size === 0 && compiled.sounds.size === 0)
    return { text, ranges: [] }
  const isAllCapitals = /\p{Lu}\S*\s.*\p{Lu}/su.test(text) && !/\p{Ll}/u.test(text)
  const units = unitsOf(text)
  const isCommon = remembered(isCommonEnglish)
  const ranges: [number, number][] = []
  const parts: string[] = []
  let done = 0
  let length = 0
  const push = (part: string): void => {
    parts.push(part)
    length += part.length
  }
  for (let i = 0; i < units.length;) {
    const hit = exactHit(text, units, i, compiled) ?? (compiled.sounds.size > 0 ? soundHit(text, units, i, compiled, isCommon) : null)
    if (hit === null || hit.start < done) {
      i++
      continue
    }
    push(text.slice(done, hit.start))
    const start = length
    push(written(hit, text, isAllCapitals))
    ranges.push([start, length])
    done = hit.end
    i += hit.units
  }
  push(text.slice(done))
  return { text: parts.join(''), ranges }
}
