import type { Ref } from 'vue'
import { ref } from 'vue'
import { isMac, recordAccelerator } from './accelerator'

export interface KeyRecorder {
  readonly recording: Readonly<Ref<boolean>>
  /** Modifiers that are down so far. */
  readonly pressed: Readonly<Ref<readonly string[]>>
  /** Why the last stroke was no key: `hotkey.<hint>` in the locales. */
  readonly hint: Readonly<Ref<'' | 'needsModifier' | 'unknown'>>
  readonly start: () => void
  readonly stop: () => void
  /** For the element that has the focus meanwhile; it needs `data-records-keys`, so that Esc ends nothing else. */
  readonly onKeyDown: (event: KeyboardEvent) => void
  readonly onKeyUp: (event: KeyboardEvent) => void
}

/** Reads one key with its modifiers from the keyboard. Esc leaves without one. */
export function useKeyRecorder(done: (accelerator: string) => void): KeyRecorder {
  const recording = ref(false)
  const pressed = ref<readonly string[]>([])
  const hint = ref<'' | 'needsModifier' | 'unknown'>('')

  function start(): void {
    recording.value = true
    pressed.value = []
    hint.value = ''
  }

  function stop(): void {
    recording.value = false
    pressed.value = []
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (!recording.value)
      return
    // Tab too: every key is an answer here. Esc alone leaves.
    event.preventDefault()
    event.stopPropagation()
    if (event.repeat)
      return
    if (event.key === 'Escape' && !event.ctrlKey && !event.altKey && !event.metaKey) {
      stop()
      return
    }
    const recorded = recordAccelerator(event, isMac)
    switch (recorded.kind) {
      case 'partial':
        pressed.value = recorded.modifiers
        hint.value = ''
        break
      case 'complete':
        stop()
        done(recorded.accelerator)
        break
      case 'needs-modifier':
        hint.value = 'needsModifier'
        break
      case 'unknown':
        hint.value = 'unknown'
        break
    }
  }

  function onKeyUp(event: KeyboardEvent): void {
    if (!recording.value)
      return
    // A button answers to the release of the space bar.
    event.preventDefault()
    const recorded = recordAccelerator(event, isMac)
    pressed.value = recorded.kind === 'partial' ? recorded.modifiers : []
  }

  return { recording, pressed, hint, start, stop, onKeyDown, onKeyUp }
}
