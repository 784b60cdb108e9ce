import type { LaunchedApp } from '../../scripts/stage/app.mjs'
import type { Stage } from '../../scripts/stage/index.mjs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launchApp } from '../../scripts/stage/app.mjs'
import { startStage } from '../../scripts/stage/index.mjs'
import { spokenFile, wordsKept } from '../support/speech'

/** The process id of one of the app's children. */
async function childNamed(app: LaunchedApp, name: string): Promise<number> {
  const metrics = await app.electron.evaluate(({ app }) => app.getAppMetrics())
  const child = metrics.find(metric => metric.type === 'Utility' && metric.name === name)
  if (!child)
    throw new Error(`no process ${name}: ${metrics.map(metric => metric.name ?? metric.type).join(', ')}`)
  return child.pid
}

describe('faults in the middle of a turn', () => {
  let stage: Stage
  let app: LaunchedApp
  let dataDir: string

  beforeAll(async () => {
    stage = await startStage()
    dataDir = await mkdtemp(join(tmpdir(), 'parley-faults-'))
    app = await launchApp({ stage, dataDir })
    await app.request('settings.patch', { hotkey: { mode: 'hold' } })
  }, 120_000)

  beforeEach(async () => {
    await app.until(({ pipeline }) => pipeline.state === 'idle' || pipeline.state === 'failed', { what: 'rest' })
    await app.request('conversation.create')
  })

  afterAll(async () => {
    await app?.close()
    await stage?.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('keeps the take when the sound server dies in it and comes back', async () => {
    await app.keyDown()
    await app.until(({ pipeline }) => pipeline.state === 'listening')
    await stage.playMic(spokenFile('q-capital'))
    await stage.killSound()
    await app.until(({ notices }) => notices.some(notice => notice.code === 'child-lost'), { what: 'the loss is told' })
    await stage.startSound()
    await app.until(({ notices }) => notices.some(notice => notice.code === 'child-restored'), { what: 'the return is told' })
    await app.keyUp()
    const turn = await app.until(({ pipeline, turns }) => pipeline.state === 'idle' && turns[0] && turns[0].end !== 'pending' ? turns[0] : null, { what: 'the turn' })
    expect(wordsKept('what is the capital of france', turn.userText)).toBe(1)
    expect(turn.end).toBe('complete')
  })

  it('answers all the same when the model process is killed in the middle of a reply', async () => {
    await app.keyDown()
    await app.until(({ pipeline }) => pipeline.state === 'listening')
    await stage.playMic(spokenFile('q-capital'))
    await app.keyUp()
    await app.until(({ pipeline }) => pipeline.state === 'thinking' || pipeline.state === 'speaking', { what: 'a reply on its way' })
    process.kill(await childNamed(app, 'parley-inference-child'), 'SIGKILL')
    const turn = await app.until(({ pipeline, turns }) => (pipeline.state === 'idle' || pipeline.state === 'failed') && turns[0] && turns[0].end !== 'pending' ? turns[0] : null, { what: 'the turn' })
    // Restarted from the recording when nothing was heard yet; else what was there is kept as failed.
    expect(turn.userText).toContain('capital of France')
    expect(['complete', 'failed']).toContain(turn.end)
    // The program is as good as new.
    await app.request('conversation.create')
    await app.request('turn.ask', { text: 'What is the capital of Italy?' })
    const next = await app.until(({ pipeline, turns }) => pipeline.state === 'idle' && turns[0] && turns[0].end !== 'pending' ? turns[0] : null, { what: 'the next turn' })
    expect(next).toMatchObject({ end: 'complete' })
  })

  it('shows the conversation again after a restart', async () => {
    await app.request('turn.ask', { text: 'What is the capital of Spain?' })
    const turn = await app.until(({ pipeline, turns }) => pipeline.state === 'idle' && turns[0] && turns[0].end !== 'pending' ? turns[0] : null, { what: 'the turn' })
    await app.close()
    app = await launchApp({ stage, dataDir, ready: ['hotkey'] })
    expect((await app.snapshot()).turns).toEqual([turn])
    expect(await app.page.locator('[data-testid="question"]').last().textContent()).toContain('capital of Spain')
  })

  it('field 10: keeps a changed hotkey through a restart, and the change works at once', async () => {
    const changed = await app.request('hotkey.set', { accelerator: 'Ctrl+Shift+F9' })
    expect(changed).toMatchObject({ accelerator: 'Ctrl+Shift+F9', errorCode: null })
    await app.keyDown('ctrl+shift+f9')
    await app.until(({ pipeline }) => pipeline.state === 'listening', { what: 'the new key' })
    await app.keyUp('ctrl+shift+f9')
    await app.close()
    app = await launchApp({ stage, dataDir, ready: ['hotkey', 'microphone'] })
    expect((await app.snapshot()).hotkey).toMatchObject({ accelerator: 'Ctrl+Shift+F9', errorCode: null })
    await app.keyDown('ctrl+shift+f9')
    await app.until(({ pipeline }) => pipeline.state === 'listening', { what: 'the new key after the restart' })
    await app.keyUp('ctrl+shift+f9')
  })

  it('offers a free key for one that is taken, and the former still works', async () => {
    const release = await app.keyboard.takeKey('ctrl+alt+j')
    const refused = await app.request('hotkey.set', { accelerator: 'Ctrl+Alt+J' })
    expect(refused).toMatchObject({ errorCode: 'hotkey-taken' })
    expect(refused.suggestion).not.toBeNull()
    await release()
    await app.keyDown('ctrl+shift+f9')
    await app.until(({ pipeline }) => pipeline.state === 'listening', { what: 'the former key' })
    await app.keyUp('ctrl+shift+f9')
  })
})
