import type { Replacement } from './replace-words'
import { changeCase } from './letter-case'
import { replacement } from './replace-words'

/** An instruction in lower case with no courtesy, and what it does to a text without the white space at its ends. */
interface Operation {
  readonly said: RegExp
  readonly apply: (text: string, match: RegExpExecArray) => string | null
}

const THIS = '(?: (?:this|that|it|these|those|them|all|everything|all of (?:this|it|that)|(?:(?:the|this|that|my|these|those) )?(?:whole |entire )?(?:selected |selection |marked )?(?:text|selection|sentence|sentences|paragraph|paragraphs|line|lines|word|words|part|list|items|passage|code|title|heading)))?'

function said(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern.replaceAll(' THIS', THIS)})$`)
}

const MAKE = '(?:make|put|turn|convert|change|write|set|format|transform|switch|do)'
const AS = '(?: (?:in|into|to|as|all|all in|be|everything in))?(?: (?:an?|all))?'

function caseNamed(name: string): RegExp {
  return said(`${MAKE} THIS${AS} ${name}|(?:all )?(?:in )?(?:all )?${name}(?: please)?|${name} THIS`)
}

const OPERATIONS: readonly Operation[] = [
  { said: caseNamed('(?:upper ?case(?: letters)?|capitals|caps|capital letters|big letters|block letters|block capitals)'), apply: text => changeCase(text, 'upper') },
  { said: caseNamed('(?:lower ?case(?: letters)?|small letters)'), apply: text => changeCase(text, 'lower') },
  { said: caseNamed('title case'), apply: text => changeCase(text, 'title') },
  { said: caseNamed('sentence case'), apply: text => changeCase(text, 'sentence') },
  { said: said('capitali[sz]e(?: the)? first (?:letter|word)(?: of THIS)?|capitali[sz]e THIS|start THIS with an? (?:capital|capital letter|upper ?case letter)'), apply: text => changeCase(text, 'first') },
  { said: said('capitali[sz]e (?:every|each|all(?: the)?) words?|capitali[sz]e the first letter of (?:every|each) word'), apply: text => changeCase(text, 'words') },
  { said: said(`(?:remove|delete|drop|get rid of|take out|strip)(?: all)?(?: the)? (?:line ?breaks|new ?lines|line feeds|breaks)(?: (?:from|in|of) THIS)?|(?:join|merge) THIS(?: (?:into|to|on|in) (?:one|a single) (?:line|paragraph))?|${MAKE} THIS(?: (?:on|into|in|to))? (?:one|a single) line|one line`), apply: text => text.replaceAll(/[^\S\n]*\n\s*/g, ' ') },
  { said: said('(?:remove|delete|drop|get rid of|take out|strip)(?: all)?(?: the)? (?:empty|blank) lines(?: (?:from|in|of) THIS)?'), apply: text => text.split('\n').filter(line => line.trim() !== '').join('\n') },
  { said: said('(?:remove|delete|drop|get rid of)(?: all)?(?: the)? (?:duplicates|duplicate lines|double lines)(?: (?:from|in|of) THIS)?'), apply: text => [...new Set(text.split('\n'))].join('\n') },
  { said: said('(?:trim|strip)(?: THIS)?|(?:remove|delete|trim|strip)(?: all)?(?: the)? (?:extra|double|leading and trailing|unnecessary) (?:spaces|blanks|white ?space)(?: (?:from|in|of) THIS)?'), apply: tidied },
  { said: said(`${MAKE} THIS (?:in|into|to|as|with)? ?(?:an? )?(?:bullet(?:ed)? ?(?:points?|list)|bullets|unordered list|list with bullets)|(?:bullet(?:ed)? ?(?:points?|list)|bullets)(?: THIS)?|(?:add|use) bullets(?: points)?(?: to THIS)?`), apply: text => listed(text, () => '- ') },
  { said: said(`${MAKE} THIS (?:in|into|to|as|with)? ?(?:an? )?(?:number(?:ed)? list|ordered list|numbered points|list with numbers)|number(?:ed list)?(?: THIS)?|(?:add|use) numbers(?: to THIS)?`), apply: text => listed(text, index => `${index + 1}. `) },
  { said: said('sort THIS(?: alphabetically| ascending| in (?:alphabetical|ascending) order| by name| from a to z)?|(?:put|order|arrange) THIS (?:alphabetically|in alphabetical order)'), apply: text => sorted(text, 1) },
  { said: said('sort THIS(?: (?:descending|backwards?|in (?:reverse|descending)(?: alphabetical)? order|in reverse|from z to a))'), apply: text => sorted(text, -1) },
  { said: said('(?:reverse(?: the order of)? THIS)'), apply: text => text.includes('\n') ? text.split('\n').reverse().join('\n') : null },
  { said: said(`(?:quote|cite) THIS|${MAKE} THIS (?:in|into|inside|between|with)(?: double)? (?:quotes|quotation marks)|(?:add|put|wrap(?: THIS)?(?: in| with)?)(?: double)? (?:quotes|quotation marks)(?: (?:around|to) THIS)?|(?:wrap|enclose|surround) THIS (?:in|with)(?: double)? (?:quotes|quotation marks)`), apply: text => `"${text}"` },
  { said: wrapIn('single (?:quotes|quotation marks)'), apply: text => `'${text}'` },
  { said: wrapIn('(?:parentheses|parenthesis|round brackets)'), apply: text => `(${text})` },
  { said: wrapIn('(?:square )?brackets'), apply: text => `[${text}]` },
  { said: wrapIn('(?:curly brackets|curly braces|braces)'), apply: text => `{${text}}` },
  { said: wrapIn('(?:angle brackets)'), apply: text => `<${text}>` },
  { said: wrapIn('(?:back ?ticks?|a code span|inline code)'), apply: text => `\`${text}\`` },
  { said: wrapIn('(?:a code block|code fences?|triple back ?ticks)'), apply: text => `\`\`\`\n${text}\n\`\`\`` },
  { said: wrapIn('(?:asterisks|stars)'), apply: text => `*${text}*` },
  { said: said('(?:delete|remove|erase|clear|cut|get rid of) (?:this|that|it|them|all|everything|(?:(?:the|this|that) )?(?:whole |entire )?(?:selected )?(?:text|selection|sentence|paragraph|line|lines|word|words|part|passage))'), apply: () => '' },
  { said: said('(?:duplicate|double) THIS'), apply: text => text.includes('\n') ? `${text}\n${text}` : `${text} ${text}` },
]

