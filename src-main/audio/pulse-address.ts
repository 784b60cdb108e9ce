import type { PulseAddress } from './pulse-client'
import { Buffer } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/**
 * Where the sound server listens, by the rules of PulseAudio's client library (`PULSE_SERVER`, else the socket in the
 * runtime folder) as PipeWire keeps them too. Undefined off Linux.
 */
export async function findPulseServer(env: NodeJS.ProcessEnv = process.env): Promise<PulseAddress | undefined> {
  if (process.platform !== 'linux')
    return undefined
  const cookie = await readCookie(env)
  const named = env['PULSE_SERVER']
  if (named)
    return { ...parseServer(named), cookie }
  const runtime = env['PULSE_RUNTIME_PATH'] ?? join(env['XDG_RUNTIME_DIR'] ?? `/run/user/${os.userInfo().uid}`, 'pulse')
  return { path: join(runtime, 'native'), cookie }
}

/** The first of the servers in `PULSE_SERVER`: `[{machine}]unix:/path`, `/path`, `[tcp:|tcp4:|tcp6:]host[:port]`. */
export function parseServer(text: string): PulseAddress {
  const first = text.trim().split(/\s+/)[0]?.replace(/^\{[^}]*\}/, '') ?? ''
  if (first.startsWith('unix:'))
    return { path: first.slice('unix:'.length) }
  if (first.startsWith('/'))
    return { path: first }
  const host = /^(?:tcp[46]?:)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(first)
  return { host: host?.[1] ?? host?.[2] ?? 'localhost', port: Number(host?.[3] ?? 4713) }
}

async function readCookie(env: NodeJS.ProcessEnv): Promise<Buffer | undefined> {
  const home = env['HOME'] ?? os.homedir()
  const places = [env['PULSE_COOKIE'], join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'pulse', 'cookie'), join(home, '.pulse-cookie')]
  for (const place of places) {
    if (!place)
      continue
    try {
      return Buffer.from(await readFile(place))
    }
    catch {
      // The next place; a server may also ask for none.
    }
  }
  return undefined
}
