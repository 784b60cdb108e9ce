/** A text in the pieces in which it came, so that what is new can be had without touching what was there. */
export interface TextGrowth {
  readonly parts: readonly string[]
  /** Another one: the text does not continue the former one. */
  readonly revision: number
  readonly append: (text: string) => void
  /** The whole text, as it is known from elsewhere. `before`: what the pieces make together. */
  readonly become: (text: string, before: string) => void
}

export function createGrowth(text: string): TextGrowth {
  let parts: string[] = text === '' ? [] : [text]
  let revision = 0
  return {
    get parts() {
      return parts
    },
    get revision() {
      return revision
    },
    append(more) {
      if (more !== '')
        parts.push(more)
    },
    become(next, before) {
      if (next === before)
        return
      if (next.startsWith(before)) {
        parts.push(next.slice(before.length))
        return
      }
      parts = next === '' ? [] : [next]
      revision += 1
    },
  }
}

/** Reads a growth from where it was left; `reset` is called where the text begins anew. */
export function createGrowthReader(to: { readonly reset: () => void, readonly append: (text: string) => void }): (growth: TextGrowth) => void {
  let read: TextGrowth | null = null
  let revision = 0
  let count = 0
  return (growth) => {
    if (read !== growth || revision !== growth.revision) {
      to.reset()
      read = growth
      revision = growth.revision
      count = 0
    }
    if (count < growth.parts.length)
      to.append(growth.parts.slice(count).join(''))
    count = growth.parts.length
  }
}
