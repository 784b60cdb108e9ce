import type { Command } from 'commander'
import type { ControlCommand } from '../desktop/control-socket'
import type { CliContext } from './context'
import { sendControl } from '../desktop/control-socket'
import { AppError } from '../lib/app-error'
import { EXIT, guarded } from './context'

const TIMEOUT_MS = 3_000

const COMMANDS: Readonly<Record<string, { readonly command: ControlCommand, readonly description: string }>> = {
  start: { command: 'talk-start', description: 'as if the talk key went down' },
  stop: { command: 'talk-stop', description: 'as if the talk key was let go' },
  toggle: { command: 'talk-toggle', description: 'start, or stop when it is listening' },
  cancel: { command: 'cancel', description: 'drop the take; it stays on disk' },
  status: { command: 'status', description: 'what it is doing' },
  open: { command: 'open', description: 'bring up the window' },
}

/** `parley talk …`: commands to the running program, for key bindings of the desktop and scripts. */
export function registerTalk(program: Command, context: CliContext): void {
  const talk = program.command('talk').description('control the running program')
  for (const [name, { command, description }] of Object.entries(COMMANDS)) {
    talk.command(name).description(description).option('--json', 'the answer as JSON').action((options: { readonly json?: boolean }) => guarded(context, null, async () => {
      const reply = await send(context, command)
      if (!reply.ok)
        throw new AppError('bad-input', reply.error.message)
      if (options.json)
        context.stdout.write(`${JSON.stringify(reply)}\n`)
      else if (command === 'status')
        context.stdout.write(`${String(reply['state'])}\n`)
      return EXIT.ok
    }))
  }
}

async function send({ paths, signal }: CliContext, command: ControlCommand): ReturnType<typeof sendControl> {
  try {
    return await sendControl(paths.controlSocket, command, { signal, timeoutMs: TIMEOUT_MS })
  }
  catch (error) {
    signal.throwIfAborted()
    throw new AppError('not-found', 'Parley is not running.', { cause: error })
  }
}
