import { describe, expect, it } from 'vitest'
import { proxyFor } from '../../../../src-main/engines/connection/tunnel'

const PROXIES = { http_proxy: 'http://plain:3128', HTTPS_PROXY: 'secure:8080' }

function proxyOf(address: string, env: Record<string, string> = PROXIES): string | null {
  return proxyFor(new URL(address), env)?.href ?? null
}

describe('which proxy an address goes through', () => {
  it('by its scheme, small letters first, a bare host as HTTP', () => {
    expect(proxyOf('ws://host/v1')).toBe('http://plain:3128/')
    expect(proxyOf('wss://host/v1')).toBe('http://secure:8080/')
    expect(proxyOf('https://host/v1', { HTTPS_PROXY: 'http://big', https_proxy: 'http://small' })).toBe('http://small/')
    expect(proxyOf('wss://host/v1', {})).toBeNull()
    expect(proxyOf('wss://host/v1', { https_proxy: '' })).toBeNull()
  })

  it.each([
    ['host.example', 'wss://host.example/', true],
    ['.example', 'wss://host.example/', true],
    ['*.example', 'wss://host.example/', true],
    ['example', 'wss://host.example/', true],
    ['ample', 'wss://host.example/', false],
    ['host.example:443', 'wss://host.example/', true],
    ['host.example:8443', 'wss://host.example/', false],
    ['other, host.example', 'wss://HOST.example/', true],
    ['other host.example', 'wss://host.example/', true],
    ['*', 'wss://host.example/', true],
    ['', 'wss://host.example/', false],
  ])('nO_PROXY=%s for %s: %s', (exceptions, address, isDirect) => {
    expect(proxyOf(address, { ...PROXIES, NO_PROXY: exceptions }) === null).toBe(isDirect)
  })

  it('one that is no address is told', () => {
    expect(() => proxyOf('wss://host/', { https_proxy: 'http://[' })).toThrow(expect.objectContaining({ code: 'bad-input' }))
  })
})
