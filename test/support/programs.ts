import type { Stage } from '../../scripts/stage/index.mjs'
import type { ChromiumOptions, ChromiumProgram } from './programs/chromium'
import type { GtkProgram } from './programs/gtk'
import type { ProgramOptions, TestProgram } from './programs/program'
import type { XtermOptions, XtermProgram } from './programs/xterm'
import { afterEach } from 'vitest'
import { openChromium } from './programs/chromium'
import { openEntry, openPassword, openTextView } from './programs/gtk'
import { openXterm } from './programs/xterm'

export { openChromium } from './programs/chromium'
export type { ChromiumProgram } from './programs/chromium'
export { openEntry, openTextView } from './programs/gtk'
export type { GtkProgram } from './programs/gtk'
export type { ProgramOptions, TestProgram } from './programs/program'
export { openXterm } from './programs/xterm'
export type { XtermOptions, XtermProgram } from './programs/xterm'

/** The real programs to write into. */
export interface Programs {
  readonly openEntry: (options?: ProgramOptions) => Promise<GtkProgram>
  readonly openPassword: (options?: ProgramOptions) => Promise<GtkProgram>
  readonly openTextView: (options?: ProgramOptions) => Promise<GtkProgram>
  readonly openXterm: (options?: XtermOptions) => Promise<XtermProgram>
  readonly openChromium: (options?: ChromiumOptions) => Promise<ChromiumProgram>
}

/** Opens programs on the stage for the calling test; they are closed after it. */
export function usePrograms(stage: () => Stage): Programs {
  const open: TestProgram[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map(program => program.close()))
  })
  function closedAfterwards<O, P extends TestProgram>(opener: (stage: Stage, options?: O) => Promise<P>): (options?: O) => Promise<P> {
    return async (options) => {
      const program = await opener(stage(), options)
      open.push(program)
      return program
    }
  }
  return {
    openEntry: closedAfterwards(openEntry),
    openPassword: closedAfterwards(openPassword),
    openTextView: closedAfterwards(openTextView),
    openXterm: closedAfterwards(openXterm),
    openChromium: closedAfterwards(openChromium),
  }
}
