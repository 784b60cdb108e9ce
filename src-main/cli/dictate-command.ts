import type { Command } from 'commander'
import type { CliContext } from './context'
import { addControlCommands } from './control-commands'

/** `parley dictate …`: dictation in the running program, for key bindings of a compositor, buttons and scripts. */
export function registerDictate(program: Command, context: CliContext): void {
  addControlCommands(program.command('dictate').description('dictate into the window that has the focus, by the running program'), context, {
    'start': { command: 'dictate-start', description: 'as if the dictation key went down' },
    'stop': { command: 'dictate-stop', description: 'as if the dictation key was let go: what was said is inserted' },
    'toggle': { command: 'dictate-toggle', description: 'start, or stop when it is recording' },
    'cancel': { command: 'dictate-cancel', description: 'insert nothing; what was said stays in the history' },
    'paste-last': { command: 'dictate-paste-last', description: 'insert the last text once more' },
    'undo': { command: 'dictate-undo', description: 'take back the last insertion' },
    'status': { command: 'dictate-status', description: 'what it is doing; with --json also the words so far', shows: 'state' },
  })
}
