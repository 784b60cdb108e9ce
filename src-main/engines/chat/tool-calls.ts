import { z } from 'zod'

/** A part of a tool call as services stream it; every field may be missing, empty or repeated. */
export const toolCallDeltaSchema = z.looseObject({
  index: z.number().nullish(),
  id: z.string().nullish(),
  function: z.looseObject({
    name: z.string().nullish(),
    // Some servers send the arguments as an object, whole.
    arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
  }).nullish(),
})
export type ToolCallDelta = z.infer<typeof toolCallDeltaSchema>

export interface ToolCall {
  readonly id: string
  readonly name: string
  /** A JSON object. */
  readonly argumentsJson: string
}

interface Draft {
  readonly index: number | null
  id: string
  name: string
  arguments: string
}

/** Puts tool calls together from their deltas. Nothing of a call is known to be whole before the stream has ended. */
export class ToolCallAssembler {
  readonly #drafts: Draft[] = []

  push(delta: ToolCallDelta): void {
    const draft = this.#draftFor(delta)
    draft.id ||= delta.id ?? ''
    const name = delta.function?.name ?? ''
    // Sent again with each delta by some, late by others; never in pieces.
    if (name !== '')
      draft.name = name
    const part = delta.function?.arguments ?? ''
    draft.arguments += typeof part === 'string' ? part : JSON.stringify(part)
  }

  /** Null for a call that cannot be run: it has no name, or its arguments are no JSON object. */
  end(): (ToolCall | null)[] {
    return this.#drafts.map(({ id, name, arguments: text }, at) => {
      const argumentsJson = text.trim() === '' ? '{}' : text
      return name !== '' && isObject(argumentsJson) ? { id: id === '' ? `call_${at}` : id, name, argumentsJson } : null
    })
  }

  #draftFor({ index, id, function: called }: ToolCallDelta): Draft {
    const last = this.#drafts.at(-1)
    const isNamed = (called?.name ?? '') !== ''
    // By index, unless a server gives every call the same index and another id and name.
    const sameIndex = index == null ? undefined : this.#drafts.findLast(draft => draft.index === index)
    const found = index == null
      ? id ? this.#drafts.find(draft => draft.id === id) : isNamed && isWhole(last) ? undefined : last
      : sameIndex && isNamed && id && sameIndex.id !== '' && sameIndex.id !== id ? undefined : sameIndex
    if (found)
      return found
    const draft: Draft = { index: index ?? null, id: '', name: '', arguments: '' }
    this.#drafts.push(draft)
    return draft
  }
}

function isWhole(draft: Draft | undefined): boolean {
  return draft !== undefined && draft.name !== '' && isObject(draft.arguments)
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  }
  catch {
    return false
  }
}
