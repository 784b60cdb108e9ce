import type { Stage } from '../../scripts/stage/index.mjs'
import type { StageKeyboard } from '../../scripts/stage/x11.mjs'
import type { InputSession } from '../../src-main/desktop/inject/x11-keys-session'
import type { DesktopInput, InjectionTarget, InsertMethod, InsertOptions, InsertReport, TextInjector } from '../../src-main/ports/text-injector'
import type { TestProgram } from './programs'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { openStageKeyboard } from '../../scripts/stage/x11.mjs'
import { openSelectionSession } from '../../src-main/desktop/inject/x11-clipboard-session'
import { createX11Input } from '../../src-main/desktop/inject/x11-input'
import { createActivity } from '../../src-main/desktop/inject/x11-keys-activity'
import { openInputSession } from '../../src-main/desktop/inject/x11-keys-session'
import { createTextInjector } from '../../src-main/dictation/insertion/text-injector'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { ask } from './x11-clipboard'

const run = promisify(execFile)

export const PLAIN = 'The quick brown fox jumps over the lazy dog, twice.'
export const MIXED = 'Ünïcödé — “quotes” 漢字 🙂 שלום'
/** 5,000 characters of sentences, no two alike. */
export const LONG = Array.from({ length: 200 }, (_, i) => `Sentence ${i} is about the number ${i * i}. `).join('').slice(0, 5_000)
export const LINES = 'first line\nsecond line\n\nfourth line: the end.'

/** A keyboard as any program sees it. */
export interface KeyboardState {
  /** Key codes that are down. */
  readonly down: readonly number[]
  readonly group: number
  readonly lockedMods: number
  readonly latchedMods: number
  /** GetKeyboardMapping and GetModifierMapping. */
  readonly mapping: readonly (readonly number[])[]
  readonly modifiers: readonly (readonly number[])[]
}

export interface InsertionWorld {
  readonly injector: TextInjector
  readonly input: DesktopInput
  readonly keyboard: StageKeyboard
  readonly display: string
  /** With `auto`, the table's chord, and no line break where it submits. */
  readonly insert: (text: string, target: InjectionTarget | null, options?: Partial<InsertOptions>) => Promise<InsertReport>
  /** Gives a window the focus and tells what the injector knows of it. */
  readonly focus: (program: { readonly window: number }) => Promise<InjectionTarget>
  readonly keyboardState: () => Promise<KeyboardState>
  /** Counts presses of keys that are no modifiers from now on, whoever makes them; until the end of the test. */
  readonly countPresses: () => Promise<{ readonly until: (count: number) => Promise<void> }>
  /** Every format of the clipboard, by name and in order, as type, element size and hash; null: it has no owner. */
  readonly clipboardContent: () => Promise<readonly string[] | null>
}

/** The real injector on the stage, and eyes for what it must leave as it was; one for all tests of the calling `describe`. */
export function useInsertion(stage: () => Stage): () => InsertionWorld {
  let world: Awaited<ReturnType<typeof openInsertion>> | undefined
  beforeAll(async () => {
    world = await openInsertion(stage())
  })
  afterEach(() => world?.endCounting())
  afterAll(async () => {
    await world?.injector[Symbol.asyncDispose]()
    await world?.keyboard.close()
    world = undefined
  })
  return () => {
    if (!world)
      throw new Error('the injector is only there while tests run')
    return world
  }
}

/** Programs that live as long as the tests of the calling `describe`; gives back what it is given. */
export function useSharedPrograms(): <P extends TestProgram>(program: P) => P {
  const open: TestProgram[] = []
  afterAll(async () => {
    await Promise.all(open.splice(0).map(program => program.close()))
  })
  return (program) => {
    open.push(program)
    return program
  }
}

async function openInsertion(stage: Stage): Promise<InsertionWorld & { readonly endCounting: () => void }> {
  const display = stage.env['DISPLAY'] ?? ''
  const input = createX11Input({ display, clock: systemClock, logger: silentLogger })
  await input.start()
  const injector = createTextInjector(input, { clock: systemClock, logger: silentLogger, platform: 'linux' })
  const keyboard = await openStageKeyboard({ display })
  const counting: InputSession[] = []
  return {
    endCounting: () => counting.splice(0).forEach(({ connection }) => connection.close()),
    async countPresses() {
      const activity = createActivity()
      counting.push(await openInputSession({ display, clock: systemClock, activity }))
      const before = activity.count() ?? 0
      return {
        async until(count) {
          await keyboard.waitFor(() => (activity.count() ?? 0) - before >= count, { what: `${count} key presses` })
        },
      }
    },
    injector,
    input,
    keyboard,
    display,
    insert: (text, target, options) => injector.insert(text, target, { ...insertOptions(), ...options }),
    async focus({ window }) {
      await run('xdotool', ['windowactivate', '--sync', String(window)], { env: { ...process.env, ...stage.env } })
      await keyboard.waitForFocus(window)
      return await keyboard.waitFor(async () => {
        const target = await injector.target()
        return target?.id === String(window) ? target : null
      }, { what: `the focus of ${window}` }) as InjectionTarget
    },
    keyboardState: () => keyboardState(display),
    clipboardContent: () => clipboardContent(display),
  }
}

export function insertOptions(method: InsertMethod = 'auto'): InsertOptions {
  return { signal: new AbortController().signal, method, chord: null, mayInsertNewlines: false }
}

async function keyboardState(display: string): Promise<KeyboardState> {
  const { connection, keys } = await openInputSession({ display, clock: systemClock, activity: createActivity() })
  try {
    const { client: X, request, minKeycode, maxKeycode } = connection
    if (!keys)
      throw new Error('the stage has no XTEST')
    const [state, isDown, mapping, modifiers] = await Promise.all([
      keys.state(),
      keys.pressed(),
      request<number[][]>(done => X.GetKeyboardMapping(minKeycode, maxKeycode - minKeycode + 1, done)),
      request<number[][]>(done => X.GetModifierMapping(done)),
    ])
    const { group, lockedMods, latchedMods } = state
    const down = mapping.map((_, i) => minKeycode + i).filter(isDown)
    return { down, group, lockedMods, latchedMods, mapping, modifiers }
  }
  finally {
    connection.close()
  }
}

/** What tells of a selection, and is no content of it. */
const ABOUT = ['TARGETS', 'TIMESTAMP', 'MULTIPLE', 'SAVE_TARGETS', 'DELETE', 'INSERT_PROPERTY', 'INSERT_SELECTION']

async function clipboardContent(display: string): Promise<readonly string[] | null> {
  const session = await openSelectionSession({ display, clock: systemClock })
  try {
    if (await session.ownerOf(session.atoms.CLIPBOARD) === 0)
      return null
    const targets = (await ask(session, 'TARGETS'))?.data
    const names = await Promise.all(Array.from({ length: (targets?.length ?? 0) >> 2 }, (_, i) => session.atomName(targets?.readUInt32LE(i * 4) ?? 0)))
    const told: string[] = []
    for (const name of names.filter(name => !ABOUT.includes(name))) {
      const value = await ask(session, name)
      const hash = value && createHash('sha256').update(value.data).digest('hex').slice(0, 16)
      told.push(value ? `${name}: ${await session.atomName(value.type)}/${value.format}, ${value.data.length} bytes, ${hash}` : `${name}: refused`)
    }
    return told
  }
  finally {
    session.close()
  }
}
