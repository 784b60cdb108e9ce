import type { Clock } from '../../ports/clock'
import type { FocusedClient } from './x11-focus'
import type { Board } from './x11-keys-chord'
import type { InputSession, KeyStep, SessionKeys } from './x11-keys-session'
import type { CharacterSymbols } from './x11-keys-symbols'
import type { TypedKey } from './x11-typing-plan'
import { AppError } from '../../lib/app-error'
import { pause } from '../../lib/pause'
import { focusedClient } from './x11-focus'
import { LOCK } from './x11-keys-chord'
import { bitsOf, freeCodes } from './x11-keys-map'
import { KEYSYM } from './x11-keys-symbols'
import { createKeyFinder, planRound, symbolsOfText } from './x11-typing-plan'
import { untilRead } from './x11-typing-settled'

/** So many characters are sent at once; between them abort, focus and held modifiers are looked at. */
const KEYS_AT_ONCE = 32
/** How long a program may take to read its keys before a key is given another symbol. */
const READ_LIMIT_MS = 10_000
/** A program that can be asked is never further behind than this: so much may still come after an abort, or is read by another layout. */
const KEYS_AHEAD = 256
const CATCH_UP_LIMIT_MS = 1_000
/** How long a person may hold a modifier in the middle of it. */
const HELD_LIMIT_MS = 3_000
const HELD_POLL_MS = 10

export interface Typist {
  readonly session: InputSession
  readonly keys: SessionKeys
  readonly clock: Clock
  readonly symbols: CharacterSymbols
  /** Free keys and the symbols that they have been lent; outlives one text. */
  readonly lent: Map<number, number>
  /** The program that the lent keys were pressed for. */
  reader: FocusedClient | null
}

/**
 * Types a text. False, and nothing was typed: something in it cannot be. Throws `not-found` when the focus goes to another
 * window, `timeout` when the program does not read its keys or a modifier is held; what was typed stays.
 *
 * A program looks a key's symbol up when it reads the key, in the mapping of that moment: it must not change before. So free
 * keys get their symbols before the first press, and another one only after the program has read what there was.
 */
export async function typeText(typist: Typist, text: string, signal: AbortSignal): Promise<boolean> {
  const { session, keys, lent } = typist
  const characters = symbolsOfText(text, typist.symbols)
  if (!characters)
    return false
  const focus = await session.focus()
  const program = await focusedClient(session, focus)
  typist.reader = program
  let readUpTo = program?.answersPing ? 0 : Number.POSITIVE_INFINITY
  for (let at = 0; at < characters.length;) {
    signal.throwIfAborted()
    const board = await boardWithoutHeldModifiers(typist, signal)
    forgetTaken(board, lent)
    const ownBoard: Board = { ...board, isDown: code => lent.has(code) || board.isDown(code) }
    const free = [...new Set([...freeCodes(board.map), ...lent.keys()])].filter(code => !board.isDown(code))
    const round = planRound(characters, at, KEYS_AT_ONCE, { find: createKeyFinder(ownBoard), free, lent })
    if (!round && at === 0)
      return false
    if (!round)
      throw new AppError('internal', 'The keyboard has no free key any more.')
    if (round.reuses && !await untilRead(session, program, { clock: typist.clock, limitMs: READ_LIMIT_MS, signal }))
      throw new AppError('timeout', 'The program does not read its keys.', { retryable: true })
    if (round.lend.size > 0) {
      round.lend.forEach((keysym, code) => lent.set(code, keysym))
      await keys.lend(round.lend)
    }
    // Last, since all before it may have waited; the first keys are the caller's to answer for.
    const focused = await session.focus()
    if (at > 0 && focused !== focus && !await isSame(session, program, focused))
      throw new AppError('not-found', 'The focus went to another window.')
    await sendUnlocked(keys, board.locked, stepsOf(round.keys))
    at += round.keys.length
    if (at < characters.length && at - readUpTo >= KEYS_AHEAD) {
      // One that does not answer gets the rest without being asked again.
      const isRead = await untilRead(session, program, { clock: typist.clock, limitMs: CATCH_UP_LIMIT_MS, signal })
      readUpTo = isRead ? at : Number.POSITIVE_INFINITY
    }
  }
  return true
}

/** Takes the symbols back, once the program that they were for has read its keys or `limitMs` is over. */
export async function takeBack({ session, keys, clock, lent, reader }: Typist, limitMs: number, signal: AbortSignal): Promise<void> {
  if (lent.size === 0)
    return
  await untilRead(session, reader, { clock, limitMs, signal })
  forgetTaken({ map: await keys.map() }, lent)
  if (lent.size > 0)
    await keys.lend(new Map([...lent.keys()].map(code => [code, 0])))
  lent.clear()
}

interface HeldBoard extends Board {
  /** Modifiers that are locked and would change what keys write. */
  readonly locked: number
}

export async function readBoard(keys: SessionKeys): Promise<HeldBoard & { readonly held: number }> {
  const [map, state, isDown] = await Promise.all([keys.map(), keys.state(), keys.pressed()])
  // Num Lock and Scroll Lock change no letter, and their lights should not flicker.
  const harmless = (bitsOf(map, KEYSYM.numLock) | bitsOf(map, KEYSYM.scrollLock)) & ~LOCK
  return { map, group: state.group, isDown, locked: (state.lockedMods | state.latchedMods) & ~harmless, held: state.baseMods }
}

/** Sends keys with no lock in force; the locks are back before anybody else's key is seen. */
export async function sendUnlocked(keys: SessionKeys, locked: number, steps: readonly KeyStep[]): Promise<number> {
  if (locked === 0)
    return keys.send(steps)
  keys.setLocks(locked, 0)
  const sent = keys.send(steps)
  keys.setLocks(locked, locked)
  return sent
}

/** A modifier that is down would make commands of the characters. */
async function boardWithoutHeldModifiers({ keys, clock }: Typist, signal: AbortSignal): Promise<HeldBoard> {
  const endMs = clock.nowMs() + HELD_LIMIT_MS
  for (;;) {
    const board = await readBoard(keys)
    if (board.held === 0)
      return board
    if (clock.nowMs() >= endMs)
      throw new AppError('timeout', 'A modifier key is held down.', { retryable: true })
    await pause(clock, HELD_POLL_MS, signal)
  }
}

/** Another keyboard or layout was set: the keys have their own symbols again. */
function forgetTaken({ map }: Pick<Board, 'map'>, lent: Map<number, number>): void {
  for (const [code, keysym] of lent) {
    if (map.keys[code - map.minCode]?.keysyms[0] !== keysym)
      lent.delete(code)
  }
}

async function isSame(session: InputSession, program: FocusedClient | null, focus: number): Promise<boolean> {
  return (await focusedClient(session, focus))?.window === program?.window
}

/** Presses and releases; modifiers stay down between keys that share them. */
export function stepsOf(keys: readonly TypedKey[]): KeyStep[] {
  const steps: KeyStep[] = []
  let held: readonly number[] = []
  const hold = (modifiers: readonly number[]): void => {
    if (modifiers.join() === held.join())
      return
    steps.push(...[...held].reverse().map(code => ({ code, press: false })), ...modifiers.map(code => ({ code, press: true })))
    held = modifiers
  }
  for (const { code, modifiers } of keys) {
    hold(modifiers)
    steps.push({ code, press: true }, { code, press: false })
  }
  hold([])
  return steps
}
