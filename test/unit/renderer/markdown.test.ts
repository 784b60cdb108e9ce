import type { Piece } from '../../../src-renderer/markdown/blocks'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBlockRenderer } from '../../../src-renderer/markdown/blocks'
import { splitHeard } from '../../../src-renderer/markdown/heard'
import { createMarkdown } from '../../../src-renderer/markdown/parser'
import { INTERRUPTED_REPLY, MARKDOWN_REPLY } from '../../support/renderer-harness/world'

const markdown = createMarkdown({ copyCode: () => 'Copy', code: () => 'Code' })

function html(text: string): string {
  return markdown.render(text)
}

/** Pieces that begin, end, interrupt and continue blocks. */
const piece = fc.constantFrom('# h', '\n', '\n', '\n\n', '- a', '  - b', '* c', '1. x', '2) y', '> q', '```', '```js\n', '~~~', '| a | b |\n', '|---|--:|\n', '**b**', 'text ', '    code', '\t', ' ', '---', '--', '===', '\\', '<b>', '[x](y)', '[x]: y', '![i](j)', '~~s~~', '`c`', '\r\n', '🙂')

/** Puts a piece's content behind what is there of its block, as the painter does it in the page. */
function joined(pieces: readonly Piece[]): string {
  const SHELLS = [/^(<p>)([\s\S]*)(<\/p>\n)$/, /^(<[ou]l[^>]*>\n)([\s\S]*)(<\/[ou]l>\n)$/, /^(<div class="code">[\s\S]*<code>)([\s\S]*)(<\/code><\/pre><\/div>\n)$/, /^(<div class="table"[^>]*><table>\n<thead>\n[\s\S]*?<\/thead>\n(?:<tbody>\n)?)([\s\S]*?)((?:<\/tbody>\n)?<\/table><\/div>\n)$/]
  const parts = (source: string): [string, string, string] => {
    const match = SHELLS.map(shell => shell.exec(source)).find(found => found !== null)
    return [match?.[1] ?? '', match?.[2] ?? '', match?.[3] ?? '']
  }
  return pieces.reduce((shown, piece, index) => {
    if (piece.joins === null)
      return shown + piece.html
    const [, content, end] = parts(piece.html)
    const former = pieces.slice(0, index).findLast(one => one.joins === null)?.html ?? ''
    const { seam: source } = piece.joins
    const seam = piece.html.startsWith('<p>') && source.includes('\n') ? '<br>\n' : source
    // Of several boxes each has its end: the test looks at the block as one.
    const formerEnd = parts(former)[2]
    expect(shown.endsWith(formerEnd)).toBe(true)
    return shown.slice(0, shown.length - formerEnd.length) + (content === '' ? '' : seam + content) + end
  }, '')
}

/** The finished pieces as they are put together from what each picture says of them. */
function createReader(longChars?: number) {
  const renderer = createBlockRenderer(markdown, source => source, longChars)
  const pieces: Piece[] = []
  return {
    append: renderer.append,
    reset: renderer.reset,
    partings: () => pieces.filter(({ joins }) => joins !== null).length,
    shown(): string {
      const { kept, finished, open } = renderer.picture()
      expect(kept).toBeLessThanOrEqual(pieces.length)
      pieces.splice(kept, Infinity, ...finished.slice(kept))
      return joined([...pieces, ...open])
    },
  }
}

function feed(text: string, cuts: readonly number[], longChars: number | undefined, check: (shown: string, soFar: string) => void): number {
  const reader = createReader(longChars)
  let at = 0
  for (const cut of [...cuts, text.length]) {
    const next = Math.min(text.length, at + cut)
    reader.append(text.slice(at, next))
    at = next
    check(reader.shown(), text.slice(0, at))
  }
  return reader.partings()
}

