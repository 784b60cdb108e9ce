import { randomBytes } from 'node:crypto'

/** Marks around a text that is data, different at each call: what is dictated cannot contain them. */
export interface Fence {
  readonly open: string
  readonly close: string
  readonly wrap: (text: string) => string
}

/** `newMark`: a random word. */
export function createFence(text: string, newMark: () => string = randomMark): Fence {
  let mark = newMark()
  // A mark that the text has too would end it early.
  while (text.toLowerCase().includes(mark.toLowerCase()))
    mark = `${mark}${newMark()}`
  return fenceOf(mark)
}

export function fenceOf(mark: string): Fence {
  const open = `<text-${mark}>`
  const close = `</text-${mark}>`
  return { open, close, wrap: text => `${open}\n${neutralised(text)}\n${close}` }
}

function randomMark(): string {
  return randomBytes(3).toString('hex')
}

/**
 * What looks like a mark or like a control token of a chat format cannot be taken for one. Blanks alone are put in, so that the words
 * are the same.
 */
function neutralised(text: string): string {
  return text
    .replaceAll(/<(?=\/?text\b)/gi, '< ')
    .replaceAll(/<(?=\|)/g, '< ')
    .replaceAll(/\[(?=\/?INST\])/g, '[ ')
}
