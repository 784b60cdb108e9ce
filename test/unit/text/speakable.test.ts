import { describe, expect, it } from 'vitest'
import { speakable } from '../../../src-main/text/speakable'

describe('speakable', () => {
  it.each([
    ['**Bold** and _italic_ and ~~gone~~', 'Bold and italic and gone'],
    ['See https://www.example.com/path?x=1.', 'See example.com.'],
    ['![a cat](cat.png) and [a link](http://x.y)', 'a cat and a link'],
    ['Call `my_function()` now', 'Call my function now'],
    ['2 * 3 = 6', '2 times 3 equals 6'],
    ['a → b', 'a to b'],
    ['Tom & Jerry', 'Tom and Jerry'],
    ['Great 🎉👍🏽 work 🇩🇪', 'Great work'],
    ['> quoted words', 'quoted words'],
    ['## Heading ##', 'Heading'],
    ['- [x] done', 'done'],
    ['snake_case stays words', 'snake case stays words'],
    ['<b>bold</b> &amp; more', 'bold and more'],
    ['5 < 6', '5 less than 6'],
    ['~20 people', 'about 20 people'],
    ['***', ''],
    ['🙂', ''],
    ['...', ''],
    ['漢字です', '漢字です'],
    ['It\'s the dog\'s', 'It\'s the dog\'s'],
  ])('%s', (source, spoken) => {
    expect(speakable(source)).toBe(spoken)
  })
})
