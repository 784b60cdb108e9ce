import type { LaunchedApp } from '../../scripts/stage/app.mjs'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { useApp } from '../support/app'
import { wordsKept } from '../support/speech'

/** The process id of one of the app's children. */
async function childNamed(app: LaunchedApp, name: string): Promise<number> {
  const metrics = await app.electron.evaluate(({ app }) => app.getAppMetrics())
  const child = metrics.find(metric => metric.type === 'Utility' && metric.name === name)
  if (!child)
    throw new Error(`no process ${name}: ${metrics.map(metric => metric.name ?? metric.type).join(', ')}`)
  return child.pid
}

const INFERENCE = 'parley-inference-child'

describe('faults and restarts', () => {
  const program = useApp()
  const { listen, say, ask, turn, set, restart } = program

  /** Resolves when the user has been told of `code` since the call. */
  async function noticeOf(code: string): Promise<() => Promise<unknown>> {
    const before = new Set((await program.app.snapshot()).notices.map(({ id }) => id))
    return () => program.app.until(({ notices }) => notices.some(notice => notice.code === code && !before.has(notice.id)), { what: `the notice ${code}` })
  }

  it('goes on with the take when the sound server dies in it and comes back', async () => {
    const { app, stage } = program
    await set({ hotkey: { mode: 'hold' } })
    const [lost, restored] = [await noticeOf('child-lost'), await noticeOf('child-restored')]
    await listen()
    await say('q-capital')
    await stage.killSound()
    await lost()
    expect((await app.snapshot()).pipeline.state).toBe('listening')
    await stage.startSound()
    await restored()
    await say('q-water')
    await app.keyUp()
    const { userText, end } = await turn()
    // What was said before it and what was said after it, in one take.
    expect({ userText, kept: wordsKept('what is the capital of france how many legs does a spider have', userText) }).toEqual({ userText, kept: 1 })
    expect(end).toBe('complete')
  })

  it('begins the reply again when the model process is killed before any of it was heard', async () => {
    const { app } = program
    // Nothing is heard of a reply that is only written.
    await set({ voice: { enabled: false } })
    await ask('q-story')
    await app.page.locator('[data-testid="reply"]').waitFor()
    const pid = await childNamed(app, INFERENCE)
    process.kill(pid, 'SIGKILL')
    const { userText, replyText, end, errorCode } = await turn()
    expect(wordsKept('tell me a story about a small boat on a big lake', userText)).toBe(1)
    // A story may be longer than a reply may be.
    expect(['complete', 'truncated']).toContain(end)
    expect(errorCode).toBeNull()
    expect(replyText.length).toBeGreaterThan(100)
    expect(await childNamed(app, INFERENCE)).not.toBe(pid)
  })

  it('keeps what there is when the model process is killed in the middle of a spoken reply, and answers the next question', async () => {
    const { app, stage, turns } = program
    const speaker = await stage.recordSpeaker()
    await ask('q-story')
    await speaker.untilSound({ thresholdDb: -35 })
    process.kill(await childNamed(app, INFERENCE), 'SIGKILL')
    const cut = await turn()
    expect(wordsKept('tell me a story about a small boat on a big lake', cut.userText)).toBe(1)
    // A part was heard: it is not said again.
    expect(cut).toMatchObject({ end: 'failed', errorCode: 'inference-child-lost' })
    expect(cut.replyText).not.toBe('')
    await app.page.locator('[data-testid="end-label"]').waitFor()
    await speaker.stop()

    const after = await stage.recordSpeaker()
    await ask('q-capital')
    const [, next] = await turns(2)
    expect(next).toMatchObject({ end: 'complete', replyText: expect.stringContaining('Paris') as unknown })
    await after.untilQuiet()
    expect((await after.stop()).samples.some(sample => Math.abs(sample) > 1000)).toBe(true)
  })

  it('shows the conversation again after a restart', async () => {
    await program.app.request('turn.ask', { text: 'What is the capital of Spain?' })
    const before = await turn()
    const app = await restart(['hotkey'])
    const { turns, conversations, activeConversationId } = await app.snapshot()
    expect(turns).toEqual([before])
    expect(conversations.map(({ id }) => id)).toContain(activeConversationId)
    expect((await app.page.locator('[data-testid="question"]').last().textContent())?.trim()).toContain(before.userText)
    expect((await app.page.locator('[data-testid="reply"]').last().textContent())?.trim()).toBe(before.replyText.trim())
  })

  it('field 10: keeps a changed hotkey through a restart, and the change works at once', async () => {
    const key = 'ctrl+shift+f9'
    const changed = await program.app.request('hotkey.set', { accelerator: 'Ctrl+Shift+F9' })
    expect(changed).toMatchObject({ accelerator: 'Ctrl+Shift+F9', errorCode: null })
    await listen(key)
    await program.app.keyUp(key)
    const app = await restart(['hotkey', 'microphone'])
    expect((await app.snapshot()).hotkey).toMatchObject({ accelerator: 'Ctrl+Shift+F9', errorCode: null })
    await listen(key)
    await app.keyUp(key)
  })

  it('offers a free key for one that is taken, and the former still works', async () => {
    const { app } = program
    const release = await app.keyboard.takeKey('ctrl+alt+j')
    const refused = await app.request('hotkey.set', { accelerator: 'Ctrl+Alt+J' })
    expect(refused).toMatchObject({ errorCode: 'hotkey-taken' })
    expect(refused.suggestion).not.toBeNull()
    await release()
    await listen()
    await app.keyUp()
  })
})
