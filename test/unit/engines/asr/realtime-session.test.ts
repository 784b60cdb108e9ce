import type { RealtimeDialect } from '../../../../src-main/engines/asr/realtime-dialect'
import type { LinkMemory, RealtimeSessionOptions } from '../../../../src-main/engines/asr/realtime-session'
import type { AsrEvent } from '../../../../src-main/ports/asr-engine'
import type { RealtimeCoreOptions } from '../../../fakes/service-server/realtime-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLinkMemory, RealtimeSession } from '../../../../src-main/engines/asr/realtime-session'
import { RealtimeCore } from '../../../fakes/service-server/realtime-core'
import { speak, WORDS } from '../../../fakes/service-server/spoken-words'

function session(options: Partial<RealtimeSessionOptions> = {}): RealtimeSession {
  return new RealtimeSession({ service: 'Test', model: 'heard-1', language: undefined, dialect: 'openai', ...options })
}

/** A take and a server, and everything between them in the hands of the test. */
class Stage {
  readonly session: RealtimeSession
  readonly events: AsrEvent[] = []
  readonly sent: Record<string, unknown>[] = []
  #core: RealtimeCore | null = null
  readonly #coreOptions: RealtimeCoreOptions
  #links = 0
  /** Answers on their way, in order; and those of items, in any order. */
  #now: string[] = []
  #later: string[][] = []

  constructor(options: Partial<RealtimeSessionOptions> = {}, core: RealtimeCoreOptions = {}) {
    this.session = session(options)
    this.#coreOptions = { ...core, dialect: options.dialect ?? 'openai' }
  }

  get isConnected(): boolean {
    return this.#core !== null
  }

  get isIdle(): boolean {
    return this.#now.length === 0 && this.#later.length === 0
  }

  connect(memory: LinkMemory = createLinkMemory()): void {
    this.#core = new RealtimeCore(String(++this.#links), this.#coreOptions)
    this.#now = [this.#core.greeting()]
    this.#later = []
    this.session.opened(memory)
  }

  drop(): void {
    this.#core = null
    this.session.dropped()
  }

