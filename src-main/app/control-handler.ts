import type { TurnRunner } from '../conversation/runner-types'
import type { ControlCommand } from '../desktop/control-socket'
import type { StateHub } from './state-hub'
import type { TalkControl } from './talk-control'
import { AppError } from '../lib/app-error'
import { assertNever } from '../lib/assert-never'

/** What `parley dictate …` asks for. The socket is this user's alone, so the words so far may be told. */
export interface DictationTargets {
  readonly start: () => void
  readonly stop: () => void
  readonly toggle: () => void
  readonly cancel: () => void
  readonly pasteLast: () => void
  readonly undo: () => void
  readonly status: () => { readonly state: string, readonly id: string | null, readonly text: string }
}

export interface ControlTargets {
  readonly hub: StateHub
  readonly runner: Pick<TurnRunner, 'cancel'>
  readonly talk: TalkControl
  readonly show: () => void
  readonly dictation?: DictationTargets
}

/** What `parley talk …` and `parley dictate …` ask of the running program. */
export function createControlHandler({ hub, runner, talk, show, dictation }: ControlTargets): (command: ControlCommand) => Promise<Readonly<Record<string, unknown>>> {
  return async (command) => {
    switch (command) {
      case 'talk-start':
        talk.press('command')
        break
      case 'talk-stop':
        talk.release('command')
        break
      case 'talk-toggle':
        talk.toggle()
        break
      case 'cancel':
        talk.release('command')
        runner.cancel()
        break
      case 'open':
        show()
        break
      case 'status':
        break
      case 'dictate-start':
      case 'dictate-stop':
      case 'dictate-toggle':
      case 'dictate-cancel':
      case 'dictate-paste-last':
      case 'dictate-undo':
      case 'dictate-status':
        return dictate(command, dictation)
      default:
        return assertNever(command)
    }
    const { pipeline, listeningPaused } = hub.snapshot()
    return { state: listeningPaused ? 'paused' : pipeline.state, turnId: pipeline.turnId }
  }
}

type DictationCommand = Extract<ControlCommand, `dictate-${string}`>

function dictate(command: DictationCommand, dictation: DictationTargets | undefined): ReturnType<DictationTargets['status']> {
  if (!dictation)
    throw new AppError('not-found', 'This Parley has no dictation.')
  const acts: Readonly<Record<DictationCommand, () => void>> = {
    'dictate-start': dictation.start,
    'dictate-stop': dictation.stop,
    'dictate-toggle': dictation.toggle,
    'dictate-cancel': dictation.cancel,
    'dictate-paste-last': dictation.pasteLast,
    'dictate-undo': dictation.undo,
    'dictate-status': () => {},
  }
  acts[command]()
  return dictation.status()
}
