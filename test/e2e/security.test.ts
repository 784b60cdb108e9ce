import { describe, expect, it } from 'vitest'
import { useApp } from '../support/app'

describe('the windows can do what the contract says and nothing else', () => {
  const program = useApp({ stage: { sound: false }, ready: [] })

  it('has no Node and no bridge but its own', async () => {
    expect(await program.app.page.evaluate(() => ({
      globals: ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron'].filter(name => name in globalThis),
      bridge: Object.keys((globalThis as unknown as { parley: object }).parley).sort(),
    }))).toEqual({ globals: [], bridge: ['onEvent', 'pathOf', 'request'] })
  })

  it('refuses unknown requests and wrong shapes', async () => {
    const codes = await program.app.page.evaluate(async () => {
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
    const { page, electron } = program.app
    const before = page.url()
    // Listened to before anything is tried, and after the program's own listener.
    await electron.evaluate(({ BrowserWindow }) => {
      const window = BrowserWindow.getAllWindows().find(({ webContents }) => webContents.getURL().includes('index.html'))
      const refused = new Promise<boolean>(resolve => window?.webContents.once('will-navigate', event => resolve(event.defaultPrevented)))
      Object.assign(globalThis, { refused })
    })
    await page.evaluate(() => {
      location.href = 'https://example.com/'
    })
    expect(await electron.evaluate(() => (globalThis as unknown as { refused: Promise<boolean> }).refused)).toBe(true)
    expect(await page.evaluate(() => window.open('https://example.com/') === null)).toBe(true)
    expect(page.url()).toBe(before)
    expect(electron.windows().length).toBe(2)
  })

  it('loads nothing from outside and evaluates no text', async () => {
    expect(await program.app.page.evaluate(async () => {
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
    const preferences = await program.app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map(window =>
      (window.webContents as unknown as { getLastWebPreferences: () => Record<string, unknown> }).getLastWebPreferences()))
    const wanted = { sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true }
    expect(preferences).toEqual([expect.objectContaining(wanted), expect.objectContaining(wanted)])
  })

  it('says that there is no sound server when somebody wants to speak, and answers in writing', async () => {
    const { app, turn } = program
    await app.untilReady(['hotkey', 'models'])
    await app.keyDown()
    await app.until(({ pipeline }) => pipeline.state === 'failed' && pipeline.errorCode === 'no-microphone', { what: 'the reason' })
    await app.keyUp()
    await app.request('conversation.create')
    await app.request('turn.ask', { text: 'What is the capital of Italy?' })
    expect(await turn()).toMatchObject({ end: 'complete', replyText: expect.stringContaining('Rome') as unknown })
  })
})
