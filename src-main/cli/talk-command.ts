import type { Command } from 'commander'
import type { CliContext } from './context'
import { addControlCommands } from './control-commands'

/** `parley talk …`: commands to the running program, for key bindings of the desktop and scripts. */
export function registerTalk(program: Command, context: CliContext): void {
  addControlCommands(program.command('talk').description('control the running program'), context, {
    start: { command: 'talk-start', description: 'as if the talk key went down' },
    stop: { command: 'talk-stop', description: 'as if the talk key was let go' },
    toggle: { command: 'talk-toggle', description: 'start, or stop when it is listening' },
    cancel: { command: 'cancel', description: 'drop the take; it stays on disk' },
    status: { command: 'status', description: 'what it is doing', shows: 'state' },
    open: { command: 'open', description: 'bring up the window' },
  })
}
