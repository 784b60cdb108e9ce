import type { Fence } from './fence'

/** "Sure!", "Here is the cleaned-up text:" and the like, at the beginning of a line of its own or of the reply. */
const ANNOUNCEMENT = /^(?:(?:sure(?: thing)?|certainly|of course|okay|ok|absolutely|no problem)[!,.:]?\s+)?(?:here(?:'s| is| are)\b[^\n:]{0,80}:|(?:the )?(?:clean(?:ed)?(?:[- ]up)?|corrected|rewritten|revised|edited|formatted|improved|final|shortened|translated) (?:text|version|dictation|message|e-?mail|notes?|translation)(?: is)?:|(?:output|result|answer|text|response|translation|corrected|cleaned)\s*:)[ \t]*\n*/i
const AGREEMENT = /^(?:sure(?: thing)?|certainly|of course|absolutely)[!.]\s+/i
/** What models add below. */
const EXPLANATION = /\n\s*\n(?:\(?note:|\(?explanation:|changes(?: made)?:|i(?:'ve| have)? (?:corrected|cleaned|removed|fixed|changed|made|added)\b|let me know\b|this (?:version|text) (?:is|has)\b|the (?:text|corrected|cleaned)\b[^\n]{0,60} (?:has|have|was|were) been\b)[\s\S]*$/i
const QUOTES: readonly (readonly [string, string])[] = [['"', '"'], ['“', '”'], ['\'', '\''], ['«', '»'], ['„', '“']]

/**
 * Takes off what models put around a text that they were asked for alone. Only what `source`, the text that they were given, does not
 * itself begin or end with.
 */
export function unwrap(reply: string, source: string, fence: Fence): string {
  let text = reply.replaceAll('\r\n', '\n')
  text = withoutFence(text, fence).trim()
  text = withoutAnnouncement(text, source)
  text = withoutCodeFence(text, source)
  text = withoutFence(text, fence).trim()
  if (!EXPLANATION.test(`\n\n${source}`))
    text = text.replace(EXPLANATION, '').trim()
  return withoutQuotes(text, source.trim())
}

/** A mark of any number: small models copy those of the examples, and sometimes forget a sign. */
function withoutFence(text: string, fence: Fence): string {
  const opened = text.indexOf(fence.open)
  const inside = opened < 0 ? text : text.slice(opened + fence.open.length)
  const closed = inside.indexOf(fence.close)
  return (closed < 0 ? inside : inside.slice(0, closed)).replaceAll(/<\/?text-\w+>?/g, '')
}

function withoutAnnouncement(text: string, source: string): string {
  let rest = text
  for (const pattern of [AGREEMENT, ANNOUNCEMENT]) {
    if (!pattern.test(source.trimStart()))
      rest = rest.replace(pattern, '').trimStart()
  }
  return rest
}

function withoutCodeFence(text: string, source: string): string {
  if (source.includes('```'))
    return text
  const block = /^```[\w-]*[ \t]*\n([\s\S]*?)\n?```/.exec(text)
  return block ? (block[1] as string).trim() : text
}

function withoutQuotes(text: string, source: string): string {
  for (const [open, close] of QUOTES) {
    const isAround = text.length > open.length + close.length && text.startsWith(open) && text.endsWith(close)
    const inside = text.slice(open.length, text.length - close.length)
    if (isAround && !inside.includes(open) && !inside.includes(close) && !(source.startsWith(open) && source.endsWith(close)))
      return inside.trim()
  }
  return text
}
