import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { merge, mergeChanges } from '../../../src-main/lib/merge'

const tree = fc.letrec<{ node: Record<string, unknown> }>(tie => ({
  node: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.integer(), fc.array(fc.integer(), { maxLength: 2 }), tie('node'))),
})).node

describe('merging settings', () => {
  it('takes the changes of the one who changed', () => {
    fc.assert(fc.property(tree, tree, (base, changed) => {
      expect(mergeChanges(base, changed, base)).toEqual(changed)
      expect(mergeChanges(base, base, changed)).toEqual(changed)
      expect(mergeChanges(base, changed, changed)).toEqual(changed)
    }))
  })

  it('keeps both when they changed different leaves, and mine when the same', () => {
    const base = { a: { x: 1, y: 1 }, list: [1] }
    expect(mergeChanges(base, { a: { x: 2, y: 1 }, list: [1] }, { a: { x: 1, y: 3 }, list: [1, 2] })).toEqual({ a: { x: 2, y: 3 }, list: [1, 2] })
    expect(mergeChanges(base, { a: { x: 2, y: 1 }, list: [5] }, { a: { x: 9, y: 1 }, list: [1] })).toEqual({ a: { x: 9, y: 1 }, list: [5] })
  })

  it('lays one on the other', () => {
    expect(merge({ a: { x: 1, y: [1] } }, { a: { y: [2], x: undefined }, b: null })).toEqual({ a: { x: 1, y: [2] }, b: null })
  })
})
