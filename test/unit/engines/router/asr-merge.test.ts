import type { HearingSource, LiveEvent } from '../../../../src-main/engines/router/asr-merge'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AsrMerge } from '../../../../src-main/engines/router/asr-merge'

function partial(text: string, settled = false): LiveEvent {
  return { type: 'partial', text, stableChars: text.length, settled }
}

function told(merge: AsrMerge, ...events: readonly (readonly [HearingSource, LiveEvent])[]): (string | null)[] {
  return events.map(([source, event]) => {
    const out = merge.take(source, event)
    return out === null ? null : out.type === 'partial' ? `${out.text}|${out.stableChars}${out.settled ? ' settled' : ''}` : out.type
  })
}

const start: LiveEvent = { type: 'speech-start', atMs: 0 }
const end: LiveEvent = { type: 'speech-end', atMs: 9 }

describe('one account out of several recognitions', () => {
  it('the voice is told by the one that follows along, each change once', () => {
    expect(told(new AsrMerge(true), [0, start], ['follower', start], [0, end], ['follower', start], ['follower', end])).toEqual([null, 'speech-start', null, null, 'speech-end'])
    expect(told(new AsrMerge(false), [0, start], [1, end], [0, end])).toEqual(['speech-start', null, 'speech-end'])
  })

  it('goes on with another when the one that told the voice is lost', () => {
    const merge = new AsrMerge(true)
    told(merge, ['follower', start])
    merge.lost('follower')
    expect(told(merge, [0, start], [0, end])).toEqual([null, 'speech-end'])
  })

  it('text of the follower is shown until the service has as much, and promises nothing', () => {
    expect(told(new AsrMerge(true), ['follower', partial('one two', true)], [0, partial('One')], ['follower', partial('one two three')], [0, partial('One two three')], ['follower', partial('one two three four')], [0, partial('One', true)]))
      .toEqual(['one two|0', null, 'one two three|0', 'One two three|13', null, 'One|3 settled'])
  })

  it('comes back to the follower when the service is lost, once it has as much', () => {
    const merge = new AsrMerge(true)
    told(merge, [0, partial('One two three')])
    merge.lost(0)
    merge.promote()
    expect(told(merge, ['follower', partial('one two')], ['follower', partial('one two three four')], ['follower', partial('one two', true)])).toEqual([null, 'one two three four|18', 'one two|7 settled'])
  })

  it('never gets shorter by going over from one to another', () => {
    const source = fc.constantFrom<HearingSource>('follower', 0, 1)
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ source, length: fc.nat(30) }) },
      { weight: 1, arbitrary: fc.record({ lost: source }) },
    )
    fc.assert(fc.property(fc.boolean(), fc.array(step, { maxLength: 40 }), (follows, steps) => {
      const merge = new AsrMerge(follows)
      let shown: { source: HearingSource, length: number } | null = null
      for (const step of steps) {
        if ('lost' in step) {
          merge.lost(step.lost)
          continue
        }
        if (merge.take(step.source, partial('x'.repeat(step.length))) === null)
          continue
        if (shown !== null && shown.source !== step.source)
          expect(step.length).toBeGreaterThanOrEqual(shown.length)
        shown = step
      }
    }))
  })
})
