import process from 'node:process'
import { createNativeKeys } from '../../src-main/desktop/inject/native-keys'
import { UiohookHotkeys } from '../../src-main/desktop/uiohook-hotkeys'
import { loadNativeKeyboard } from '../../src-main/desktop/uiohook-module'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'

/** What the parent asks: a method of the hotkeys and its arguments. */
export interface UiohookAsk {
  readonly call: 'start' | 'bind' | 'isDown' | 'rearm' | 'press'
  readonly accelerator?: string
}

// The entry of a process of its own: the native hook ends its process when its display goes away.
const hotkeys = new UiohookHotkeys({ clock: systemClock, logger: silentLogger, platform: 'linux' })
hotkeys.events.subscribe(event => process.send?.({ event }))

async function answer({ call, accelerator = '' }: UiohookAsk): Promise<unknown> {
  switch (call) {
    case 'start': return hotkeys.start()
    case 'bind': return hotkeys.bind({ id: 'talk', accelerator })
    case 'isDown': return hotkeys.isDown('talk')
    case 'rearm': return hotkeys.rearm()
    case 'press': return press(accelerator)
  }
}

async function press(chord: string): Promise<boolean> {
  const keys = createNativeKeys({ keyboard: await loadNativeKeyboard(), clock: systemClock, platform: 'linux' })
  try {
    return await keys.press(chord)
  }
  finally {
    keys.close()
  }
}

process.on('message', (ask: UiohookAsk) => {
  answer(ask).then(
    value => process.send?.({ value: value ?? null }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})

// The hook's thread does not let a process end by itself.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
