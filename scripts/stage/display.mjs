import { execFile } from 'node:child_process'
import process from 'node:process'
import { promisify } from 'node:util'
import { isInstalled, readyOrDead } from './processes.mjs'

const run = promisify(execFile)

/** A virtual display on a free number, with a window manager. Returns the environment of its clients. */
export async function startDisplay(processes, { size }) {
  const server = processes.start('Xvfb', ['-displayfd', '3', '-screen', '0', `${size}x24`, '-nolisten', 'tcp', '-noreset'], {
    env: process.env,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const number = await readyOrDead(server, 'Xvfb', firstLine(server.stdio[3]))
  const env = { DISPLAY: `:${number}` }
  await startWindowManager(processes, { ...process.env, ...env })
  return env
}

async function startWindowManager(processes, env) {
  if (!isInstalled('openbox'))
    throw new Error('openbox is not installed: a window manager is needed on the test stage')
  const manager = processes.start('openbox', ['--sm-disable'], { env })
  await readyOrDead(manager, 'openbox', announced(env))
}

/** A window manager says that it is there by a property of the root window. (`xprop -spy` keeps what it sees in a buffer when written to a pipe, so it is asked again.) */
async function announced(env) {
  for (;;) {
    const { stdout } = await run('xprop', ['-root', '_NET_SUPPORTING_WM_CHECK', '_NET_DESKTOP_GEOMETRY'], { env })
    // The second is among the last it sets: by then it answers for everything else.
    if (/window id # 0x/.test(stdout) && /_NET_DESKTOP_GEOMETRY\(CARDINAL\)/.test(stdout))
      return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** A session bus of our own, when there is a daemon for it. */
export async function startBus(processes, dir, env) {
  if (!isInstalled('dbus-daemon'))
    return {}
  const daemon = processes.start('dbus-daemon', ['--session', '--nofork', '--nopidfile', `--address=unix:path=${dir}/bus`, '--print-address=3'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const address = await readyOrDead(daemon, 'dbus-daemon', firstLine(daemon.stdio[3]))
  return { DBUS_SESSION_BUS_ADDRESS: address }
}

function firstLine(stream) {
  return new Promise((resolve) => {
    let text = ''
    stream.on('data', (data) => {
      text += data
      const end = text.indexOf('\n')
      if (end >= 0)
        resolve(text.slice(0, end).trim())
    })
  })
}
