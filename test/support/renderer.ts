import type { RendererHarness } from './renderer-harness/harness'
import { afterAll, beforeAll } from 'vitest'
import { launchRenderer } from './renderer-harness/harness'

/** The pages alone, for all tests of the calling file: opened before the first, closed after the last. */
export function useRenderer(): RendererHarness {
  let opened: RendererHarness | undefined
  beforeAll(async () => {
    opened = await launchRenderer()
  })
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]()
    opened = undefined
  })
  return new Proxy({} as RendererHarness, {
    get(_, name: keyof RendererHarness) {
      if (!opened)
        throw new Error('the pages are only there while tests run')
      return opened[name]
    },
  })
}
