import type { ControlTargets, DictationTargets } from '../../../src-main/app/control-handler'
import { describe, expect, it } from 'vitest'
import { createControlHandler } from '../../../src-main/app/control-handler'
import { CONTROL_COMMANDS } from '../../../src-main/desktop/control-protocol'

/** A running program of which each part tells what was asked of it. */
function running(over: { readonly dictation?: boolean } = {}) {
  const asked: string[] = []
  const note = (what: string) => () => void asked.push(what)
  const dictation: DictationTargets = {
    start: note('dictation start'),
    stop: note('dictation stop'),
    toggle: note('dictation toggle'),
    cancel: note('dictation cancel'),
    pasteLast: note('dictation paste last'),
    undo: note('dictation undo'),
    status: () => ({ state: 'recording', id: 'd1', text: 'the words so far' }),
  }
  const targets = {
    hub: { snapshot: () => ({ pipeline: { state: 'listening', turnId: 't1' }, listeningPaused: false }) } as unknown as ControlTargets['hub'],
    runner: { cancel: note('cancel') },
    talk: { press: (by: string) => void asked.push(`press ${by}`), release: (by: string) => void asked.push(`release ${by}`), toggle: note('toggle'), isDown: async () => false },
    show: note('show'),
  }
  return { asked, handle: createControlHandler({ ...targets, ...(over.dictation !== false && { dictation }) }) }
}

describe('commands to the running program', () => {
  it('each does its one thing, and is answered with what the program is doing', async () => {
    const talking = { state: 'listening', turnId: 't1' }
    const dictating = { state: 'recording', id: 'd1', text: 'the words so far' }
    const { asked, handle } = running()
    const answers = await Promise.all(CONTROL_COMMANDS.map(async command => [command, await handle(command)]))
    expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(CONTROL_COMMANDS.map(command => [command, command.startsWith('dictate-') ? dictating : talking])))
    expect(asked).toEqual([
      'press command',
      'release command',
      'toggle',
      'release command',
      'cancel',
      'show',
      'dictation start',
      'dictation stop',
      'dictation toggle',
      'dictation cancel',
      'dictation paste last',
      'dictation undo',
    ])
  })

  it('says that there is no dictation where there is none', async () => {
    await expect(running({ dictation: false }).handle('dictate-start')).rejects.toMatchObject({ code: 'not-found' })
  })
})
