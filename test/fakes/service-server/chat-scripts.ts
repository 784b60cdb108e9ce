import type { ErrorCode } from '../../../src-main/lib/app-error'
import type { ChatEvent } from '../../../src-main/ports/chat-engine'

/** What a chat service sends, by name: every shape that real services were seen to send, written by us. */
export interface ChatScript {
  readonly contentType: string
  readonly body: string
  /** What it means; consecutive texts joined. */
  readonly means: readonly ChatEvent[]
  /** The reply ends in this failure (after `means`). */
  readonly failure?: ErrorCode
}

const SSE = 'text/event-stream'
const JSON_TYPE = 'application/json'

function chunk(delta: unknown, finish: string | null = null): string {
  return JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })
}

function events(...data: readonly string[]): string {
  return data.map(line => `data: ${line}\n\n`).join('')
}

const USAGE = JSON.stringify({ id: 'c1', choices: [], usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 } })
const usage: ChatEvent = { type: 'usage', promptTokens: 9, completionTokens: 4 }
const text = (value: string): ChatEvent => ({ type: 'text', text: value })
const reasoning = (value: string): ChatEvent => ({ type: 'reasoning', text: value })
const stop: ChatEvent = { type: 'finish', reason: 'stop' }

/** A reply that every script of words says, with what is hard to cut: combining marks, surrogates, other scripts. */
export const WORDS = ['Paris', ' is the', ' capital — ', 'déjà', ' vu', ' 🗼👩‍👩‍👧', ' 漢字.']
const SAID = WORDS.join('')
const spoken = WORDS.map(word => chunk({ content: word }))

