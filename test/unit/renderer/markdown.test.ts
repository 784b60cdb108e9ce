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

describe('block renderer', () => {
  it('shows at each moment what a whole rendering would show, however the text is cut', () => {
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat({ max: 6 }), { maxLength: 60 }), (pieces, cuts) => {
      const text = pieces.join('').replaceAll('\r\n', '\n')
      const renderer = createBlockRenderer(markdown, source => source)
      let shown = 0
      for (const cut of [...cuts, text.length]) {
        shown = Math.min(text.length, shown + cut)
        const soFar = text.slice(0, shown)
        expect(renderer.render(soFar).map(block => block.html).join('')).toBe(html(soFar))
      }
    }), { numRuns: 300 })
  })

  it('renders a finished block once', () => {
    const rendered: string[] = []
    const renderer = createBlockRenderer(markdown, (source) => {
      rendered.push(source)
      return source
    })
    for (let end = 1; end <= MARKDOWN_REPLY.length; end++)
      renderer.render(MARKDOWN_REPLY.slice(0, end))
    const first = html(MARKDOWN_REPLY.split('\n')[0] ?? '')
    const whole = rendered.lastIndexOf(first)
    // After the first line of the second block is whole, the first block is never touched again.
    expect(whole).toBeLessThan(MARKDOWN_REPLY.indexOf('\n2.') * 2)
    expect(renderer.render(MARKDOWN_REPLY).map(block => block.index)).toEqual([0, 1, 2, 3, 4])
  })

  it('starts anew with a text that does not continue the former one', () => {
    const renderer = createBlockRenderer(markdown, source => source)
    renderer.render('one\n\ntwo\n\nthree')
    expect(renderer.render('other').map(block => block.html)).toEqual(['<p>other</p>\n'])
  })
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
