import type MarkdownIt from 'markdown-it'
import type { Continuation, Tokens } from './seal'
import { continues, seal } from './seal'

/** How a piece continues the block of the one before it. */
export interface Join {
  /** What stands between them. */
  readonly seam: string
  /** In a box of its own below: a single one of this length would be laid out as a whole for each word. */
  readonly apart: boolean
}

/** A top-level block, or a part of a long one. */
export interface Piece {
  /** Whole markup by itself, also of a part: what is within its list, paragraph, code or table is put behind what is there. */
  readonly html: string
  /** Null: it is a block of its own. */
  readonly joins: Join | null
}

export interface Picture {
  /** Of the finished pieces of the picture before this one so many are still what they were. */
  readonly kept: number
  readonly finished: readonly Piece[]
  /** What may still change. */
  readonly open: readonly Piece[]
  /** The open end is long and cannot be parted: each picture costs as much as it is long. */
  readonly isHeavy: boolean
}

export interface BlockRenderer {
  readonly append: (text: string) => void
  readonly reset: () => void
  readonly picture: () => Picture
}

interface Span {
  readonly tokens: Tokens
  readonly firstLine: number
}

/** A block of more than this is parted while it grows. */
const LONG_CHARS = 3_000
const KEPT_LENGTHS = 1 / 8
/** Of so many lengths it goes on in another box. */
const BOX_LENGTHS = 8
/** Of so many lengths it is parted also where that may cost a sign of emphasis. */
const FORCED_LENGTHS = 4
/** A line with a letter at its beginning and so many characters is a paragraph's, whatever follows. */
const DECIDED_CHARS = 120

/** Groups a flat token list by top-level block. */
function topLevel(tokens: Tokens): Span[] {
  const spans: Span[] = []
  let start = 0
  tokens.forEach((token, index) => {
    const closes = token.level === 0 && token.nesting !== 1
    if (!closes)
      return
    const first = tokens[start]
    spans.push({ tokens: tokens.slice(start, index + 1), firstLine: first?.map?.[0] ?? 0 })
    start = index + 1
  })
  return spans
}

function offsetOfLine(source: string, line: number): number {
  let offset = 0
  for (let passed = 0; passed < line; passed++)
    offset = source.indexOf('\n', offset) + 1
  return offset
}

/**
 * Renders a growing markdown text and does the work for its end alone. Markdown's block structure is decided line by line, so a
 * top-level block is final as soon as the first whole line of the next one is there: it is rendered once and never parsed again.
 * (Link reference definitions would break this; the parser has them switched off.) A block that grows long is parted, so that
 * only its end is open. `longChars`: how long that is.
 */
export function createBlockRenderer(markdown: MarkdownIt, sanitise: (html: string) => string, longChars = LONG_CHARS): BlockRenderer {
  let finished: Piece[] = []
  let kept = 0
  /** The source behind the finished pieces. */
  let rest = ''
  /** Set when the rest goes on with the block of the last finished piece. */
  let goesOn: (Continuation & Join) | null = null
  /** Of the block that is parted: where it begins among the pieces, and its source so far. */
  let parted: { readonly firstPiece: number, source: string, boxChars: number } | null = null
  let sealAtChars = longChars

  function reset(): void {
    finished = []
    kept = 0
    rest = ''
    goesOn = null
    parted = null
    sealAtChars = longChars
  }

  function toPiece(tokens: Tokens, joins: Join | null): Piece {
    return { html: sanitise(markdown.renderer.render(tokens, markdown.options, {})), joins: joins && { seam: joins.seam, apart: joins.apart } }
  }

  function piecesOf(spans: readonly Span[]): Piece[] {
    return spans.map(({ tokens }, index) => toPiece(tokens, index === 0 ? goesOn : null))
  }

  /** It turned out to be something else than it was taken for: it is read again as a whole, and not parted before it is twice as long. */
  function rejoin(): void {
    if (!parted)
      return
    finished.length = parted.firstPiece
    kept = Math.min(kept, parted.firstPiece)
    rest = parted.source + rest
    goesOn = null
    parted = null
    sealAtChars = rest.length * 2
  }

  /** Of the rest up to `end`. What was parted is put together again where the rest does not continue it. */
  function read(end: number): Span[] {
    const spans = topLevel(markdown.parse((goesOn?.prefix ?? '') + rest.slice(0, end), {}))
    const [first] = spans
    if (!goesOn || rest.slice(0, end) === '' || (first && continues(first.tokens, goesOn)))
      return spans
    const before = rest.length
    rejoin()
    return read(end + rest.length - before)
  }

  function offsetOf({ firstLine }: Span): number {
    const prefix = goesOn?.prefix ?? ''
    return offsetOfLine(prefix + rest, firstLine) - prefix.length
  }

  /** Sets aside the blocks that nothing can change any more. */
  function finish(spans: readonly Span[]): void {
    const last = spans.at(-1)
    if (spans.length < 2 || !last)
      return
    const offset = offsetOf(last)
    finished.push(...piecesOf(spans.slice(0, -1)))
    rest = rest.slice(offset)
    goesOn = null
    parted = null
    sealAtChars = longChars
  }

  /** A paragraph's line that has no end yet decides all the same over what is before it. */
  function isDecided(span: Span): boolean {
    return span.tokens[0]?.type === 'paragraph_open' && /^ {0,3}\p{L}/u.test(rest.slice(offsetOf(span), offsetOf(span) + 8)) && rest.length - offsetOf(span) > DECIDED_CHARS
  }

  function part(spans: readonly Span[]): boolean {
    const [only] = spans
    if (spans.length !== 1 || !only || rest.length < sealAtChars)
      return false
    const sealed = seal(markdown, rest, only.tokens, goesOn, { keptChars: longChars * KEPT_LENGTHS, forced: rest.length >= longChars * FORCED_LENGTHS })
    if (!sealed || sealed.length === 0) {
      sealAtChars = rest.length + longChars / 4
      return false
    }
    parted ??= { firstPiece: finished.length, source: '', boxChars: 0 }
    parted.source += rest.slice(0, sealed.length)
    finished.push(toPiece(sealed.tokens, goesOn))
    rest = rest.slice(sealed.length)
    parted.boxChars = (goesOn?.apart ? 0 : parted.boxChars) + sealed.length
    // Code is laid out line by line in any case.
    goesOn = { ...sealed.next, apart: sealed.next.kind !== 'fence' && parted.boxChars >= longChars * BOX_LENGTHS }
    sealAtChars = longChars
    return true
  }

  return {
    reset,
    append(text) {
      rest += text
    },
    picture() {
      // What the reader of the former picture has.
      const before = kept
      const wholeLines = rest.lastIndexOf('\n') + 1
      if (wholeLines > 0)
        finish(read(wholeLines))
      let spans = read(rest.length)
      const last = spans.at(-1)
      if (spans.length > 1 && last && isDecided(last)) {
        finish(spans)
        spans = read(rest.length)
      }
      while (part(spans))
        spans = read(rest.length)
      const picture = {
        kept: Math.min(kept, before),
        finished,
        open: rest === '' && goesOn ? [] : piecesOf(spans),
        isHeavy: spans.length > 0 && rest.length > longChars * (FORCED_LENGTHS + 1),
      }
      kept = finished.length
      return picture
    },
  }
}