export const CHAT_SCRIPTS: Readonly<Record<string, ChatScript>> = {
  'plain': { contentType: SSE, body: events(chunk({ role: 'assistant', content: '' }), ...spoken, chunk({}, 'stop'), USAGE, '[DONE]'), means: [text(SAID), usage, stop] },
  'byte order mark': { contentType: SSE, body: `\uFEFF${events(...spoken, chunk({}, 'stop'), '[DONE]')}`, means: [text(SAID), stop] },
  'CR line ends': { contentType: SSE, body: events(...spoken, chunk({}, 'stop'), '[DONE]').replaceAll('\n', '\r'), means: [text(SAID), stop] },
  'CRLF line ends': { contentType: SSE, body: events(...spoken, chunk({}, 'stop'), '[DONE]').replaceAll('\n', '\r\n'), means: [text(SAID), stop] },
  'mixed line ends': { contentType: SSE, body: `data: ${spoken[0]}\r\n\ndata: ${chunk({ content: ' and' })}\r\rdata: ${chunk({}, 'stop')}\n\r\n`, means: [text('Paris and'), stop] },
  'no space after the colon': { contentType: SSE, body: events(...spoken, chunk({}, 'stop'), '[DONE]').replaceAll('data: ', 'data:'), means: [text(SAID), stop] },
  'comments and unknown fields': { contentType: SSE, body: `: keep-alive\n\n: OPENROUTER PROCESSING\n\nfoo: bar\nnonsense\nid: 7\nretry: 10x\ndata: ${spoken[0]}\n\n:\n\n${events(chunk({}, 'stop'), '[DONE]')}`, means: [text('Paris'), stop] },
  'data over several lines': { contentType: SSE, body: `data: {"choices":[{"index":0,\ndata: "delta":{"content":"Paris"},\ndata: "finish_reason":"stop"}]}\n\n`, means: [text('Paris'), stop] },
  'no blank line after DONE': { contentType: SSE, body: `${events(...spoken, chunk({}, 'stop'))}data: [DONE]`, means: [text(SAID), stop] },
  'DONE and no finish reason': { contentType: SSE, body: events(...spoken, '[DONE]'), means: [text(SAID), stop] },
  'finish reason and no DONE': { contentType: SSE, body: events(...spoken, chunk({}, 'stop')), means: [text(SAID), stop] },
  'cut without a terminator': { contentType: SSE, body: events(...spoken), means: [text(SAID)] },
  'cut in the middle of an event': { contentType: SSE, body: `${events(...spoken)}data: {"choices":[{"index":0,"del`, means: [text(SAID)] },
  'empty data': { contentType: SSE, body: `data:\n\ndata: \n\n${events(...spoken, '', chunk({}, 'stop'), '[DONE]')}`, means: [text(SAID), stop] },
  'empty choices first': { contentType: SSE, body: events(JSON.stringify({ choices: [], prompt_filter_results: [] }), ...spoken, chunk({}, 'stop'), '[DONE]'), means: [text(SAID), stop] },
  'no choices at all': { contentType: SSE, body: events(JSON.stringify({ object: 'ping' }), ...spoken, chunk({}, 'stop'), '[DONE]'), means: [text(SAID), stop] },
  'empty role and null content': { contentType: SSE, body: events(chunk({ role: '', content: null }), ...spoken, chunk({ content: null }, 'stop'), '[DONE]'), means: [text(SAID), stop] },
  'null delta': { contentType: SSE, body: events(JSON.stringify({ choices: [{ index: 0, delta: null }] }), ...spoken, chunk({}, 'stop'), '[DONE]'), means: [text(SAID), stop] },
  'usage with the last choice': { contentType: SSE, body: events(...spoken, JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: { prompt_tokens: 9, completion_tokens: 4 } }), '[DONE]'), means: [text(SAID), usage, stop] },
  'usage as null': { contentType: SSE, body: events(JSON.stringify({ choices: [{ index: 0, delta: { content: 'Paris' } }], usage: null }), chunk({}, 'stop'), '[DONE]'), means: [text('Paris'), stop] },
  'content in parts': { contentType: SSE, body: events(chunk({ content: [{ type: 'text', text: 'Pa' }, { type: 'text', text: 'ris' }] }), chunk({}, 'stop'), '[DONE]'), means: [text('Paris'), stop] },
  'a second choice': { contentType: SSE, body: events(JSON.stringify({ choices: [{ index: 1, delta: { content: 'No' } }, { index: 0, delta: { content: 'Paris' } }] }), chunk({}, 'stop'), '[DONE]'), means: [text('Paris'), stop] },
  'out of tokens': { contentType: SSE, body: events(...spoken, chunk({}, 'length'), '[DONE]'), means: [text(SAID), { type: 'finish', reason: 'length' }] },
  'content filter': { contentType: SSE, body: events(...spoken, chunk({}, 'content_filter'), '[DONE]'), means: [text(SAID), { type: 'finish', reason: 'filtered' }] },
  'after DONE': { contentType: SSE, body: events(...spoken, chunk({}, 'stop'), '[DONE]', chunk({ content: 'More' })), means: [text(SAID), stop] },
  'one event': { contentType: SSE, body: events(chunk({ role: 'assistant', content: SAID }, 'stop'), '[DONE]'), means: [text(SAID), stop] },
  'message in a stream': { contentType: SSE, body: events(JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: SAID }, finish_reason: 'stop' }] })), means: [text(SAID), stop] },
  'plain JSON': { contentType: JSON_TYPE, body: JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: SAID }, finish_reason: 'stop' }], usage: { prompt_tokens: 9, completion_tokens: 4 } }, null, 2), means: [text(SAID), usage, stop] },
  'plain JSON called a stream': { contentType: SSE, body: `\n${JSON.stringify({ choices: [{ message: { content: SAID } }] })}`, means: [text(SAID), stop] },
  'stream called JSON': { contentType: JSON_TYPE, body: events(...spoken, chunk({}, 'stop'), '[DONE]'), means: [text(SAID), stop] },
  'reasoning field': { contentType: SSE, body: events(chunk({ reasoning_content: 'Let me ' }), chunk({ reasoning_content: 'think.', content: null }), ...spoken, chunk({}, 'stop'), '[DONE]'), means: [reasoning('Let me think.'), text(SAID), stop] },
  'reasoning under its other name': { contentType: SSE, body: events(chunk({ reasoning: 'Hm.', content: '' }), ...spoken, chunk({}, 'stop'), '[DONE]'), means: [reasoning('Hm.'), text(SAID), stop] },
  'think tags over deltas': { contentType: SSE, body: events(...['<th', 'ink>Let', ' me</t', 'hink>', '\n\nParis', '.'].map(content => chunk({ content })), chunk({}, 'stop'), '[DONE]'), means: [reasoning('Let me'), text('Paris.'), stop] },
  'tool call': {
    contentType: SSE,
    body: events(
      chunk({ tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'weather', arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '"Paris"}' } }] }),
      chunk({}, 'tool_calls'),
      '[DONE]',
    ),
    means: [{ type: 'tool-call', id: 'call_a', name: 'weather', argumentsJson: '{"city":"Paris"}' }, stop],
  },
  'tool calls without ids, finish reason stop': {
    contentType: SSE,
    body: events(
      chunk({ tool_calls: [{ function: { name: 'a', arguments: '{}' } }] }),
      chunk({ tool_calls: [{ id: '', function: { name: 'b', arguments: '{"x":' } }] }),
      chunk({ tool_calls: [{ function: { arguments: '1}' } }] }),
      chunk({}, 'stop'),
    ),
    means: [{ type: 'tool-call', id: 'call_0', name: 'a', argumentsJson: '{}' }, { type: 'tool-call', id: 'call_1', name: 'b', argumentsJson: '{"x":1}' }, stop],
  },
  'tool calls that share an index': {
    contentType: SSE,
    body: events(
      chunk({ tool_calls: [{ index: 0, id: 'x', function: { name: 'a', arguments: '{"q":1}' } }] }),
      chunk({ tool_calls: [{ index: 0, id: 'y', function: { name: 'b', arguments: '{"q":2}' } }] }),
      chunk({}, 'tool_calls'),
    ),
    means: [{ type: 'tool-call', id: 'x', name: 'a', argumentsJson: '{"q":1}' }, { type: 'tool-call', id: 'y', name: 'b', argumentsJson: '{"q":2}' }, stop],
  },
  'tool name late': {
    contentType: SSE,
    body: events(
      chunk({ tool_calls: [{ index: 0, id: 'x', function: { arguments: '{"q":1' } }] }),
      chunk({ tool_calls: [{ index: 0, id: '', function: { name: 'a', arguments: '}' } }] }),
      chunk({}, 'tool_calls'),
    ),
    means: [{ type: 'tool-call', id: 'x', name: 'a', argumentsJson: '{"q":1}' }, stop],
  },
  'tool call with broken arguments': {
    contentType: SSE,
    body: events(chunk({ tool_calls: [{ index: 0, id: 'x', function: { name: 'a', arguments: '{"q":' } }] }), chunk({}, 'tool_calls'), '[DONE]'),
    means: [],
    failure: 'service-reply',
  },
  'tool call in a stream that was cut': {
    contentType: SSE,
    body: events(chunk({ tool_calls: [{ index: 0, id: 'x', function: { name: 'a', arguments: '{"q":1}' } }] })),
    means: [],
    failure: 'service-failed',
  },
  'error as the body': { contentType: JSON_TYPE, body: JSON.stringify({ error: { message: 'No such model', type: 'invalid_request_error', code: 404 } }), means: [], failure: 'service-refused' },
  'error as an event': { contentType: SSE, body: events(...spoken, JSON.stringify({ error: { message: 'Overloaded', code: 503 } })), means: [text(SAID)], failure: 'service-failed' },
  'error by the event\'s type': { contentType: SSE, body: `event: error\ndata: {"message":"slow down","code":429}\n\n`, means: [], failure: 'service-busy' },
  'error by the event\'s type, no JSON': { contentType: SSE, body: `event: error\ndata: upstream went away\n\n`, means: [], failure: 'service-failed' },
  'error as a string': { contentType: SSE, body: events(JSON.stringify({ error: 'rate limit' })), means: [], failure: 'service-failed' },
  'error in the choice': { contentType: SSE, body: events(spoken[0] ?? '', JSON.stringify({ choices: [{ index: 0, error: { code: 502, message: 'Provider failed' }, finish_reason: 'error', delta: {} }] })), means: [text('Paris')], failure: 'service-failed' },
  'HTML': { contentType: 'text/html', body: '<!doctype html><title>502</title>', means: [], failure: 'service-reply' },
  'HTML called a stream': { contentType: SSE, body: '\n<html><body>Sign in</body></html>', means: [], failure: 'service-reply' },
  'invalid JSON in an event': { contentType: SSE, body: `${events(spoken[0] ?? '')}data: {"choices": [}\n\n`, means: [text('Paris')], failure: 'service-reply' },
  'an array': { contentType: JSON_TYPE, body: '[1, 2]', means: [], failure: 'service-reply' },
  'empty body': { contentType: SSE, body: '', means: [], failure: 'service-failed' },
  'only comments': { contentType: SSE, body: ': keep-alive\n\n: keep-alive\n\n', means: [], failure: 'service-failed' },
  'an empty reply': { contentType: SSE, body: events(chunk({ role: 'assistant', content: '' }, 'stop'), '[DONE]'), means: [stop] },
}

/** Consecutive texts and thoughts joined: how a stream was cut into deltas means nothing. */
export function joined(list: readonly ChatEvent[]): ChatEvent[] {
  const result: ChatEvent[] = []
  for (const event of list) {
    const last = result.at(-1)
    if (last && (event.type === 'text' || event.type === 'reasoning') && last.type === event.type)
      result[result.length - 1] = { type: event.type, text: last.text + event.text }
    else
      result.push(event)
  }
  return result
}
