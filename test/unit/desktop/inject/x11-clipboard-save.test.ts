import type { Conversion, ConversionWatch, Requestor } from '../../../../src-main/desktop/inject/x11-clipboard-request'
import type { SelectionValue } from '../../../../src-main/desktop/inject/x11-clipboard-session'
import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { createPatience } from '../../../../src-main/desktop/inject/x11-clipboard-save'
import { createManualClock } from '../../../fakes/manual-clock'

interface Asked {
  readonly target: number
  readonly watch: ConversionWatch
  readonly give: (bytes: number) => void
}

/** An owner that answers when the test lets it. */
function createOwner(): Requestor & { readonly asked: Asked[] } {
  const asked: Asked[] = []
  return {
    asked,
    idleWindows: 0,
    convert(_, target, watch): Conversion {
      let settle!: (value: SelectionValue | null) => void
      const value = new Promise<SelectionValue | null>((resolve) => {
        settle = resolve
      })
      const give = (bytes: number): void => {
        watch.take(bytes)
        settle({ type: 1, format: 8, data: Buffer.alloc(bytes) })
      }
      asked.push({ target, watch, give })
      return { value, cancel: () => settle(null) }
    },
  }
}

describe('patience with the owner of a clipboard', () => {
  function create({ maxBytes = 1_000, signal = new AbortController().signal } = {}) {
    const clock = createManualClock()
    return { clock, owner: createOwner(), patience: createPatience({ clock }, signal, maxBytes) }
  }

  it('ends after 300 ms in which nothing was done, for everything that is asked', async () => {
    const { clock, owner, patience } = create()
    const first = patience.ask(owner, 1, 10)
    const second = patience.ask(owner, 1, 11)
    clock.advance(299)
    owner.asked[1]?.give(5)
    expect((await second)?.data.length).toBe(5)
    expect(patience.isOver).toBe(false)
    clock.advance(1)
    expect(await first).toBeNull()
    expect(patience.isOver).toBe(true)
    expect(await patience.ask(owner, 1, 12)).toBeNull()
    expect(owner.asked).toHaveLength(2)
    expect(clock.pending).toBe(0)
  })

  it('lasts while bytes flow, and 5 s at most', async () => {
    const { clock, owner, patience } = create()
    const value = patience.ask(owner, 1, 10)
    for (let i = 0; i < 24; i++) {
      clock.advance(200)
      owner.asked[0]?.watch.progress()
    }
    expect(patience.isOver).toBe(false)
    clock.advance(200)
    expect(patience.isOver).toBe(true)
    expect(await value).toBeNull()
    expect(clock.pending).toBe(0)
  })

  it('is longer where a picture is computed', () => {
    const { clock, owner, patience } = create()
    void patience.ask(owner, 1, 10)
    patience.allow(1_000)
    clock.advance(999)
    expect(patience.isOver).toBe(false)
    clock.advance(1)
    expect(patience.isOver).toBe(true)
  })

  it('gives one room to everything', async () => {
    const { owner, patience } = create({ maxBytes: 100 })
    const first = patience.ask(owner, 1, 10)
    void patience.ask(owner, 1, 11)
    owner.asked[0]?.give(60)
    await first
    expect(owner.asked[1]?.watch.room()).toBe(40)
    patience.end()
  })

  it('ends with its signal, and leaves no timer', async () => {
    const controller = new AbortController()
    const { clock, owner, patience } = create({ signal: controller.signal })
    const value = patience.ask(owner, 1, 10)
    controller.abort()
    expect(await value).toBeNull()
    expect(clock.pending).toBe(0)
  })
})
