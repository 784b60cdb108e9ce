import type { ChildChannel, SpawnChild } from '../ports/child-channel'
import { join } from 'node:path'
import process from 'node:process'
import { utilityProcess } from 'electron'
import { Emitter } from '../lib/emitter'

/** Starts our built children as Electron utility processes: they need no Node binary and no `run as node` fuse. */
export const spawnUtility: SpawnChild = ({ entry, env }): ChildChannel => {
  const messages = new Emitter<unknown>()
  const exits = new Emitter<{ code: number | null }>()
  const child = utilityProcess.fork(join(__dirname, `${entry}.js`), [], {
    env: { ...process.env, ...env } as Record<string, string>,
    serviceName: `parley-${entry}`,
    stdio: ['ignore', 'ignore', process.env['PARLEY_CHILD_STDERR'] === '1' ? 'inherit' : 'ignore'],
  })
  let gone = false
  let killWhenSpawned = false
  child.on('spawn', () => {
    if (killWhenSpawned && child.pid !== undefined)
      kill(child.pid)
  })
  child.on('message', message => messages.emit(message))
  child.on('exit', (code) => {
    gone = true
    exits.emit({ code })
  })

  // `utilityProcess.kill()` is SIGTERM, which a hung native call outlives.
  function kill(pid: number): void {
    try {
      process.kill(pid, 'SIGKILL')
    }
    catch {
      child.kill()
    }
  }

  return {
    get pid() {
      return child.pid
    },
    messages,
    exits,
    send(message) {
      if (!gone)
        child.postMessage(message)
    },
    kill() {
      if (gone)
        return
      if (child.pid === undefined)
        killWhenSpawned = true
      else
        kill(child.pid)
    },
  }
}
