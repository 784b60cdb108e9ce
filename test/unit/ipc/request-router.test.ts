import type { RequestHandlers } from '../../../src-main/ipc/request-router'
import { describe, expect, it } from 'vitest'
import { defaultSettings } from '../../../src-main/contract'
import { createRequestRouter } from '../../../src-main/ipc/request-router'
import { AppError } from '../../../src-main/lib/app-error'
import { silentLogger } from '../../../src-main/ports/logger'

function routerWith(handlers: Partial<RequestHandlers>, log: string[] = []) {
  const logger = { ...silentLogger, warn: (message: string, fields?: object) => log.push(JSON.stringify([message, fields])) }
  const answer = createRequestRouter(handlers as RequestHandlers, logger)
  return (name: unknown, input?: unknown) => answer(name, input, { id: 1 })
}

describe('request router', () => {
  it('answers with an envelope', async () => {
    const ask = routerWith({ 'conversation.create': () => ({ conversationId: 'c1' }) })
    expect(await ask('conversation.create')).toEqual({ ok: true, value: { conversationId: 'c1' } })
  })

  it.each([['no.such'], ['toString'], ['__proto__'], [undefined], [{ toString: () => 'app.snapshot' }], [42]])('refuses the unknown name %s', async (name) => {
    expect(await routerWith({})(name)).toMatchObject({ ok: false, error: { code: 'bad-input' } })
  })

  it('refuses a message of the wrong shape before it reaches the handler, and logs no value', async () => {
    const log: string[] = []
    let reached = false
    const ask = routerWith({ 'turn.ask': () => {
      reached = true
    } }, log)
    for (const input of [undefined, null, 'x', { text: 7 }, { text: '' }, { text: 'a', more: 'secret words' }, { text: 'y'.repeat(9_000) }])
      expect(await ask('turn.ask', input)).toMatchObject({ ok: false, error: { code: 'bad-input' } })
    expect(reached).toBe(false)
    expect(log.join()).not.toContain('secret words')
  })

  it('hands a known error over by its code and an unknown one as internal', async () => {
    const ask = routerWith({
      'turn.stop': () => {
        throw new AppError('no-speaker', 'No loudspeaker.')
      },
      'talk.down': () => {
        throw new TypeError('x is not a function')
      },
    })
    expect(await ask('turn.stop')).toMatchObject({ ok: false, error: { code: 'no-speaker' } })
    expect(await ask('talk.down')).toMatchObject({ ok: false, error: { code: 'internal' } })
  })

  it('takes a patch of settings without filling in defaults', async () => {
    let seen: unknown
    const ask = routerWith({ 'settings.patch': (patch) => {
      seen = patch
      return defaultSettings
    } })
    expect(await ask('settings.patch', { voice: { speed: 1.5 } })).toMatchObject({ ok: true })
    expect(seen).toEqual({ voice: { speed: 1.5 } })
    expect(await ask('settings.patch', { voice: { speed: 9 } })).toMatchObject({ ok: false })
    expect(await ask('settings.patch', { other: 1 })).toMatchObject({ ok: false })
  })

  it('does not let a wrong answer out', async () => {
    const ask = routerWith({ 'conversation.create': () => ({ conversationId: 5 }) as never })
    expect(await ask('conversation.create')).toMatchObject({ ok: false, error: { code: 'internal' } })
  })
})