function wrapIn(sign: string): RegExp {
  return said(`(?:${MAKE}|wrap|enclose|surround) THIS (?:in|into|inside|between|with) ${sign}|(?:add|put) ${sign} (?:around|to) THIS|(?:in|with) ${sign}`)
}

/** What is longer says more than a rule knows. */
const MAX_INSTRUCTION_CHARS = 400

/**
 * What needs no model is done at once, and exactly. Null: this is no such instruction. `text`: what is selected, without the white
 * space at its ends; `instruction`: as it was recognised.
 */
export function mechanicalEdit(text: string, instruction: string): Replacement | null {
  if (instruction.length > MAX_INSTRUCTION_CHARS)
    return null
  const replaced = replacement(text, instruction)
  if (replaced)
    return replaced
  const plain = plainInstruction(instruction)
  for (const { said: pattern, apply } of OPERATIONS) {
    const match = pattern.exec(plain)
    const result = match && apply(text, match)
    if (result !== null && result !== undefined)
      return { type: 'done', text: result }
  }
  return null
}

/** Lower case, without marks and courtesy. */
function plainInstruction(instruction: string): string {
  return instruction
    .toLowerCase()
    .replaceAll(/[.,!?;:"“”]/g, ' ')
    .replaceAll('-', ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^(?:(?:okay|ok|so|um|uh|now|please|just|can you|could you|would you|will you|can we|i want you to|i'd like you to|let's) )+/, '')
    .replace(/(?: (?:please|now|for me|thanks|thank you))+$/, '')
}

function tidied(text: string): string {
  return text.split('\n').map(line => line.replaceAll(/(?<=\S)[^\S\n]+/g, ' ').trim()).join('\n')
}

const LIST_MARK = /^\s*(?:[-*•–]|\d{1,3}[.)])\s+/

/** Each line a point; of a single line its sentences, or what its commas part. Null: there is but one point. */
function listed(text: string, mark: (index: number) => string): string | null {
  const points = pointsOf(text)
  return points.length < 2 && !text.includes('\n') && !LIST_MARK.test(text) ? null : points.map((point, index) => mark(index) + point).join('\n')
}

function pointsOf(text: string): string[] {
  const lines = text.split('\n').map(line => line.replace(LIST_MARK, '').trim()).filter(line => line !== '')
  if (lines.length !== 1)
    return lines
  const sentences = (lines[0] as string).split(/(?<=[.!?…]["”’)]?)\s+(?=[\p{Lu}"“(])/u)
  if (sentences.length > 1)
    return sentences
  // "milk, bread and butter" is a list; "When he came, we left" has but one comma, and is none.
  const items = (lines[0] as string).replace(/\.$/, '').split(/\s*[,;]\s+(?:(?:and|or)\s+)?/)
  const last = items.at(-1) as string
  const pair = /^(\S+(?: \S+)?) (?:and|or) (\S+(?: \S+)?)$/.exec(last)
  const all = pair ? [...items.slice(0, -1), pair[1] as string, pair[2] as string] : items
  return all.length >= 3 && all.every(item => item !== '' && item.split(' ').length <= 4) ? all : lines
}

/** Whole lines, capitals no matter, numbers by their value; what is the same keeps its order. */
function sorted(text: string, direction: 1 | -1): string | null {
  if (!text.includes('\n'))
    return null
  const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })
  return text.split('\n').sort((a, b) => direction * collator.compare(a.trim(), b.trim())).join('\n')
}
