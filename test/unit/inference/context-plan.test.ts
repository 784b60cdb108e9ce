import type { TokenisedMessage } from '../../../src-main/inference/child/chat/context-plan'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitTurns, planReuse } from '../../../src-main/inference/child/chat/context-plan'

const message = (role: TokenisedMessage<number>['role'], size: number): TokenisedMessage<number> => ({ role, tokens: Array.from({ length: size }, (_, i) => i) })
const system = message('system', 10)
const turn = (size: number): TokenisedMessage<number>[] => [message('user', size), message('assistant', size)]

describe('fit turns', () => {
  it('keeps everything that fits', () => {
    const messages = [system, ...turn(10), message('user', 5)]
    expect(fitTurns(messages, { budget: 35, droppedTurns: 0 })).toEqual({ kept: messages, droppedTurns: 0 })
  })

  it('leaves out whole turns, oldest first, the system kept, with room for the next ones', () => {
    const messages = [system, ...turn(10), ...turn(11), ...turn(12), message('user', 5)]
    expect(fitTurns(messages, { budget: 80, droppedTurns: 0 })).toEqual({ kept: [system, ...turn(12), message('user', 5)], droppedTurns: 2 })
  })

  it('does not take turns back that were left out before', () => {
    const messages = [system, ...turn(10), ...turn(11), ...turn(12), message('user', 5)]
    expect(fitTurns(messages, { budget: 1000, droppedTurns: 1 })?.droppedTurns).toBe(1)
  })

  it('starts anew with a shorter conversation', () => {
    expect(fitTurns([system, message('user', 5)], { budget: 1000, droppedTurns: 3 })?.droppedTurns).toBe(0)
  })

  it('says when the last turn alone is too long', () => {
    expect(fitTurns([system, message('user', 50)], { budget: 40, droppedTurns: 0 })).toBeNull()
  })

  it('fits, keeps order, and always keeps system and last turn', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 })
    fc.assert(fc.property(sizes, fc.integer({ min: 80, max: 400 }), fc.nat(40), (turns, budget, droppedTurns) => {
      const messages = [system, ...turns.slice(0, -1).flatMap(turn), message('user', turns.at(-1) as number)]
      const fit = fitTurns(messages, { budget, droppedTurns })
      expect(fit).not.toBeNull()
      const kept = fit?.kept ?? []
      expect(kept.reduce((sum, each) => sum + each.tokens.length, 0)).toBeLessThanOrEqual(budget)
      expect(kept[0]).toBe(system)
      expect(messages.slice(-(kept.length - 1))).toEqual(kept.slice(1))
      expect(kept[1]?.role).toBe('user')
    }))
  })
})

describe('plan reuse', () => {
  function apply(held: readonly number[], wanted: readonly number[]): { kept: number[], plan: ReturnType<typeof planReuse> } {
    const plan = planReuse(held, wanted)
    return { kept: [...held.slice(0, plan.eraseFrom), ...held.slice(plan.eraseTo)].slice(0, plan.kept), plan }
  }

  it('what is kept is always the beginning of what is wanted, and something is left to compute', () => {
    const tokens = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 120 })
    fc.assert(fc.property(tokens, tokens, (held, wanted) => {
      const { kept, plan } = apply(held, wanted)
      expect(kept).toEqual(wanted.slice(0, plan.kept))
      if (wanted.length > 0)
        expect(plan.kept).toBeLessThan(wanted.length)
    }))
  })

  it('moves what follows turns that were left out', () => {
    const head = [1, 2, 3]
    const dropped = Array.from({ length: 50 }, (_, i) => 100 + i)
    const rest = Array.from({ length: 80 }, (_, i) => 300 + i)
    const { plan } = apply([...head, ...dropped, ...rest], [...head, ...rest, 7, 8])
    expect(plan).toEqual({ eraseFrom: 3, eraseTo: 53, kept: 83 })
  })

  it('computes anew what is short', () => {
    expect(planReuse([1, 2, 9, 9, 3, 4], [1, 2, 3, 4, 5])).toEqual({ eraseFrom: 2, eraseTo: 2, kept: 2 })
  })

  it('leaves the last token to compute when all is held', () => {
    expect(planReuse([1, 2, 3], [1, 2, 3]).kept).toBe(2)
  })
})
