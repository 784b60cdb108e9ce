import type { TurnRunner } from '../conversation/runner-types'
import type { ControlCommand } from '../desktop/control-socket'
import type { StateHub } from './state-hub'
import type { TalkControl } from './talk-control'
import { assertNever } from '../lib/assert-never'

export interface ControlTargets {
  readonly hub: StateHub
  readonly runner: Pick<TurnRunner, 'cancel'>
  readonly talk: TalkControl
  readonly show: () => void
}

/** What `parley talk …` asks of the running program. */
export function createControlHandler({ hub, runner, talk, show }: ControlTargets): (command: ControlCommand) => Promise<Readonly<Record<string, unknown>>> {
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
      default:
        return assertNever(command)
    }
    const { pipeline, listeningPaused } = hub.snapshot()
    return { state: listeningPaused ? 'paused' : pipeline.state, turnId: pipeline.turnId }
  }
}
