import type { ServicePreset } from '../../src-main/core/services/presets'
import type { Listening } from '../fakes/service-server/listen'
import { afterEach, describe, expect, it } from 'vitest'
import { findLocalServers } from '../../src-main/core/services/discovery'
import { systemClock } from '../../src-main/ports/clock'
import { listen } from '../fakes/service-server/listen'

const open: Listening[] = []

afterEach(async () => {
  for (const server of open.splice(0))
    await server.close()
})

async function serve(body: string | null): Promise<{ readonly preset: ServicePreset, readonly asked: string[] }> {
  const asked: string[] = []
  const server = await listen((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? 'no key'}`)
    // Null: it never answers.
    if (body !== null)
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  })
  open.push(server)
  return { asked, preset: { id: 'ollama', name: 'Ollama', baseUrl: `${server.origin}/v1`, needsKey: false, keyEnv: null, isLocalServer: true, chat: {}, asr: null, tts: null } }
}

const find = (presets: readonly ServicePreset[], known: readonly string[] = []) => findLocalServers({ clock: systemClock, signal: new AbortController().signal, presets, known })

describe('servers on this machine', () => {
  it('are found by the list of their models, and asked for nothing else', async () => {
    const { preset, asked } = await serve('{"data":[{"id":"qwen"},{"id":"llama"}]}')
    expect(await find([preset])).toEqual([{ presetId: 'ollama', name: 'Ollama', baseUrl: preset.baseUrl, models: ['llama', 'qwen'] }])
    expect(asked).toEqual(['GET /v1/models no key'])
  })

  it('are a router when they have its model', async () => {
    const { preset } = await serve('{"data":[{"id":"router"},{"id":"qwen"}]}')
    expect(await find([preset])).toMatchObject([{ presetId: 'router', name: 'Router', baseUrl: preset.baseUrl }])
  })

  it('are not offered when they are set up already, by whichever name of this machine', async () => {
    const { preset, asked } = await serve('{"data":[]}')
    expect(await find([preset], [preset.baseUrl.replace('127.0.0.1', 'localhost')])).toEqual([])
    expect(asked).toEqual([])
  })

  it('are none when they are something else, do not answer, or nobody listens', async () => {
    const [page, silent, gone] = [await serve('<html>'), await serve(null), await serve('{"data":[]}')]
    await open.at(-1)?.close()
    expect(await find([page.preset, silent.preset, gone.preset])).toEqual([])
  })
})
