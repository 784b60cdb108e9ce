import type { Command } from 'commander'
import type { ControlCommand, ControlReply } from '../desktop/control-socket'
import type { CliContext } from './context'
import { sendControl } from '../desktop/control-socket'
import { AppError } from '../lib/app-error'
import { EXIT, guarded } from './context'

const TIMEOUT_MS = 3_000

export interface ControlWord {
  readonly command: ControlCommand
  readonly description: string
  /** The field of the answer that is written; without one nothing is. */
  readonly shows?: string
}

/** Adds a word to `group` for each command to the running program, which is sent by its control socket. */
export function addControlCommands(group: Command, context: CliContext, words: Readonly<Record<string, ControlWord>>): void {
  for (const [name, { command, description, shows }] of Object.entries(words)) {
    group.command(name).description(description).option('--json', 'the answer as JSON').action((options: { readonly json?: boolean }) => guarded(context, null, async () => {
      const reply = await send(context, command)
      if (!reply.ok)
        throw new AppError('bad-input', reply.error.message)
      if (options.json)
        context.stdout.write(`${JSON.stringify(reply)}\n`)
      else if (shows !== undefined)
        context.stdout.write(`${String(reply[shows])}\n`)
      return EXIT.ok
    }))
  }
}

async function send({ paths, signal }: CliContext, command: ControlCommand): Promise<ControlReply> {
  try {
    return await sendControl(paths.controlSocket, command, { signal, timeoutMs: TIMEOUT_MS })
  }
  catch (error) {
    signal.throwIfAborted()
    throw new AppError('not-found', 'Parley is not running.', { cause: error })
  }
}
