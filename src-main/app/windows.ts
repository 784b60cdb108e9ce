import type { BrowserWindowConstructorOptions, WebContents } from 'electron'
import type { Clock } from '../ports/clock'
import { join } from 'node:path'
import process from 'node:process'
import { app, BrowserWindow, screen } from 'electron'
import { OVERLAY, pillShape } from './overlay-shape'
import { isOwnUrl, pageUrl } from './own-pages'

/** How long the overlay stays after the last word, and after an error. */
const OVERLAY_LINGER_MS = 500
const OVERLAY_ERROR_MS = 4_000

const PREFERENCES = {
  preload: join(__dirname, '../preload/index.js'),
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  webviewTag: false,
  spellcheck: false,
} as const satisfies BrowserWindowConstructorOptions['webPreferences']

/** Refuses everything a page of ours never needs: going elsewhere, opening windows, permissions. */
function harden(contents: WebContents): void {
  contents.on('will-navigate', (event, url) => {
    if (!isOwnUrl(url))
      event.preventDefault()
  })
  contents.on('will-attach-webview', event => event.preventDefault())
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.session.setPermissionRequestHandler((_, __, decide) => decide(false))
  contents.session.setPermissionCheckHandler(() => false)
}

export interface Windows {
  /** Brings the main window up, on the given view. */
  show: (view?: 'conversation' | 'settings') => void
  /** `busy`: for as long as it lasts. `trouble`: for the time it takes to read why. */
  showOverlay: (why: { readonly busy: boolean, readonly trouble: boolean }) => void
  /** Cuts the overlay's window to its pill, where the system may have no compositor. */
  shapeOverlay: (pillWidthPx: number) => void
  readonly contents: () => readonly WebContents[]
  readonly isMainVisible: () => boolean
  dispose: () => void
}

export interface WindowOptions {
  readonly icon: string
  readonly clock: Clock
  /** Closing the main window hides it while this is true (there is a tray, or a hotkey, to come back by). */
  readonly keepRunning: () => boolean
  readonly onMainVisibility: (visible: boolean) => void
}

export function createWindows({ icon, clock, keepRunning, onMainVisibility }: WindowOptions): Windows {
  let main: BrowserWindow | null = null
  let quitting = false
  let cancelHide: (() => void) | undefined
  const overlay = createOverlay()
  const onBeforeQuit = (): void => {
    quitting = true
  }
  app.on('before-quit', onBeforeQuit)

  function createMain(view: 'conversation' | 'settings'): BrowserWindow {
    const window = new BrowserWindow({
      width: 1080,
      height: 760,
      minWidth: 480,
      minHeight: 560,
      show: false,
      icon,
      title: 'Parley',
      backgroundColor: '#00000000',
      webPreferences: PREFERENCES,
    })
    harden(window.webContents)
    // A hidden menu bar comes out when Alt is let go, which the talk key's own Alt would do each time. macOS has its menu elsewhere.
    window.removeMenu()
    window.once('ready-to-show', () => window.show())
    window.on('show', () => onMainVisibility(true))
    window.on('hide', () => onMainVisibility(false))
    window.on('close', (event) => {
      if (!quitting && keepRunning()) {
        event.preventDefault()
        window.hide()
      }
    })
    window.on('closed', () => {
      main = null
      onMainVisibility(false)
      if (!quitting && !keepRunning())
        app.quit()
    })
    void window.loadURL(`${pageUrl('index')}#/${view === 'settings' ? 'settings' : ''}`)
    return window
  }

  function createOverlay(): BrowserWindow {
    const window = new BrowserWindow({
      width: OVERLAY.width,
      height: OVERLAY.height,
      show: false,
      frame: false,
      transparent: true,
      resizable: false,
      movable: false,
      minimizable: false,
      maximizable: false,
      fullscreenable: false,
      skipTaskbar: true,
      hasShadow: false,
      // Never takes the focus from the window the user works in: on X11 the window manager is not asked at all.
      focusable: false,
      alwaysOnTop: true,
      title: 'Parley overlay',
      // Drawn before it is shown, at once: what it says is old half a second later. At rest it draws nothing.
      webPreferences: { ...PREFERENCES, backgroundThrottling: false },
    })
    harden(window.webContents)
    window.setIgnoreMouseEvents(true)
    window.setAlwaysOnTop(true, 'screen-saver')
    window.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true })
    void window.loadURL(pageUrl('overlay'))
    return window
  }

  function placeOverlay(): void {
    const { workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint())
    overlay.setBounds({
      x: Math.round(workArea.x + (workArea.width - OVERLAY.width) / 2),
      y: workArea.y + workArea.height - OVERLAY.height - OVERLAY.bottomMargin,
      width: OVERLAY.width,
      height: OVERLAY.height,
    })
  }

  return {
    show(view) {
      if (main === null) {
        main = createMain(view ?? 'conversation')
        return
      }
      if (view !== undefined)
        void main.loadURL(`${pageUrl('index')}#/${view === 'settings' ? 'settings' : ''}`)
      if (main.isMinimized())
        main.restore()
      main.show()
      main.focus()
    },
    showOverlay({ busy, trouble }) {
      if (overlay.isDestroyed())
        return
      cancelHide?.()
      cancelHide = undefined
      if (busy || trouble) {
        if (!overlay.isVisible()) {
          placeOverlay()
          overlay.showInactive()
        }
      }
      if (!busy) {
        cancelHide = clock.after(trouble ? OVERLAY_ERROR_MS : OVERLAY_LINGER_MS, () => {
          if (!overlay.isDestroyed())
            overlay.hide()
        })
      }
    },
    shapeOverlay(pillWidthPx) {
      // An empty shape would be the whole window again.
      if (process.platform === 'linux' && pillWidthPx > 0 && !overlay.isDestroyed())
        overlay.setShape(pillShape(pillWidthPx))
    },
    contents: () => [main, overlay].filter(window => window !== null && !window.isDestroyed()).map(window => (window as BrowserWindow).webContents),
    isMainVisible: () => main?.isVisible() ?? false,
    dispose() {
      app.off('before-quit', onBeforeQuit)
      quitting = true
      cancelHide?.()
      main?.destroy()
      if (!overlay.isDestroyed())
        overlay.destroy()
    },
  }
}
