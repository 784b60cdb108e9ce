import type { Command } from 'commander'
import type { Settings } from '../contract'
import type { PreferredModels } from '../core/local-engines'
import type { InferenceHost, LocalModels } from '../inference/inference-host'
import type { ModelStore } from '../models'
import type { SpawnChild } from '../ports/child-channel'
import type { Clock } from '../ports/clock'
import type { Logger } from '../ports/logger'
import type { EnginePart } from '../ports/route'
import type { SecretVault } from '../ports/secret-vault'
import type { AppPaths } from '../storage/paths'
import type { SettingsStore } from '../storage/settings-store'
import { isAbort, toAppError } from '../lib/app-error'

/** The models inside the installation. */
export interface OwnModels {
  readonly preferred: () => PreferredModels
  /** What is installed for these parts. */
  readonly installed: (parts: readonly EnginePart[]) => Promise<LocalModels>
  /** Throws `model-missing` or `model-corrupt`; tells when another one takes the place of a damaged one. */
  readonly require: (parts: readonly EnginePart[], models: LocalModels) => Promise<void>
  /** Loads nothing before it is started. */
  readonly host: (models: LocalModels) => InferenceHost
}

/** What the commands run on: the process's streams, and the ways to the parts. */
export interface CliContext {
  readonly stdin: NodeJS.ReadableStream
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean, readonly columns?: number }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ctrl+C. */
  readonly signal: AbortSignal
  readonly paths: AppPaths
  readonly clock: Clock
  readonly logger: Logger
  readonly spawn: SpawnChild
  readonly models: () => ModelStore
  readonly own: OwnModels
  /** Keys of services, as far as the command line can read them: not those that only the app's keychain opens. */
  readonly openVault: () => Promise<SecretVault>
  readonly settings: SettingsStore<Settings>
  /** The talk key of the settings. */
  readonly talkKey: () => string
  readonly setExitCode: (code: ExitCode) => void
}

/** Documented in the README: scripts rely on them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, nothingSaid: 3, interrupted: 130 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export type RegisterCommand = (program: Command, context: CliContext) => void

/** One event a line: what scripts read. `atMs` counts from the command's start. */
export type Tell = (type: string, fields?: Readonly<Record<string, unknown>>) => void

export function jsonLines(context: CliContext, turnId: string): Tell {
  const startMs = context.clock.nowMs()
  return (type, fields = {}) => {
    const atMs = Math.round((context.clock.nowMs() - startMs) * 10) / 10
    context.stdout.write(`${JSON.stringify({ turnId, type, atMs, ...fields })}\n`)
  }
}

/** Runs a command's work; what it throws becomes one clear line (or one `error` event) and the exit code. */
export async function guarded(context: CliContext, json: Tell | null, work: () => Promise<ExitCode>): Promise<void> {
  try {
    context.setExitCode(await work())
  }
  catch (error) {
    const failure = toAppError(error)
    const stopped = isAbort(failure)
    context.setExitCode(stopped ? EXIT.interrupted : USAGE_CODES.has(failure.code) ? EXIT.usage : EXIT.failed)
    if (json)
      json('error', { code: failure.code, message: failure.message })
    else
      context.stderr.write(stopped ? 'Stopped.\n' : `${failure.message}\n`)
  }
}

const USAGE_CODES: ReadonlySet<string> = new Set(['bad-input', 'not-audio', 'empty-audio', 'not-found'])
