import type { Clock } from '../../ports/clock'
import type { KeySender } from '../../ports/text-injector'
import type { InputSession, SessionKeys } from './x11-keys-session'
import type { CharacterSymbols } from './x11-keys-symbols'
import type { Typist } from './x11-typing'
import type { TypedKey } from './x11-typing-plan'
import { AppError } from '../../lib/app-error'
import { pause } from '../../lib/pause'
import { parseKeys } from '../accelerator'
import { createSerialQueue } from '../serial-queue'
import { focusedClient } from './x11-focus'
import { planChord } from './x11-keys-chord'
import { bitsOf, freeCodes } from './x11-keys-map'
import { KEYSYM, loadCharacterSymbols } from './x11-keys-symbols'
import { readBoard, sendUnlocked, stepsOf, takeBack, typeText } from './x11-typing'

const MODIFIERS_POLL_MS = 10
/** So many presses of a chord are sent at once; between them the focus is looked at. */
const PRESSES_AT_ONCE = 32
/** How long lent keys keep their symbols when the program does not read: what it reads later would be lost. */
const TAKE_BACK_LIMIT_MS = 10_000
const LAST_TAKE_BACK_LIMIT_MS = 500

export interface X11Keys extends KeySender {
  /** Gives back what free keys were lent. */
  readonly close: () => Promise<void>
}

export interface X11KeysOptions {
  /** Throws `no-display`. */
  readonly open: () => Promise<InputSession>
  readonly clock: Clock
}

/** Presses keys by XTEST. */
export function createX11Keys({ open, clock }: X11KeysOptions): X11Keys {
  const serially = createSerialQueue()
  const never = new AbortController().signal
  let symbols: Promise<CharacterSymbols> | undefined
  let lending: Typist | undefined
  let givingBack = new AbortController()

  async function typistOf(session: InputSession, keys: SessionKeys): Promise<Typist> {
    symbols ??= loadCharacterSymbols()
    if (lending?.session !== session)
      lending = { session, keys, clock, symbols: await symbols, lent: new Map(), reader: null }
    return lending
  }

  /** Lent keys are given back after each use. Nobody waits for it, and the next use does not either: it finds them as they are. */
  function giveBackAfter(typist: Typist): void {
    if (typist.lent.size === 0)
      return
    givingBack = new AbortController()
    void serially(() => takeBack(typist, TAKE_BACK_LIMIT_MS, givingBack.signal)).catch(() => {})
  }

  /** One use after another. */
  function use<T>(step: (session: InputSession) => Promise<T>): Promise<T> {
    givingBack.abort()
    return serially(async () => step(await open()))
  }

  async function pressNow(session: InputSession, keys: SessionKeys, chord: string, count: number): Promise<boolean> {
    const board = await readBoard(keys)
    const accelerator = parseKeys(chord, 'linux')
    const plan = accelerator.kind === 'chord' ? planChord(board, accelerator) : null
    if (!plan)
      return false
    const typist = await typistOf(session, keys)
    let code = 'code' in plan.main ? plan.main.code : undefined
    if (code === undefined && 'keysym' in plan.main) {
      code = freeCodes(board.map).find(free => !board.isDown(free))
      if (code === undefined)
        return false
      typist.reader = await focusedClient(session)
      typist.lent.set(code, plan.main.keysym)
      await keys.lend(new Map([[code, plan.main.keysym]]))
    }
    const key = { code: code ?? 0, modifiers: plan.modifiers }
    try {
      const before = count > PRESSES_AT_ONCE ? await focusedClient(session) : null
      for (let left = count; left > 0; left -= PRESSES_AT_ONCE) {
        const focused = await sendUnlocked(keys, board.locked, stepsOf(Array.from<TypedKey>({ length: Math.min(left, PRESSES_AT_ONCE) }).fill(key)))
        if (left > PRESSES_AT_ONCE && (await focusedClient(session, focused))?.window !== before?.window)
          throw new AppError('not-found', 'The focus went to another window.')
      }
    }
    finally {
      giveBackAfter(typist)
    }
    return true
  }

  return {
    async modifiersUp(limitMs, signal) {
      const endMs = clock.nowMs() + limitMs
      for (;;) {
        signal.throwIfAborted()
        const { keys } = await open()
        // No keys of ours: nothing that a held modifier would spoil.
        if (!keys || await noModifierDown(keys))
          return true
        const leftMs = endMs - clock.nowMs()
        if (leftMs <= 0)
          return false
        await pause(clock, Math.min(MODIFIERS_POLL_MS, leftMs), signal)
      }
    },
    press: (chord, count = 1) => use(async session => session.keys ? pressNow(session, session.keys, chord, count) : false),
    type: (text, signal) => use(async (session) => {
      signal.throwIfAborted()
      if (!session.keys)
        return false
      const typist = await typistOf(session, session.keys)
      try {
        return await typeText(typist, text, signal)
      }
      finally {
        giveBackAfter(typist)
      }
    }),
    close: () => serially(async () => {
      if (lending && !lending.session.connection.isClosed)
        await takeBack(lending, LAST_TAKE_BACK_LIMIT_MS, never).catch(() => {})
    }),
  }
}

/** Keys that give Shift, Ctrl, Alt, Super, AltGr; what locks (Caps Lock, Num Lock) does not count. */
async function noModifierDown(keys: SessionKeys): Promise<boolean> {
  const [map, isDown] = await Promise.all([keys.map(), keys.pressed()])
  const locks = 2 | bitsOf(map, KEYSYM.numLock) | bitsOf(map, KEYSYM.scrollLock)
  return ![...map.modifiers].some(([code, bits]) => (bits & ~locks) !== 0 && isDown(code))
}
