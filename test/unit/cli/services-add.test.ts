import type { AddOptions } from '../../../src-main/cli/services-add'
import { describe, expect, it } from 'vitest'
import { serviceFrom } from '../../../src-main/cli/services-add'
import { serviceSchema } from '../../../src-main/contract'

const BASE = 'https://gateway.example.com/v1'

async function refusal(name: string, options: AddOptions, env: Record<string, string> = {}): Promise<string> {
  return await serviceFrom({ env }, name, options, undefined).then(() => 'added', (error: unknown) => (error as Error).message)
}

describe('a service from the command line', () => {
  it('a preset does all it can, or what is named', async () => {
    expect(await serviceFrom({ env: {} }, 'groq', {}, undefined)).toMatchObject({ name: 'Groq', keyEnv: 'GROQ_API_KEY', chat: { model: 'llama-3.1-8b-instant' }, asr: { model: 'whisper-large-v3-turbo' }, tts: null })
    expect(await serviceFrom({ env: {} }, 'groq', { asr: 'other' }, undefined)).toMatchObject({ chat: null, asr: { model: 'other' } })
  })

  it('what is named changes a service and leaves the rest of it', async () => {
    const former = serviceSchema.parse({ id: 'work', name: 'Work', baseUrl: BASE, enabled: false, keyEnv: 'WORK_KEY', chat: { model: 'a', price: 2 }, privacy: 'network' })
    expect(await serviceFrom({ env: {} }, 'work', { chat: 'b', completeOnly: true }, former)).toEqual({ ...former, enabled: true, chat: { model: 'b', completeOnly: true, price: 2 } })
  })

  it('the key of a preset is not sent to another address unasked', async () => {
    expect(await serviceFrom({ env: {} }, 'openai', { baseUrl: BASE, chat: 'm' }, undefined)).toMatchObject({ keyEnv: null })
    expect(await serviceFrom({ env: {} }, 'openai', { baseUrl: BASE, chat: 'm', keyEnv: 'OPENAI_API_KEY' }, undefined)).toMatchObject({ keyEnv: 'OPENAI_API_KEY' })
  })

  it('what the environment names is known by its address', async () => {
    const env = { OPENAI_API_KEY: 'k' }
    expect(await serviceFrom({ env }, 'mine', { fromEnv: true }, undefined)).toMatchObject({ id: 'mine', name: 'mine', baseUrl: 'https://api.openai.com/v1', keyEnv: 'OPENAI_API_KEY', chat: { model: 'gpt-4o-mini' } })
    expect(await serviceFrom({ env: { OPENAI_BASE_URL: `${BASE}/` } }, 'mine', { fromEnv: true }, undefined)).toMatchObject({ baseUrl: BASE, keyEnv: null, chat: null })
  })

  it.each<[string, AddOptions, string]>([
    ['Office', { baseUrl: BASE }, 'A service\'s name is made of small letters'],
    ['local', { baseUrl: BASE }, 'is not "local"'],
    ['office', {}, 'it needs an address: --base-url URL'],
    ['office', { baseUrl: 'gateway.example.com/v1' }, 'has to begin with http://'],
    ['office', { baseUrl: 'https://k@gateway.example.com/v1' }, 'with no key'],
    ['office', { baseUrl: `${BASE}/chat/completions/` }, 'what stands before /chat/completions'],
    ['office', { baseUrl: BASE, keyEnv: 'sk-0123' }, 'the name of a variable, not the key itself'],
    ['office', { baseUrl: BASE, tts: 'm' }, '--tts MODEL --voice VOICE'],
    ['office', { baseUrl: BASE, voice: 'v' }, '--voice is nothing without a model: parley services add office --tts MODEL --voice VOICE'],
    ['office', { baseUrl: BASE, realtime: true }, '--realtime is nothing without a model'],
    ['office', { baseUrl: BASE, completeOnly: true }, '--complete-only is nothing without a model'],
    ['office', { baseUrl: BASE, chat: ' ' }, 'The name of a model'],
    ['office', { baseUrl: BASE, caFile: '/no/such/file.pem' }, 'The file of certificates cannot be read: /no/such/file.pem'],
    ['office', { fromEnv: true }, 'Neither OPENAI_BASE_URL nor OPENAI_API_KEY is set.'],
    ['office', { fromEnv: true, keyEnv: 'X' }, 'leave --base-url and --key-env out'],
  ])('%s %j is refused, and it is said what to do', async (name, options, advice) => {
    expect(await refusal(name, options)).toContain(advice)
  })

  it('an address in the environment that is none is named, without what stands in it', async () => {
    const message = await refusal('office', { fromEnv: true }, { OPENAI_BASE_URL: 'https://sk-secret@x/v1' })
    expect(message).toMatch(/^OPENAI_BASE_URL is no address of a service\./)
    expect(message).not.toContain('secret')
  })
})
