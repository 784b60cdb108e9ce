import type { Stage } from '../../scripts/stage/index.mjs'
import type { StageKeyboard } from '../../scripts/stage/x11.mjs'
import { afterEach } from 'vitest'
import { openStageKeyboard } from '../../scripts/stage/x11.mjs'

export { openStageKeyboard } from '../../scripts/stage/x11.mjs'
export type { StageKeyboard } from '../../scripts/stage/x11.mjs'

/** A keyboard at the stage's display for the calling test; closed after it, with every key released. */
export function useKeyboard(stage: () => Stage): () => Promise<StageKeyboard> {
  const open: StageKeyboard[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map(keyboard => keyboard.close()))
  })
  return async () => {
    const keyboard = await openStageKeyboard({ display: stage().env['DISPLAY'] ?? '' })
    open.push(keyboard)
    return keyboard
  }
}
