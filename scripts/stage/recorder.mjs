import { Buffer } from 'node:buffer'
import process from 'node:process'

const RATE_HZ = 48_000
/** Longer than any latency here; past it the server is dead. */
const LATE_MS = 500

export function monotonicMs() {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

/**
 * Records a monitor until it is stopped, in mono at 48 kHz. A monitor delivers without a pause, so each block
 * says when sample 0 was: its time of arrival less all samples up to its end. The earliest of these answers is
 * the one least delayed by scheduling; it dates the whole recording.
 */
export async function record(processes, env, device) {
  const child = processes.start('parec', [
    '--raw',
    '--format=s16le',
    `--rate=${RATE_HZ}`,
    '--channels=1',
    '--latency-msec=10',
    '--process-time-msec=5',
    `--device=${device}`,
  ], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const blocks = []
  const listeners = new Set()
  let bytes = 0
  let startedAtMs = Infinity
  const first = new Promise((resolve) => {
    child.stdout.on('data', (block) => {
      const atMs = monotonicMs()
      blocks.push(block)
      bytes += block.length
      startedAtMs = Math.min(startedAtMs, atMs - (bytes / 2 / RATE_HZ) * 1000)
      resolve()
      if (listeners.size > 0) {
        const peakDb = peakOf(block)
        for (const listener of [...listeners])
          listener({ atMs, peakDb })
      }
    })
  })
  await Promise.race([first, child.ended.then(() => {
    throw new Error(`recording ${device} ended: ${child.lastWords}`)
  })])
  return {
    /** Peak of each block as it arrives. Returns the way to unsubscribe. */
    onLevel(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    /** Resolves with the time of arrival of the first block louder than `thresholdDb` (default -50 dBFS). */
    untilSound({ thresholdDb = -50, timeoutMs = 10_000 } = {}) {
      return once(listeners, level => level.peakDb > thresholdDb, timeoutMs, 'no sound')
    },
    /** Resolves when nothing louder than `thresholdDb` has arrived for `quietMs`. */
    untilQuiet({ thresholdDb = -50, quietMs = 200, timeoutMs = 30_000 } = {}) {
      let sinceMs
      return once(listeners, (level) => {
        if (level.peakDb > thresholdDb)
          sinceMs = undefined
        else
          sinceMs ??= level.atMs
        return sinceMs !== undefined && level.atMs - sinceMs >= quietMs
      }, timeoutMs, 'no silence')
    },
    /** What sounded until now is in the recording: it waits for what is still on its way. */
    async stop() {
      const untilMs = monotonicMs()
      const recordedMs = () => startedAtMs + (bytes / 2 / RATE_HZ) * 1000
      while (recordedMs() < untilMs && monotonicMs() - untilMs < LATE_MS && child.exitCode === null && child.signalCode === null)
        await new Promise(resolve => setTimeout(resolve, 5))
      await processes.kill(child, 'SIGTERM')
      const all = Buffer.concat(blocks)
      const samples = new Int16Array(all.buffer.slice(all.byteOffset, all.byteOffset + all.length - (all.length % 2)))
      return { samples, sampleRateHz: RATE_HZ, startedAtMs }
    },
  }
}

function once(listeners, holds, timeoutMs, what) {
  return new Promise((resolve, reject) => {
    const listener = (level) => {
      if (!holds(level))
        return
      clearTimeout(timer)
      listeners.delete(listener)
      resolve(level.atMs)
    }
    const timer = setTimeout(() => {
      listeners.delete(listener)
      reject(new Error(`${what} within ${timeoutMs} ms`))
    }, timeoutMs)
    listeners.add(listener)
  })
}

function peakOf(block) {
  let peak = 0
  for (let i = 0; i + 1 < block.length; i += 2)
    peak = Math.max(peak, Math.abs(block.readInt16LE(i)))
  return peak === 0 ? -Infinity : 20 * Math.log10(peak / 32768)
}
