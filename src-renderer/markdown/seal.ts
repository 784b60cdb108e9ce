import type MarkdownIt from 'markdown-it'

export type Tokens = ReturnType<MarkdownIt['parse']>

/** How the rest of a block that was begun is to be read, and put behind what is there of it. */
export interface Continuation {
  readonly kind: 'paragraph' | 'fence' | 'list' | 'table'
  /** Source lines that the rest needs before it to be read as what it is; they are not shown again. */
  readonly prefix: string
  /** What stands between the two parts: nothing, blanks, or a line feed. */
  readonly seam: string
  /** Of a list: the sign of its items, and whether its items are paragraphs. */
  readonly markup: string
  readonly loose: boolean
}

/** The first part of a block, which nothing will change any more. */
export interface Sealed {
  readonly tokens: Tokens
  /** Characters of the source that it takes. */
  readonly length: number
  readonly next: Continuation
}

/** Places that are tried for one cut. */
const TRIES = 5
/**
 * What may be the beginning of something that ends behind the cut: no star between blanks, no line between letters, no bracket
 * that is closed and followed by no address.
 */
const OPENER = /`|~~|\*(?=\S)|(?<=\S)\*|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|\[(?![^[\]]*\][^(])/u
/** A blank before a letter: a line that begins with a letter is a paragraph's and nothing else. */
const BLANK = /[^\s\\]([ \n]+)(?=\p{L})/gu
/** Scripts without blanks, and what has none at all. */
const BETWEEN = /[\p{L}\p{N}\p{P}](?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])|[\p{L}\p{N}](?=\p{L})/gu

export interface SealOptions {
  /** So much of the source stays open: its last line may still turn out to be something else. */
  readonly keptChars: number
  /** Also where a sign of emphasis could pair with one that is still to come. */
  readonly forced: boolean
}

interface Cut {
  readonly before: number
  readonly after: number
}

function cutsIn(source: string, mostChars: number): Cut[] {
  const blanks = [...source.slice(0, mostChars).matchAll(BLANK)].map(match => ({ before: match.index + match[0].length - (match[1]?.length ?? 0), after: match.index + match[0].length }))
  const sentences = blanks.filter(({ before }) => /[.!?:]/.test(source[before - 1] ?? ''))
  if (blanks.length > 0)
    return (sentences.at(-1)?.before ?? 0) > mostChars / 2 ? sentences : blanks
  return [...source.slice(0, mostChars).matchAll(BETWEEN)].map(match => ({ before: match.index + match[0].length, after: match.index + match[0].length }))
}

/** Whether something in it could still pair with what comes. */
function isNeutral(markdown: MarkdownIt, text: string): boolean {
  return markdown.parseInline(text, {}).every(token => (token.children ?? []).every(child => child.type !== 'text' || !OPENER.test(child.content)))
}

function sealParagraph(markdown: MarkdownIt, source: string, { keptChars, forced }: SealOptions): Sealed | null {
  const cuts = cutsIn(source, source.length - keptChars)
  const step = Math.max(1, Math.floor(cuts.length / TRIES))
  let chosen: Cut | null = null
  for (let at = cuts.length - 1; at >= cuts.length / 2 && chosen === null; at -= step) {
    const cut = cuts[at]
    if (cut && isNeutral(markdown, source.slice(0, cut.before)))
      chosen = cut
  }
  chosen ??= forced ? cuts.at(-1) ?? null : null
  if (chosen === null)
    return null
  const tokens = markdown.parse(source.slice(0, chosen.before), {})
  // A line that ends at the cut may be another thing than the whole line: an underline, a rule.
  if (tokens[0]?.type !== 'paragraph_open' || tokens.length !== 3)
    return null
  return { tokens, length: chosen.after, next: { kind: 'paragraph', prefix: '', seam: source.slice(chosen.before, chosen.after), markup: '', loose: false } }
}

function sealFence(markdown: MarkdownIt, source: string, prefix: string, keptChars: number): Sealed | null {
  const within = source.slice(0, source.length - keptChars)
  const line = within.lastIndexOf('\n') + 1
  const head = prefix === '' ? source.slice(0, source.indexOf('\n') + 1) : prefix
  // Longer than its opening line, or there is nothing to seal.
  const hasLine = line > (prefix === '' ? head.length : 0)
  const cut = hasLine ? line : cutsIn(source, source.length - keptChars).at(-1)?.before ?? 0
  if (cut <= (prefix === '' ? head.length : 0))
    return null
  const probe = markdown.parse(`${prefix}${source.slice(0, cut)}x`, {})
  // It was closed further up.
  if (probe.length !== 1 || probe[0]?.type !== 'fence' || !probe[0].content.endsWith('x'))
    return null
  const tokens = markdown.parse(`${prefix}${source.slice(0, cut)}`, {})
  return { tokens, length: cut, next: { kind: 'fence', prefix: head, seam: hasLine ? '\n' : '', markup: '', loose: false } }
}

function lineOffset(source: string, line: number): number {
  let offset = 0
  for (let passed = 0; passed < line; passed++)
    offset = source.indexOf('\n', offset) + 1
  return offset
}

/** Paragraphs of its items are shown as such. */
export function isLoose(tokens: Tokens): boolean {
  return tokens.some(token => token.type === 'paragraph_open' && token.level === 2 && !token.hidden)
}

function sealList(source: string, tokens: Tokens, loose: boolean): Sealed | null {
  const last = tokens.findLastIndex(token => token.type === 'list_item_open' && token.level === 1)
  const line = tokens[last]?.map?.[0] ?? 0
  const [open] = tokens
  const close = tokens.at(-1)
  if (!open || !close || tokens.findIndex(token => token.type === 'list_item_open') === last)
    return null
  return { tokens: [...tokens.slice(0, last), close], length: lineOffset(source, line), next: { kind: 'list', prefix: '', seam: '', markup: open.markup, loose: loose || isLoose(tokens) } }
}

function sealTable(markdown: MarkdownIt, source: string, tokens: Tokens, prefix: string, keptChars: number): Sealed | null {
  const firstLine = prefix === '' ? tokens[0]?.map?.[0] ?? 0 : 0
  const end = source.lastIndexOf('\n', source.length - keptChars) + 1
  const headEnd = prefix === '' ? lineOffset(source, firstLine + 2) : 0
  if (end <= headEnd)
    return null
  const head = prefix === '' ? source.slice(lineOffset(source, firstLine), headEnd) : prefix
  return { tokens: markdown.parse(prefix + source.slice(0, end), {}), length: end, next: { kind: 'table', prefix: head, seam: '', markup: '', loose: false } }
}

/**
 * Takes the first part off a long block that still grows. `tokens`: of `before.prefix + source`, one block.
 * Null: it cannot be parted (yet).
 */
export function seal(markdown: MarkdownIt, source: string, tokens: Tokens, before: Continuation | null, options: SealOptions): Sealed | null {
  const prefix = before?.prefix ?? ''
  switch (tokens[0]?.type) {
    case 'paragraph_open': return sealParagraph(markdown, source, options)
    case 'fence': return sealFence(markdown, source, prefix, options.keptChars)
    case 'bullet_list_open':
    case 'ordered_list_open': return sealList(source, tokens, before?.loose ?? false)
    case 'table_open': return sealTable(markdown, source, tokens, prefix, options.keptChars)
    default: return null
  }
}

/** Whether these are the rest of the block; tokens of a list are made to look like those before them. */
export function continues(tokens: Tokens, { kind, markup, loose }: Continuation): boolean {
  const [open] = tokens
  switch (kind) {
    case 'paragraph': return open?.type === 'paragraph_open'
    case 'fence': return open?.type === 'fence'
    case 'table': return open?.type === 'table_open'
    case 'list': {
      if ((open?.type !== 'bullet_list_open' && open?.type !== 'ordered_list_open') || open.markup !== markup)
        return false
      if (!loose)
        return !isLoose(tokens)
      for (const token of tokens) {
        if (token.level === 2 && (token.type === 'paragraph_open' || token.type === 'paragraph_close'))
          token.hidden = false
      }
      return true
    }
  }
}
