import type { Texts } from './texts'
import type { TrayView } from './tray-image'
import { Menu, nativeImage, Tray } from 'electron'

export interface TrayActions {
  readonly open: () => void
  readonly settings: () => void
  readonly pause: (paused: boolean) => void
  readonly quit: () => void
}

/** The icon near the clock: what Parley is doing, and the way back to its window. */
export function createTray(imageFor: (view: TrayView) => string, texts: Texts, actions: TrayActions): { update: (view: TrayView) => void, dispose: () => void } {
  let shown = ''
  const tray = new Tray(nativeImage.createFromPath(imageFor({ state: 'idle', listeningPaused: false })))
  tray.on('click', actions.open)

  function update(view: TrayView): void {
    const key = `${view.state}/${view.listeningPaused}`
    if (key === shown)
      return
    shown = key
    tray.setImage(nativeImage.createFromPath(imageFor(view)))
    tray.setToolTip(`Parley — ${view.listeningPaused ? texts.paused : texts.states[view.state]}`)
    tray.setContextMenu(Menu.buildFromTemplate([
      { label: view.listeningPaused ? texts.paused : texts.states[view.state], enabled: false },
      { type: 'separator' },
      { label: texts.open, click: actions.open },
      { label: texts.settings, click: actions.settings },
      { label: texts.pause, type: 'checkbox', checked: view.listeningPaused, click: item => actions.pause(item.checked) },
      { type: 'separator' },
      { label: texts.quit, click: actions.quit },
    ]))
  }

  return { update, dispose: () => tray.destroy() }
}
