import type MarkdownIt from 'markdown-it'

/** The top-level blocks of a markdown source, each rendered. */
export interface Block {
  /** Its place in the reply: a block never moves. */
  readonly index: number
  readonly html: string
}

type Tokens = ReturnType<MarkdownIt['parse']>

interface Span {
  readonly tokens: Tokens
  readonly firstLine: number
}

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
 * top-level block is final as soon as the first whole line of the next one is there: it is rendered once and never parsed
 * again. (Link reference definitions would break this; the parser has them switched off.)
 *
 * `render` is called with the text so far. A text that does not continue the former one starts anew.
 */
export function createBlockRenderer(markdown: MarkdownIt, sanitise: (html: string) => string): { render: (text: string) => readonly Block[] } {
  let finished: Block[] = []
  let finishedText = ''

  function toBlock(span: Span, index: number): Block {
    return { index, html: sanitise(markdown.renderer.render(span.tokens, markdown.options, {})) }
  }

  /** Sets aside the blocks that nothing can change any more. */
  function finish(text: string): void {
    const whole = text.slice(finishedText.length, text.lastIndexOf('\n') + 1)
    if (whole === '')
      return
    const spans = topLevel(markdown.parse(whole, {}))
    const last = spans.at(-1)
    if (spans.length < 2 || !last)
      return
    const base = finished.length
    finished = [...finished, ...spans.slice(0, -1).map((span, index) => toBlock(span, base + index))]
    finishedText = text.slice(0, finishedText.length + offsetOfLine(whole, last.firstLine))
  }

  return {
    render(text) {
      if (!text.startsWith(finishedText)) {
        finished = []
        finishedText = ''
      }
      finish(text)
      const rest = topLevel(markdown.parse(text.slice(finishedText.length), {}))
      return [...finished, ...rest.map((span, index) => toBlock(span, finished.length + index))]
    },
  }
}
