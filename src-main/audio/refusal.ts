import { access, constants, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { AppError } from '../lib/app-error'

const CAPTURE_NODE = /^pcmC\d+D\d+c$/

/** `why` and `advice` are sentences. May succeed once it is allowed. */
export function microphoneDenied(why: string, advice: string, cause?: unknown): AppError {
  return new AppError('microphone-denied', `${why} ${advice}`, { retryable: true, cause, params: { why, advice } })
}

/** A sound server that turns this user away. */
export function serverDenied(cause: unknown, env: NodeJS.ProcessEnv = process.env): AppError {
  return microphoneDenied('The sound server refuses this program.', serverAdvice(env), cause)
}

function serverAdvice(env: NodeJS.ProcessEnv): string {
  if (env['SNAP_NAME'])
    return `Allow it: sudo snap connect ${env['SNAP_NAME']}:audio-record`
  if (env['FLATPAK_ID'])
    return `Allow it: flatpak override --user --socket=pulseaudio ${env['FLATPAK_ID']}`
  return 'Start Parley as the user who is logged in at the desktop, or give it that user\'s PULSE_COOKIE.'
}

/** Whether this machine has microphones that this user may not open; undefined when nothing stands in the way. Linux. */
export async function soundCardDenied(folder = '/dev/snd'): Promise<AppError | undefined> {
  const names = await readdir(folder).catch(() => [])
  const nodes = names.filter(name => CAPTURE_NODE.test(name))
  const refusals = await Promise.all(nodes.map(name => access(join(folder, name), constants.R_OK | constants.W_OK).then(() => undefined, (error: unknown) => error)))
  if (refusals.length === 0 || refusals.includes(undefined))
    return undefined
  return microphoneDenied(`This user may not use the sound cards (${folder}).`, 'Allow it: sudo usermod -aG audio "$USER", then log in again.', refusals[0])
}
