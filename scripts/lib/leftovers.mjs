import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'

const NAME = 'PARLEY_RUN_ID'
const POLL_MS = 50

/**
 * Marks this process's environment, so that everything it starts can be found later, also what has left its process
 * group or its parent. Works where there is /proc; elsewhere nothing is found.
 */
export function markRun() {
  process.env[NAME] = `${process.pid}-${Date.now()}`
}

/** Waits until all marked processes but this one have ended; returns those that have not. */
export async function waitForLeftovers(limitMs) {
  const untilMs = performance.now() + limitMs
  for (;;) {
    const found = findMarked()
    if (found.length === 0 || performance.now() > untilMs)
      return found
    await delay(POLL_MS)
  }
}

export function killLeftovers() {
  for (const { pid } of findMarked()) {
    try {
      process.kill(pid, 'SIGKILL')
    }
    catch {
      // Ended in the meantime.
    }
  }
}

function findMarked() {
  const mark = `${NAME}=${process.env[NAME]}`
  return readPids()
    .filter(pid => pid !== process.pid && read(pid, 'environ').split('\0').includes(mark))
    .map(pid => ({ pid, command: read(pid, 'cmdline').replaceAll('\0', ' ').trim().slice(0, 200) }))
}

function readPids() {
  try {
    return readdirSync('/proc').map(Number).filter(pid => pid > 0)
  }
  catch {
    return []
  }
}

function read(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  }
  catch {
    // It has ended, or is another user's.
    return ''
  }
}
