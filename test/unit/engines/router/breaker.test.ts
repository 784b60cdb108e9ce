import { describe, expect, it } from 'vitest'
import { Breakers, FAILURES_TO_OPEN } from '../../../../src-main/engines/router/breaker'
import { AppError } from '../../../../src-main/lib/app-error'

const failure = new AppError('service-failed', 'no', { retryable: true })
const unreachable = new AppError('service-unreachable', 'no', { retryable: true })

function openedAt(nowMs: number): Breakers {
  const breakers = new Breakers()
  for (let i = 0; i < FAILURES_TO_OPEN; i++)
    breakers.failed('s', 'tts', failure, nowMs)
  return breakers
}

describe('a breaker', () => {
  it('opens after failures in a row, and one success in between starts the count anew', () => {
    const breakers = new Breakers()
    for (const verdict of ['no', 'no', 'yes', 'no', 'no'] as const)
      verdict === 'yes' ? breakers.succeeded('s', 'chat') : breakers.failed('s', 'chat', failure, 0)
    expect(breakers.view('s', 'chat', 0)).toEqual({ kind: 'closed' })
    breakers.failed('s', 'chat', failure, 0)
    expect(breakers.view('s', 'chat', 0)).toEqual({ kind: 'open', untilMs: 5_000, why: 'failures' })
  })

  it('lets one real request decide when its time is over', () => {
    const breakers = openedAt(0)
    expect(breakers.view('s', 'tts', 5_000)).toEqual({ kind: 'half-open' })
    breakers.begin('s', 'tts', 5_000)
    expect(breakers.view('s', 'tts', 5_001)).toMatchObject({ kind: 'open' })
    breakers.release('s', 'tts')
    expect(breakers.view('s', 'tts', 5_001)).toEqual({ kind: 'half-open' })
    breakers.begin('s', 'tts', 5_001)
    breakers.succeeded('s', 'tts')
    expect(breakers.view('s', 'tts', 5_001)).toEqual({ kind: 'closed' })
  })

  it('stays open twice as long each time, up to five minutes', () => {
    const breakers = openedAt(0)
    const lengths: number[] = []
    for (let nowMs = 5_000, i = 0; i < 8; i++) {
      breakers.begin('s', 'tts', nowMs)
      breakers.failed('s', 'tts', failure, nowMs)
      const view = breakers.view('s', 'tts', nowMs)
      const untilMs = view.kind === 'open' ? view.untilMs ?? 0 : 0
      lengths.push(untilMs - nowMs)
      nowMs = untilMs
    }
    expect(lengths).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000])
  })

  it('requests that were on their way when it opened change nothing', () => {
    const breakers = openedAt(0)
    breakers.failed('s', 'tts', failure, 100)
    breakers.failed('s', 'tts', failure, 100)
    expect(breakers.view('s', 'tts', 100)).toMatchObject({ untilMs: 5_000 })
  })

  it('opens at once for as long as the service asks, but not for ever', () => {
    const breakers = new Breakers()
    breakers.failed('s', 'chat', new AppError('service-busy', 'no', { retryable: true, params: { retryAfterMs: 20_000 } }), 1_000)
    expect(breakers.view('s', 'chat', 1_000)).toEqual({ kind: 'open', untilMs: 21_000, why: 'asked' })
    breakers.failed('t', 'chat', new AppError('service-busy', 'no', { retryable: true, params: { retryAfterMs: 1e12 } }), 0)
    expect(breakers.view('t', 'chat', 0)).toMatchObject({ untilMs: 3_600_000 })
  })

  it('a refused key stops every part, until the settings change', () => {
    const breakers = new Breakers()
    breakers.failed('s', 'chat', new AppError('service-key', 'no'), 0)
    expect(breakers.view('s', 'tts', 1e12)).toEqual({ kind: 'open', untilMs: null, why: 'key' })
    expect(breakers.view('other', 'tts', 0)).toEqual({ kind: 'closed' })
    breakers.settingsChanged('s')
    expect(breakers.view('s', 'tts', 0)).toEqual({ kind: 'closed' })
  })

  it('one part that fails leaves the others alone; an address that cannot be reached is all of it', () => {
    expect(openedAt(0).view('s', 'chat', 0)).toEqual({ kind: 'closed' })
    const breakers = new Breakers()
    for (const part of ['asr', 'chat', 'tts'] as const)
      breakers.failed('s', part, unreachable, 0)
    expect(breakers.view('s', 'chat', 0)).toMatchObject({ kind: 'open' })
  })

  it.each(['service-refused', 'too-large', 'bad-input', 'offline', 'aborted'] as const)('%s is no fault of the service', (code) => {
    const breakers = new Breakers()
    for (let i = 0; i < 10; i++)
      breakers.failed('s', 'chat', new AppError(code, 'no', { retryable: code === 'offline' }), 0)
    expect(breakers.view('s', 'chat', 0)).toEqual({ kind: 'closed' })
  })
})