describe('block renderer', () => {
  it('shows at each moment what a whole rendering would show, however the text is cut', () => {
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat({ max: 6 }), { maxLength: 60 }), (pieces, cuts) => {
      feed(pieces.join('').replaceAll('\r\n', '\n'), cuts, undefined, (shown, soFar) => expect(shown).toBe(html(soFar)))
    }), { numRuns: 300 })
  })

  const words = fc.array(fc.constantFrom('sugar', 'and', 'a **bold** one', '`code`', 'Ünïcödé', 'so.', 'x_y', '3 * 4', 'as said [1] there', '漢字を書く', '\n', '  \n'), { minLength: 60, maxLength: 200 }).map(list => list.join(' ').replaceAll(/\n\s*\n/g, '\n'))
  const codeLine = fc.constantFrom('let a = 1', '', '  if (a < 2)', '``', '# no heading', '- no list')
  const long = {
    'a paragraph': words.map(text => `First ${text}`),
    'code': fc.array(codeLine, { minLength: 30, maxLength: 150 }).map(lines => `\`\`\`js\n${lines.join('\n')}\n\`\`\`\n\nThen this.`),
    'a list': fc.array(fc.tuple(fc.constantFrom('- ', '1. '), fc.constantFrom('one', 'two\n  - nested\n  - more', 'three\n\n  with a paragraph', 'four'), fc.constantFrom('\n', '\n', '\n', '\n\n')), { minLength: 50, maxLength: 150 }).map(items => items.map(([mark, text, end]) => (items[0]?.[0] ?? '') + (mark === '1. ' ? text.split('\n')[0] ?? '' : text) + end).join('')),
    'a table': fc.array(fc.constantFrom('| a | b |', '| 1 | **2** |', '| x |', '| long cell with words | 3 |'), { minLength: 30, maxLength: 90 }).map(rows => `| k | v |\n|---|--:|\n${rows.join('\n')}\n\nThen this.`),
  }
  it.each(Object.keys(long) as (keyof typeof long)[])('parts %s that grows long, and shows the same', (kind) => {
    let partings = 0
    fc.assert(fc.property(long[kind], fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 40, maxLength: 160 }), (text, cuts) => {
      partings += feed(text, cuts, 160, (shown, soFar) => expect(shown).toBe(html(soFar)))
    }), { numRuns: 60 })
    expect(partings).toBeGreaterThan(30)
  })

  it('reads a block again as a whole when it turns out to be another one', () => {
    const line = `First ${'some words of it, '.repeat(60)}end`
    const reader = createReader(160)
    const shown = ['', '\n', '=', '==', '\n\nThen this.\n\nAnd this.'].map((more, index) => {
      reader.append(index === 0 ? line : more)
      return reader.shown()
    })
    expect(shown.map(text => text.startsWith('<p>') ? 'p' : text.slice(0, 4))).toEqual(['p', 'p', '<h1>', '<h1>', '<h1>'])
    expect(shown.at(-1)).toBe(html(`${line}\n===\n\nThen this.\n\nAnd this.`))
  })

  it('renders a finished block once', () => {
    const rendered: string[] = []
    const renderer = createBlockRenderer(markdown, (source) => {
      rendered.push(source)
      return source
    })
    for (const char of MARKDOWN_REPLY) {
      renderer.append(char)
      renderer.picture()
    }
    const first = html(MARKDOWN_REPLY.split('\n')[0] ?? '')
    const whole = rendered.lastIndexOf(first)
    // After the first line of the second block is whole, the first block is never touched again.
    expect(whole).toBeLessThan(MARKDOWN_REPLY.indexOf('\n2.') * 2)
    const { finished, open } = renderer.picture()
    expect([...finished, ...open].map(({ joins }) => joins)).toEqual([null, null, null, null, null])
  })

  it('starts anew after a reset', () => {
    const reader = createReader()
    reader.append('one\n\ntwo\n\nthree')
    reader.shown()
    reader.reset()
    reader.append('other')
    expect(reader.shown()).toBe('<p>other</p>\n')
  })
})

