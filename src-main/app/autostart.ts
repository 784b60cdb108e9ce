import { mkdir, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { app } from 'electron'

function desktopFile(): string {
  return join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'autostart', 'parley.desktop')
}

/** Quotes a path for the `Exec` key (Desktop Entry Specification, "The Exec key"). */
export function quoteExec(path: string): string {
  return `"${path.replace(/[\\"`$]/g, '\\$&').replace(/%/g, '%%')}"`
}

/** Opens Parley with the session, or no longer. On Linux a desktop file, elsewhere Electron's login item. */
export async function setAutostart(on: boolean): Promise<void> {
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: on, args: ['--hidden'] })
    return
  }
  const file = desktopFile()
  if (!on) {
    await rm(file, { force: true })
    return
  }
  const program = process.env['APPIMAGE'] ?? process.execPath
  const args = app.isPackaged ? '' : ` ${quoteExec(app.getAppPath())}`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `[Desktop Entry]\nType=Application\nName=Parley\nExec=${quoteExec(program)}${args} --hidden\nX-GNOME-Autostart-enabled=true\n`)
}