  /** One message to the server; false when there is none. */
  send(): boolean {
    const message = this.#core && this.session.next()
    if (!message || !this.#core)
      return false
    this.sent.push(JSON.parse(message) as Record<string, unknown>)
    const { now, later } = this.#core.receive(message)
    this.#now.push(...now)
    this.#later.push(...later)
    return true
  }

  /** One answer to the client; `pick` says of which item. */
  answer(pick = 0): void {
    if (!this.#core)
      return
    const list = this.#later[pick % Math.max(1, this.#later.length)]
    const text = this.#now.shift() ?? list?.shift()
    this.#later = this.#later.filter(({ length }) => length > 0)
    if (text !== undefined)
      this.events.push(...this.session.received(text).events)
  }

  settle(): void {
    for (;;) {
      const sent = this.send()
      if (!sent && this.isIdle)
        return
      this.answer()
    }
  }

  final(): string {
    expect(this.session.over).toBe(true)
    const final = this.session.final()
    return final.type === 'final' ? final.text : '?'
  }
}

const DIALECTS: readonly RealtimeDialect[] = ['openai', 'openai-beta', '16k']

describe('a take at a realtime service', () => {
  it.each(DIALECTS)('%s: is heard whole', (dialect) => {
    const stage = new Stage({ dialect })
    stage.connect()
    speak(['one', 'two', 300, 'three']).forEach(frame => stage.session.push(frame))
    stage.session.end()
    stage.settle()
    expect(stage.final()).toBe('one two three')
    expect(stage.session.final()).toEqual({ type: 'final', text: 'one two three', speechMs: 240 })
    expect(stage.events.filter(({ type }) => type === 'phrase')).toEqual([{ type: 'phrase', text: 'one two three', index: 0, startMs: 0, endMs: expect.closeTo(660, 0) as number }])
  })

  it('says what kind of session it wants, before anything else, and once', () => {
    const stage = new Stage({ language: 'de' })
    const memory = createLinkMemory()
    stage.connect(memory)
    speak(['one']).forEach(frame => stage.session.push(frame))
    stage.session.end()
    stage.settle()
    expect(stage.sent[0]).toEqual({
      type: 'session.update',
      session: { type: 'transcription', audio: { input: { format: { type: 'audio/pcm', rate: 24_000 }, transcription: { model: 'heard-1', language: 'de' }, turn_detection: null } } },
    })
    const next = session({ language: 'de' })
    next.opened(memory)
    expect(next.next()).toBeNull()
  })

  it('the older shape, and the one of 16 kHz', () => {
    const first = (dialect: RealtimeDialect): unknown => {
      const stage = new Stage({ dialect })
      stage.connect()
      stage.send()
      return stage.sent[0]
    }
    expect(first('openai-beta')).toEqual({ type: 'transcription_session.update', session: { input_audio_format: 'pcm16', input_audio_transcription: { model: 'heard-1' }, turn_detection: null } })
    expect(first('16k')).toEqual({ type: 'session.update', model: 'heard-1' })
  })

  it('what is spoken before there is a connection is sent when there is one', () => {
    const stage = new Stage()
    speak(['one', 'two']).forEach(frame => stage.session.push(frame))
    expect(stage.send()).toBe(false)
    stage.connect()
    speak(['three']).forEach(frame => stage.session.push(frame))
    stage.session.end()
    stage.settle()
    expect(stage.final()).toBe('one two three')
  })

  it('silence is neither sent nor committed', () => {
    const stage = new Stage()
    stage.connect()
    speak([3000]).forEach(frame => stage.session.push(frame))
    stage.session.end()
    stage.settle()
    expect(stage.final()).toBe('')
    expect(stage.sent.map(({ type }) => type)).toEqual(['session.update'])
  })

  it('half a second of the silence before a voice is sent, not all of it', () => {
    const stage = new Stage({ dialect: '16k' })
    stage.connect()
    speak([3000, 'one']).forEach(frame => stage.session.push(frame))
    stage.session.end()
    stage.settle()
    const bytes = stage.sent.map(({ audio }) => typeof audio === 'string' ? atob(audio).length : 0).reduce((a, b) => a + b, 0)
    expect(bytes / 2 / 16).toBeLessThanOrEqual(500 + 140)
    expect(stage.events.find(({ type }) => type === 'phrase')).toMatchObject({ startMs: 2500 })
  })

  it('never commits less than 100 ms', () => {
    const stage = new Stage()
    stage.connect()
    speak(['one'], { wordFrames: 1, gapFrames: 0 }).forEach(frame => stage.session.push(frame))
    stage.session.end()
    stage.settle()
    expect(stage.final()).toBe('one')
  })

  it('a long take is committed at its pauses, and told as phrases in order', () => {
    const stage = new Stage({ commitAtPause: { afterMs: 200, pauseMs: 200 } })
    stage.connect()
    speak(['one', 'two', 400, 'three', 'four', 400, 'five']).forEach((frame) => {
      stage.session.push(frame)
      stage.settle()
    })
    const before = stage.events.at(-1)
    expect(before).toEqual({ type: 'partial', text: 'one two three four', stableChars: 18, settled: true })
    stage.session.end()
    stage.settle()
    expect(stage.final()).toBe('one two three four five')
    expect(stage.events.flatMap(event => event.type === 'phrase' ? [[event.index, event.text]] : [])).toEqual([[0, 'one two'], [1, 'three four'], [2, 'five']])
  })

  it('completions out of order are put in order by their item', () => {
    const stage = new Stage({ commitAtPause: { afterMs: 200, pauseMs: 200 } })
    stage.connect()
    speak(['one', 'two', 400, 'three', 'four', 400]).forEach(frame => stage.session.push(frame))
    stage.session.end()
    while (stage.send());
    for (let i = 0; i < 40; i++)
      stage.answer(1)
    expect(stage.final()).toBe('one two three four')
  })

  it('a server that does not say which item a commit became is understood', () => {
    const stage = new Stage({ commitAtPause: { afterMs: 200, pauseMs: 200 } }, { acknowledges: false })
    stage.connect()
    speak(['one', 'two', 400, 'three', 'four', 400]).forEach(frame => stage.session.push(frame))
    stage.session.end()
    stage.settle()
    expect(stage.final()).toBe('one two three four')
  })

  it('a server that cuts by itself is understood', () => {
    const stage = new Stage({}, { cutsAtMs: 200 })
    stage.connect()
    speak(['one', 'two', 400, 'three', 400]).forEach((frame) => {
      stage.session.push(frame)
      stage.settle()
    })
    stage.session.end()
    stage.settle()
    expect(stage.final()).toBe('one two three')
  })

  it('what comes late for an earlier take is nobody\'s', () => {
    const memory = createLinkMemory()
    memory.done.add('item_old')
    const stage = new Stage()
    stage.connect(memory)
    speak(['one']).forEach(frame => stage.session.push(frame))
    stage.session.end()
    while (stage.send());
    expect(stage.session.received(JSON.stringify({ type: 'conversation.item.input_audio_transcription.completed', item_id: 'item_old', transcript: 'wrong' })).events).toEqual([])
    stage.settle()
    expect(stage.final()).toBe('one')
  })

  it('partial text does not get shorter after a drop', () => {
    const stage = new Stage()
    stage.connect()
    speak(['one', 'two', 'three']).forEach(frame => stage.session.push(frame))
    stage.session.end()
    while (stage.send());
    while (stage.events.filter(({ type }) => type === 'partial').length < 2)
      stage.answer()
    expect(stage.events.at(-1)).toMatchObject({ text: 'one two' })
    stage.drop()
    stage.connect()
    stage.settle()
    const lengths = stage.events.flatMap(event => event.type === 'partial' ? [event.text.length] : [])
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b))
    expect(stage.final()).toBe('one two three')
  })

  it.each([
    [{ type: 'error', error: { message: 'The server had an error', type: 'server_error' } }, 'service-failed'],
    [{ type: 'error', error: 'something broke', code: 'processing_error' }, 'service-failed'],
    [{ type: 'error', message: 'no more quota', code: 'insufficient_quota' }, 'service-busy'],
    [{ error: { message: 'Incorrect API key', code: 'invalid_api_key' } }, 'service-key'],
    [{ type: 'conversation.item.input_audio_transcription.failed', item_id: 'x', error: { message: 'could not', code: 'audio_unintelligible' } }, 'service-failed'],
  ])('%j is an error', (message, code) => {
    expect(() => session().received(JSON.stringify(message))).toThrow(expect.objectContaining({ code }))
  })

  it.each(['{"type":', '[]', '"text"'])('%s cannot be read', (message) => {
    expect(() => session().received(message)).toThrow(expect.objectContaining({ code: 'service-reply' }))
  })

  it('an expired session wants a new connection', () => {
    expect(session().received(JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', code: 'session_expired', message: 'Your session hit the maximum duration' } }))).toEqual({ events: [], expired: true })
  })

  const steps = fc.array(fc.oneof(
    { weight: 8, arbitrary: fc.constant({ do: 'speak' as const, pick: 0 }) },
    { weight: 6, arbitrary: fc.constant({ do: 'send' as const, pick: 0 }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('answer' as const), pick: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.constant({ do: 'drop' as const, pick: 0 }) },
    { weight: 2, arbitrary: fc.constant({ do: 'connect' as const, pick: 0 }) },
  ), { minLength: 20, maxLength: 250 })
  const spoken = fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...WORDS) }, { weight: 1, arbitrary: fc.constantFrom(100, 300, 600) }), { maxLength: 12 })
  const server = fc.record({ acknowledges: fc.boolean(), deltas: fc.boolean() })