describe('a reply of 50,000 tokens', () => {
  const TOKENS = 50_000
  /** As many come with a picture at 200 a second on a screen of 60. */
  const TOKENS_IN_PICTURE = 4

  function paragraphs(index: number): string {
    return index % 60 === 0 ? '\n\nWords' : ' words'
  }

  const shapes: Readonly<Record<string, (index: number) => string>> = {
    'of paragraphs': paragraphs,
    'that is one paragraph': index => index === 0 ? 'Words' : ' words',
    'that is one line without a blank': () => '漢字を書く',
    'that is one paragraph with stray signs of emphasis': index => index % 40 === 0 ? ' 3 * 4 `' : ' words',
    'that is one block of code': index => index === 0 ? '```js\n' : index % 10 === 0 ? 'words()\n' : ' words',
    'that is one list': index => index % 12 === 0 ? '\n- words' : ' words',
    'that is one table': index => index === 0 ? '| a | b |\n|---|---|\n' : index % 8 === 0 ? '| words | words |\n' : '',
  }

  it.each(Object.keys(shapes))('%s costs as much at its end as at its beginning', (name) => {
    let parsedChars = 0
    let renderedChars = 0
    const counting = createMarkdown({ copyCode: () => 'Copy', code: () => 'Code' })
    const { parse, parseInline } = counting
    counting.parse = (source, env) => {
      parsedChars += source.length
      return parse.call(counting, source, env)
    }
    counting.parseInline = (source, env) => {
      parsedChars += source.length
      return parseInline.call(counting, source, env)
    }
    const renderer = createBlockRenderer(counting, (source) => {
      renderedChars += source.length
      return source
    })
    const tenths: { parsed: number, rendered: number }[] = []
    for (let index = 0; index < TOKENS; index++) {
      renderer.append(shapes[name]?.(index) ?? '')
      if (index % TOKENS_IN_PICTURE === 0)
        expect(renderer.picture().isHeavy).toBe(false)
      if (index % (TOKENS / 10) === TOKENS / 10 - 1) {
        tenths.push({ parsed: parsedChars, rendered: renderedChars })
        parsedChars = renderedChars = 0
      }
    }
    const [first, last] = [tenths[0], tenths.at(-1)]
    expect([(last?.parsed ?? 0) / (first?.parsed ?? 1), (last?.rendered ?? 0) / (first?.rendered ?? 1)].every(ratio => ratio < 1.5)).toBe(true)
    // The open end that is read for each picture is a few thousand characters.
    expect((last?.parsed ?? 0) / (TOKENS / 10 / TOKENS_IN_PICTURE)).toBeLessThan(20_000)
  }, 60_000)
})

describe('parser', () => {
  it.each([
    ['raw HTML', '<img src=x onerror=alert(1)>', '<p>&lt;img src=x onerror=alert(1)&gt;</p>\n'],
    ['a link', '[eggs](https://example.org/a?b&c)', '<p><span class="link">eggs</span> <span class="address">https://example.org/a?b&amp;c</span></p>\n'],
    ['a link that is its own address', '<https://example.org/>', '<p><span class="link">https://example.org/</span></p>\n'],
    ['a script address', '[x](javascript:alert(1))', '<p>[x](javascript:alert(1))</p>\n'],
    ['an image', '![a cat](https://example.org/c.png)', '<p><span class="link">a cat</span> <span class="address">https://example.org/c.png</span></p>\n'],
  ])('%s can be neither followed nor loaded', (_, source, expected) => {
    expect(html(source)).toBe(expected)
  })

  it('escapes what stands after a fence', () => {
    expect(html('```"><script>\nx < y\n```')).toBe('<div class="code"><div class="code-head"><span>Code</span><button type="button" data-copy>Copy</button></div><pre tabindex="0" role="group" aria-label="Code"><code>x &lt; y</code></pre></div>\n')
  })

  it('aligns cells without a style attribute', () => {
    const rendered = html('| a | b |\n|---|--:|\n| 1 | 2 |')
    expect(rendered).toContain('<td class="align-right">2</td>')
    expect(rendered).not.toContain('style=')
  })
})

describe('splitHeard', () => {
  it('takes a beginning as it is', () => {
    const heard = INTERRUPTED_REPLY.slice(0, 66)
    expect(splitHeard(INTERRUPTED_REPLY, heard)).toEqual({ heard, unheard: INTERRUPTED_REPLY.slice(66) })
  })

  it.each([
    ['nothing was heard', 'A **b** c.', '', { heard: '', unheard: 'A **b** c.' }],
    ['signs were left out', 'A **bold claim**, and more.', 'A bold claim', { heard: 'A **bold claim**,', unheard: ' and more.' }],
    ['a part was said in other words', 'See https://example.org/x now. Then rest.', 'See link now', { heard: 'See https://example.org/x now.', unheard: ' Then rest.' }],
    ['a word stands inside another one', 'An answer: a cat.', 'An — a', { heard: 'An answer: a', unheard: ' cat.' }],
    ['something else was heard', 'One two.', 'drei vier', { heard: '', unheard: 'One two.' }],
  ])('finds the place where %s', (_, reply, heard, expected) => {
    expect(splitHeard(reply, heard)).toEqual(expected)
  })

  it('loses no character', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (reply, heard) => {
      const split = splitHeard(reply, heard)
      expect(split.heard + split.unheard).toBe(reply)
    }))
  })
})
