import process from 'node:process'
import { app } from 'electron'
import { chromiumFolder } from './app/chromium-folder'
import { createApp } from './app/create-app'
import { endWith, reportFatal } from './app/lifecycle'
import { declareScheme } from './app/own-pages'
import { appPaths } from './storage/paths'

app.setPath('userData', chromiumFolder(appPaths(process.env, process.platform, app.getPath('home'))))
// As root Chromium has no sandbox to offer, and its children refuse to start when asked for one.
if (!app.commandLine.hasSwitch('no-sandbox'))
  app.enableSandbox()
declareScheme()

if (app.requestSingleInstanceLock()) {
  const hidden = process.argv.includes('--hidden')
  const running = app.whenReady().then(() => createApp({ hidden }))
  running.catch(reportFatal)
  app.on('second-instance', () => void running.then(({ show }) => show()))
  app.on('activate', () => void running.then(({ show }) => show()))
  endWith(running)
}
else {
  app.quit()
}
