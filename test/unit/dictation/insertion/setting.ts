import type { TextInjectorOptions } from '../../../../src-main/dictation/insertion/text-injector'
import type { InjectionTarget, InsertOptions, InsertReport, TextInjector } from '../../../../src-main/ports/text-injector'
import type { FakeDesktop, FakeDesktopOptions } from '../../../fakes/fake-desktop'
import type { ManualClock } from '../../../fakes/manual-clock'
import { expect } from 'vitest'
import { createTextInjector } from '../../../../src-main/dictation/insertion/text-injector'
import { silentLogger } from '../../../../src-main/ports/logger'
import { createFakeDesktop } from '../../../fakes/fake-desktop'
import { createManualClock } from '../../../fakes/manual-clock'

export interface Setting {
  readonly clock: ManualClock
  readonly desktop: FakeDesktop
  readonly injector: TextInjector
  readonly insert: (text: string, target: InjectionTarget | null, options?: Partial<InsertOptions>) => Promise<InsertReport>
  /** The insertion, with time passing as it needs, until the clipboard is settled. */
  readonly inserted: (text: string, target: InjectionTarget | null, options?: Partial<InsertOptions>) => Promise<InsertReport>
  /** Nothing is left open. */
  readonly close: () => Promise<void>
}

export function setting(options: Omit<FakeDesktopOptions, 'clock'> & Partial<Omit<TextInjectorOptions, 'clock'>> = {}): Setting {
  const clock = createManualClock()
  const desktop = createFakeDesktop({ ...options, clock })
  const injector = createTextInjector(desktop.input, { clock, logger: silentLogger, platform: 'linux', ...options })
  const insert: Setting['insert'] = (text, target, insertOptions) => injector.insert(text, target, { ...plain(), ...insertOptions })
  return {
    clock,
    desktop,
    injector,
    insert,
    async inserted(text, target, insertOptions) {
      const report = await desktop.until(insert(text, target, insertOptions))
      await desktop.until(injector.settled())
      return report
    },
    async close() {
      await desktop.until(injector[Symbol.asyncDispose]())
      // The world's own timers run out: a program that is still about to read.
      await desktop.pass(2_500)
      expect(desktop.keysDown()).toEqual([])
      expect(clock.pending).toBe(0)
      expect(desktop.disposed()).toBe(true)
    },
  }
}

export function plain(): InsertOptions {
  return { signal: new AbortController().signal, method: 'auto', chord: null, mayInsertNewlines: false }
}
