import type { LaunchedApp } from '../../scripts/stage/app.mjs'
import type { Stage } from '../../scripts/stage/index.mjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchApp } from '../../scripts/stage/app.mjs'
import { startStage } from '../../scripts/stage/index.mjs'

describe('the windows can do what the contract says and nothing else', () => {
  let stage: Stage
  let app: LaunchedApp

  beforeAll(async () => {
    stage = await startStage({ sound: false })
    app = await launchApp({ stage, ready: [] })
  }, 120_000)

  afterAll(async () => {
    await app?.close()
    await stage?.stop()
  })

  it('has no Node and no bridge but its own', async () => {
    expect(await app.page.evaluate(() => ({
      globals: ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron'].filter(name => name in globalThis),
      bridge: Object.keys((globalThis as unknown as { parley: object }).parley).sort(),
    }))).toEqual({ globals: [], bridge: ['onEvent', 'request'] })
  })

  it('refuses unknown requests and wrong shapes', async () => {
    const codes = await app.page.evaluate(async () => {
      const { parley } = globalThis as unknown as { parley: { request: (name: unknown, input?: unknown) => Promise<{ ok: boolean, error?: { code: string } }> } }
      const answers = [
        await parley.request('shell.run', 'ls'),
        await parley.request('turn.ask', { text: 5 }),
        await parley.request('settings.patch', { voice: { speed: 'fast' } }),
        await parley.request('conversation.open', { conversationId: 'there-is-none' }),
      ]
      return answers.map(answer => answer.error?.code)
    })
    expect(codes).toEqual(['bad-input', 'bad-input', 'bad-input', 'not-found'])
  })

  it('goes nowhere else and opens nothing', async () => {
    const before = app.page.url()
    await app.page.evaluate(() => {
      location.href = 'https://example.com/'
    })
    const opened = await app.page.evaluate(() => window.open('https://example.com/') === null)
    expect(opened).toBe(true)
    expect(app.page.url()).toBe(before)
    expect(app.electron.windows().length).toBe(2)
  })

  it('loads nothing from outside and evaluates no text', async () => {
    expect(await app.page.evaluate(async () => {
      const fetched = await fetch('https://example.com/').then(() => 'loaded', () => 'refused')
      const file = await fetch('file:///etc/passwd').then(() => 'loaded', () => 'refused')
      const above = await new Promise(resolve => Object.assign(new Image(), { onload: () => resolve('loaded'), onerror: () => resolve('refused'), src: '/../../package.json' }))
      let evaluated = 'refused'
      try {
        // eslint-disable-next-line no-new-func
        evaluated = String(new Function('return "evaluated"')())
      }
      catch {}
      return { fetched, file, above, evaluated }
    })).toEqual({ fetched: 'refused', file: 'refused', above: 'refused', evaluated: 'refused' })
  })

  it('runs its pages sandboxed and isolated', async () => {
    const preferences = await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map(window =>
      (window.webContents as unknown as { getLastWebPreferences: () => Record<string, unknown> }).getLastWebPreferences()))
    for (const { sandbox, contextIsolation, nodeIntegration, webSecurity } of preferences)
      expect({ sandbox, contextIsolation, nodeIntegration, webSecurity }).toEqual({ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true })
  })

  it('says that there is no sound server, and goes on', async () => {
    expect((await app.snapshot()).pipeline.state).toBe('idle')
  })
})