  it.each(DIALECTS)('%s: no word is lost and none comes twice, whatever drops when', (dialect) => {
    fc.assert(fc.property(spoken, steps, server, (words, schedule, behaviour) => {
      const stage = new Stage({ dialect, commitAtPause: { afterMs: 200, pauseMs: 100 } }, { ...(dialect !== '16k' && behaviour) })
      const frames = speak(words, { wordFrames: 3, gapFrames: 2 })
      let next = 0
      for (const { do: what, pick } of schedule) {
        if (what === 'speak' && next < frames.length)
          stage.session.push(frames[next++] as never)
        else if (what === 'send')
          stage.send()
        else if (what === 'answer')
          // A server that does not name its items answers in order.
          stage.answer(behaviour.acknowledges ? pick : 0)
        else if (what === 'drop' && stage.isConnected)
          stage.drop()
        else if (what === 'connect' && !stage.isConnected)
          stage.connect()
      }
      frames.slice(next).forEach(frame => stage.session.push(frame))
      stage.session.end()
      if (!stage.isConnected)
        stage.connect()
      stage.settle()
      const said = words.filter(word => typeof word === 'string')
      expect(stage.final()).toBe(said.join(' '))
      const phrases = stage.events.flatMap(event => event.type === 'phrase' ? [event] : [])
      expect(phrases.map(({ text }) => text).join(' ')).toBe(said.join(' '))
      expect(phrases.map(({ index }) => index)).toEqual(phrases.map((_, i) => i))
      for (const event of stage.events) {
        if (event.type === 'partial')
          expect(said.join(' ').startsWith(event.text.slice(0, event.stableChars))).toBe(true)
      }
    }), { numRuns: 150 })
  })
})
