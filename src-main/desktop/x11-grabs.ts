import type { X11Chord, X11Keymap } from './x11-keymap'
import type { X11Link } from './x11-link'

/** One grab: a key code with one exact set of modifiers. */
export interface Combo {
  readonly code: number
  readonly mask: number
}

/** Every grab that a chord needs: each of its key codes with each combination of the locks. */
export function combosOf(chord: X11Chord, keymap: X11Keymap): Combo[] {
  return chord.codes.flatMap(code => keymap.lockVariants.map(locks => ({ code, mask: chord.mask | locks })))
}

function nameOf({ code, mask }: Combo): string {
  return `${code}:${mask}`
}

/** What this connection has grabbed, and for whom. */
export class X11Grabs {
  readonly #owners = new Map<string, string>()

  /**
   * All or nothing: takes what the owner has not yet, and on the first refusal lets go of what was new.
   * False: another client, or another owner here, has one of them.
   */
  async take(link: X11Link, owner: string, combos: readonly Combo[]): Promise<boolean> {
    if (combos.some(combo => (this.#owners.get(nameOf(combo)) ?? owner) !== owner))
      return false
    const fresh = combos.filter(combo => !this.#owners.has(nameOf(combo)))
    const answers = await Promise.all(fresh.map(combo => link.grab(combo.code, combo.mask)))
    if (answers.every(Boolean)) {
      fresh.forEach(combo => this.#owners.set(nameOf(combo), owner))
      return true
    }
    fresh.filter((_, index) => answers[index]).forEach(combo => link.ungrab(combo.code, combo.mask))
    return false
  }

  /** Lets go of everything of the owner but what is to stay. */
  release(link: X11Link, owner: string, combos: readonly Combo[], except: readonly Combo[] = []): void {
    const staying = new Set(except.map(nameOf))
    for (const combo of combos) {
      const name = nameOf(combo)
      if (this.#owners.get(name) === owner && !staying.has(name)) {
        this.#owners.delete(name)
        link.ungrab(combo.code, combo.mask)
      }
    }
  }

  /** The connection is gone, and every grab with it. */
  forget(): void {
    this.#owners.clear()
  }
}
