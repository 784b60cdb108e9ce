import { describe, expect, it } from 'vitest'
import { baseUrlSchema, serviceSchema, settingsSchema } from '../../../src-main/contract'
import { SERVICE_PRESETS } from '../../../src-main/core/services/presets'
import { isLoopback, privacyOf } from '../../../src-main/core/services/privacy'

describe('how far away an address is', () => {
  it.each([
    ['http://127.0.0.1:11434/v1', 'machine', true],
    ['http://127.9.9.9/v1', 'machine', true],
    ['http://[::1]:8080/v1', 'machine', true],
    ['http://LOCALHOST:1234/v1', 'machine', true],
    ['http://router.localhost/v1', 'machine', true],
    ['http://localhost.example.com/v1', 'internet', false],
    ['http://192.168.1.20:8000/v1', 'network', false],
    ['http://10.1.2.3/v1', 'network', false],
    ['http://172.31.0.1/v1', 'network', false],
    ['http://172.32.0.1/v1', 'internet', false],
    ['http://[fd00::5]/v1', 'network', false],
    ['http://gpu/v1', 'network', false],
    ['http://gpu.local/v1', 'network', false],
    ['https://api.openai.com/v1', 'internet', false],
    ['https://8.8.8.8/v1', 'internet', false],
    ['https://[2001:4860::1]/v1', 'internet', false],
    // An address written so that it looks like another.
    ['http://0x7f000001/v1', 'machine', true],
    ['http://api.openai.com./v1', 'internet', false],
  ])('%s', (url, privacy, loopback) => {
    expect([privacyOf(url), isLoopback(url)]).toEqual([privacy, loopback])
  })
})

describe('a service\'s address', () => {
  it('loses the slash at its end', () => {
    expect(baseUrlSchema.parse(' https://api.openai.com/v1// ')).toBe('https://api.openai.com/v1')
  })

  it.each(['ftp://example.com', 'example.com/v1', 'https://user:key@example.com/v1', 'https://example.com/v1?key=abc', 'https://example.com/v1#x', ''])('is refused: %s', (url) => {
    expect(baseUrlSchema.safeParse(url).success).toBe(false)
  })
})

describe('presets', () => {
  it.each(SERVICE_PRESETS.map(preset => [preset.id, preset] as const))('%s makes a service', (_, preset) => {
    const service = serviceSchema.parse({
      id: preset.id,
      name: preset.name,
      baseUrl: preset.baseUrl,
      keyEnv: preset.keyEnv,
      chat: preset.chat && { model: 'm', ...preset.chat },
      asr: preset.asr && { model: 'm', ...preset.asr },
      tts: preset.tts && { model: 'm', voice: 'v', ...preset.tts },
    })
    expect(preset.isLocalServer).toBe(preset.isLocalServer && isLoopback(service.baseUrl))
    expect([service.chat, service.asr, service.tts].some(part => part !== null)).toBe(true)
  })
})

describe('services in the settings', () => {
  it('two of the same id are refused, and so is the id of the own models', () => {
    const service = { id: 'a', name: 'A', baseUrl: 'http://a/v1' }
    expect(settingsSchema.safeParse({ services: [service, service] }).success).toBe(false)
    expect(settingsSchema.safeParse({ services: [{ ...service, id: 'local' }] }).success).toBe(false)
    expect(settingsSchema.parse({ services: [service] }).services[0]).toMatchObject({ enabled: true, chat: null, keyEnv: null })
  })
})
