import type { ElectronApplication, Page } from 'playwright-core'
import type { RequestInput, RequestName, RequestOutput, Snapshot } from '../../src-main/contract/index'
import type { Stage } from './index.mjs'
import type { KeySent, StageKeyboard } from './x11.mjs'

export interface LaunchOptions {
  readonly stage: Stage
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Kept when given; else a fresh one that is removed by `close`. */
  readonly dataDir?: string
  readonly args?: readonly string[]
  /** What must be ready before `launchApp` resolves; all by default. */
  readonly ready?: readonly ('microphone' | 'models' | 'hotkey')[]
  readonly timeoutMs?: number
}

/** The built program in Electron on a stage, driven by X keys and seen through its own window. */
export interface LaunchedApp extends AsyncDisposable {
  readonly electron: ElectronApplication
  /** The main window. */
  readonly page: Page
  readonly keyboard: StageKeyboard
  readonly dataDir: string
  /** Monotonic ms just before the process was started. */
  readonly startedAtMs: number
  readonly pid: number
  readonly overlay: () => Promise<Page>
  readonly snapshot: () => Promise<Snapshot>
  readonly request: <N extends RequestName>(name: N, input?: RequestInput<N>) => Promise<RequestOutput<N>>
  /** Resolves with the first truthy answer; asked now and after each of main's events. */
  readonly until: <T>(accepts: (snapshot: Snapshot) => T, options?: { readonly timeoutMs?: number, readonly what?: string }) => Promise<NonNullable<T>>
  /** Resolves when what is named is ready; by default what `launchApp` waited for. */
  readonly untilReady: (parts?: readonly ('microphone' | 'models' | 'hotkey')[]) => Promise<true>
  /** The talk key, unless another is named. */
  readonly keyDown: (keys?: string) => Promise<KeySent>
  readonly keyUp: (keys?: string) => Promise<KeySent>
  /** The program's own log, parsed. */
  readonly log: () => Promise<Record<string, unknown>[]>
  readonly close: () => Promise<void>
}

export function launchApp(options: LaunchOptions): Promise<LaunchedApp>
