import type { Buffer } from 'node:buffer'
import type { RunnerEvent } from '../../../src-main/conversation/runner-types'
import type { StoredTurn } from '../../../src-main/ports/conversation-store'
import type { RouteAttempt, RouteReport } from '../../../src-main/ports/route'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createAnswerPage, hopTable } from '../../../src-main/cli/answer-page'

class Page extends Writable {
  text = ''
  readonly isTTY: boolean

  constructor(isTTY: boolean) {
    super()
    this.isTTY = isTTY
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

const turn = (userText: string): RunnerEvent => ({ type: 'turn', turn: { userText, replyText: '', end: 'pending' } as StoredTurn })
const tokens = (kind: 'text' | 'reasoning', offset: number, text: string): RunnerEvent => ({ type: 'tokens', turnId: 't', kind, offset, text })

function shown(isTTY: boolean, ...events: RunnerEvent[]): { readonly out: string, readonly err: string } {
  const [stdout, stderr] = [new Page(false), new Page(isTTY)]
  const page = createAnswerPage({ stdout, stderr })
  for (const event of events)
    page.take(event)
  page.end()
  return { out: stdout.text, err: stderr.text }
}

describe('the answer on the page', () => {
  const thoughtful = [turn('Why?'), tokens('reasoning', 0, 'Let me '), tokens('reasoning', 7, 'see.'), tokens('text', 0, 'Be'), tokens('text', 2, 'cause.')]

  it('thoughts are dimmed on a terminal, and nowhere else', () => {
    expect(shown(true, ...thoughtful)).toEqual({ out: 'You: Why?\nParley: Because.\n', err: '\x1B[2mLet me see.\x1B[22m\n' })
    expect(shown(false, ...thoughtful)).toEqual({ out: 'You: Why?\nParley: Because.\n', err: '' })
  })

  it('thoughts without an answer leave the terminal as it was', () => {
    expect(shown(true, turn('Why?'), tokens('reasoning', 0, 'Hm'))).toEqual({ out: 'You: Why?\n', err: '\x1B[2mHm\x1B[22m\n' })
  })

  it('a reply that begins again stands on a line of its own', () => {
    expect(shown(false, turn('Why?'), tokens('text', 0, 'Bec'), turn('Why?'), tokens('text', 0, 'Because.')).out).toBe('You: Why?\nParley: Bec\nParley: Because.\n')
  })
})

describe('the table of hops', () => {
  const attempt = (changes: Partial<RouteAttempt>): RouteAttempt => ({ serviceId: 'a', model: 'm', outcome: 'served', errorCode: null, startMs: 0, firstOutputMs: 5, endMs: 40, hedge: false, delivery: null, ...changes })
  const report = (changes: Partial<RouteReport>): RouteReport => ({ part: 'chat', servedBy: 'a', why: 'named', expectedMs: null, attempts: [attempt({})], skipped: [], ...changes })

  it('says who served each hop, who was left before, and why', () => {
    expect(hopTable({
      hops: { transcriptMs: 12.4, firstTokenMs: 300, firstPieceMs: 310, firstAudioMs: 400, replyEndMs: 500 },
      routes: {
        asr: report({ part: 'asr', servedBy: 'local', attempts: [attempt({ serviceId: 'local', model: 'own' })], skipped: [{ serviceId: 'far', reason: 'local-only' }] }),
        chat: report({
          servedBy: 'b',
          attempts: [
            attempt({ outcome: 'failed', errorCode: 'service-busy', firstOutputMs: null }),
            attempt({ serviceId: 'c', outcome: 'lost', firstOutputMs: null, endMs: 290 }),
            attempt({ serviceId: 'b', model: 'big' }),
          ],
          skipped: [{ serviceId: 'local', reason: 'not-ready' }],
        }),
        tts: report({ part: 'tts', servedBy: 'v', attempts: [attempt({ outcome: 'failed', errorCode: 'timeout', endMs: 99.6 }), attempt({ serviceId: 'v', model: '' })] }),
      },
    })).toBe([
      '',
      'ms after the question ended:',
      '  transcript              12  this machine (own)',
      '                              far: not asked, "local only" is on',
      '  first token            300  b (big)',
      '                              a: is over its limit after 40 ms',
      '                              c: was slower, and was left after 290 ms',
      '  first piece to say     310',
      '  first sound made       400  v',
      '                              a: broke off after 100 ms (took too long)',
      '  answer complete        500',
      '',
    ].join('\n'))
  })

  it('a part that nobody did is shown with its reasons', () => {
    expect(hopTable({ hops: {}, routes: { chat: report({ servedBy: null, attempts: [], skipped: [{ serviceId: 'local', reason: 'not-ready' }, { serviceId: 'a', reason: 'key' }] }) } })).toBe([
      '',
      'ms after the question ended:',
      '  first token              -  nobody',
      '                              this machine: not asked, was not loaded yet',
      '                              a: not asked, refused the key before',
      '',
    ].join('\n'))
  })
})
