import type { FocusProbe, InjectionTarget } from '../../ports/text-injector'
import { Emitter } from '../../lib/emitter'

/** What stands for whatever has the focus where no program is told what that is. */
const ANYTHING: InjectionTarget = { id: 'anything', appId: '', title: '', pid: null }

/** Nobody tells a program what has the focus (GNOME, KDE, Windows and macOS without a native module). */
export function createBlindFocus(): FocusProbe {
  return {
    isBlind: true,
    current: async () => ANYTHING,
    stateOf: async () => 'focused',
    activity: () => null,
    changes: new Emitter<void>(),
  }
}
