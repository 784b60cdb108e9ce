import type { LaunchedApp, LaunchOptions } from '../../scripts/stage/app.mjs'
import type { Stage, StageOptions } from '../../scripts/stage/index.mjs'
import type { KeySent } from '../../scripts/stage/x11.mjs'
import type { SettingsPatch, Snapshot, TurnView } from '../../src-main/contract/index'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { launchApp } from '../../scripts/stage/app.mjs'
import { defaultSettings } from '../../src-main/contract/index'
import { spokenFile } from './speech'
import { useStage } from './stage'

/** The text that `spokenFile` speaks, and what its answer must name. */
export type Question = Parameters<typeof spokenFile>[0]

type Ready = NonNullable<LaunchOptions['ready']>

export interface AppOptions {
  readonly stage?: StageOptions
  /** What every test may count on; all of it unless said otherwise. */
  readonly ready?: Ready
}

/** The program as a person meets it. Each test finds it at rest, with its default settings, in an empty conversation. */
export interface AppInUse {
  readonly stage: Stage
  readonly app: LaunchedApp
  /** Ended and started again over the same data; resolves when what is named is ready. */
  readonly restart: (ready?: Ready) => Promise<LaunchedApp>
  /** Presses the talk key (or another) and waits until it listens. */
  readonly listen: (keys?: string) => Promise<KeySent>
  /** Speaks a question into the microphone, to its end. */
  readonly say: (question: Question) => Promise<void>
  /** Holds the talk key for the length of a question. */
  readonly ask: (question: Question) => Promise<KeySent>
  /** The conversation's turns once there are `count` of them, all ended, and the program is at rest. */
  readonly turns: (count: number) => Promise<readonly TurnView[]>
  /** The same for the only one. */
  readonly turn: () => Promise<TurnView>
  /** Changes settings until the end of the test. */
  readonly set: (patch: SettingsPatch) => Promise<void>
}

/** The talk key is no setting that can be patched: it may be refused. */
function defaultsOf(section: keyof SettingsPatch): unknown {
  return section === 'hotkey' ? { mode: defaultSettings.hotkey.mode } : defaultSettings[section]
}

const isAtRest = ({ pipeline }: Snapshot): boolean => pipeline.state === 'idle' || pipeline.state === 'failed'

/**
 * The built program on a stage for all tests of the calling `describe` (or file): started before the first, ended after
 * the last, brought back to its beginnings before each.
 */
export function useApp({ stage: stageOptions = {}, ready = ['microphone', 'models', 'hotkey'] }: AppOptions = {}): AppInUse {
  const stage = useStage(stageOptions)
  let running: LaunchedApp | undefined
  let dataDir = ''
  /** What tests have set, as it was before. */
  let changed: SettingsPatch = {}

  const app = (): LaunchedApp => {
    if (!running)
      throw new Error('the program is only there while tests run')
    return running
  }

  async function start(parts: Ready): Promise<LaunchedApp> {
    running = await launchApp({ stage: stage(), dataDir, ready: parts })
    return running
  }

  async function end(): Promise<void> {
    const ending = running
    running = undefined
    await ending?.close()
  }

  /** Whatever a test left, failed ones too. */
  async function bringBack(): Promise<void> {
    if (stageOptions.sound !== false)
      await stage().startSound()
    if (!running || running.electron.process().exitCode !== null || running.electron.process().signalCode !== null) {
      await end().catch(() => {})
      await start(ready)
    }
    const { keyboard, request, until, untilReady } = app()
    await keyboard.releaseAll()
    await request('turn.stop')
    await until(isAtRest, { what: 'rest' })
    await request('settings.patch', changed)
    changed = {}
    if ((await request('app.snapshot')).hotkey.accelerator !== defaultSettings.hotkey.talk)
      await request('hotkey.set', { accelerator: defaultSettings.hotkey.talk })
    await request('conversation.create')
    await untilReady(ready)
  }

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-app-'))
    await start(ready)
  })
  beforeEach(bringBack)
  afterAll(async () => {
    await end()
    await rm(dataDir, { recursive: true, force: true })
  })

  async function listen(keys?: string): Promise<KeySent> {
    const sent = await app().keyDown(keys)
    await app().until(({ pipeline }) => pipeline.state === 'listening', { what: 'listening' })
    return sent
  }

  const say = (question: Question): Promise<void> => stage().playMic(spokenFile(question))

  async function turns(count: number): Promise<readonly TurnView[]> {
    const areEnded = (list: readonly TurnView[]): boolean => list.length >= count && list.every(({ end }) => end !== 'pending')
    return await app().until(snapshot => isAtRest(snapshot) && areEnded(snapshot.turns) ? snapshot.turns : null, { what: `${count} ended turns` })
  }

  return {
    get stage() {
      return stage()
    },
    get app() {
      return app()
    },
    async restart(parts = ready) {
      await end()
      return await start(parts)
    },
    listen,
    say,
    async ask(question) {
      await listen()
      await say(question)
      return await app().keyUp()
    },
    turns,
    turn: async () => (await turns(1))[0] as TurnView,
    set: async (patch) => {
      const defaults = Object.keys(patch).map(section => [section, defaultsOf(section as keyof SettingsPatch)])
      changed = { ...changed, ...Object.fromEntries(defaults) as SettingsPatch }
      await app().request('settings.patch', patch)
    },
  }
}
