/**
 * Targets that tell about the owner or the content, or do something to it, and are no content (ICCCM 2.6.2, and what
 * editors and toolkits add).
 */
const NO_CONTENT: ReadonlySet<string> = new Set([
  ...['TARGETS', 'MULTIPLE', 'TIMESTAMP', 'SAVE_TARGETS', 'DELETE', 'INSERT_SELECTION', 'INSERT_PROPERTY', 'LENGTH', 'LIST_LENGTH'],
  ...['CHARACTER_POSITION', 'LINE_NUMBER', 'COLUMN_NUMBER', 'FILE_NAME', 'CLIENT_WINDOW', 'HOST_NAME', 'USER', 'PROCESS', 'TASK'],
  ...['OWNER_OS', 'CLASS', 'NAME', 'MODULE', 'PROCEDURE', 'ATOM', 'INTEGER', 'CLIPBOARD_MANAGER'],
])
/** Names of things that stay the owner's and go with it: their bytes mean nothing later. */
const HANDLES: ReadonlySet<string> = new Set(['PIXMAP', 'DRAWABLE', 'BITMAP', 'COLORMAP', 'FOREGROUND', 'BACKGROUND', 'WINDOW'])

/** Names under which one plain text goes, the best first; each later one can be told from an earlier one. */
export const TEXT_TARGETS = ['UTF8_STRING', 'text/plain;charset=utf-8', 'text/plain;charset=UTF-8', 'text/plain', 'TEXT', 'STRING'] as const
const COMPOUND_TEXT = 'COMPOUND_TEXT'
const TEXT_NAMES: ReadonlySet<string> = new Set<string>([...TEXT_TARGETS, COMPOUND_TEXT])

/** With so few the owner has them at hand; a longer list is what a toolkit could convert a picture into. */
const MAX_DIRECT_IMAGES = 3
/** Beyond these an owner offers renderings of one and the same (office programs: dozens). */
const MAX_FORMATS = 64

export interface FormatPlan {
  /** Asked for at once: one name of the plain text, and everything that is not plain text. */
  readonly first: readonly string[]
  /** Other names of the plain text. */
  readonly aliases: readonly string[]
  /** Content that is not asked for. */
  readonly left: readonly string[]
}

/**
 * Which of the offered formats are asked for. Of a picture that is offered in more than three formats only PNG, which every
 * program reads and which loses nothing, and SVG, which cannot be had from pixels: the others are conversions that the owner
 * would compute one after another while somebody waits for a text.
 */
export function planFormats(offered: readonly string[]): FormatPlan {
  const content = [...new Set(offered)].filter(name => !NO_CONTENT.has(name))
  const images = content.filter(name => isImage(name))
  const keptImage = images.includes('image/png') ? 'image/png' : images[0]
  const left: string[] = []
  const others: string[] = []
  for (const name of content.filter(name => !TEXT_NAMES.has(name))) {
    const isConversion = isImage(name) && images.length > MAX_DIRECT_IMAGES && name !== keptImage && !name.startsWith('image/svg')
    if (HANDLES.has(name) || isConversion || others.length >= MAX_FORMATS)
      left.push(name)
    else
      others.push(name)
  }
  const texts = [...TEXT_TARGETS, COMPOUND_TEXT].filter(name => content.includes(name))
  // Pictures last: their owner may be at it for a while, and answers in the order of the questions.
  const ordered = [...others.filter(name => !isImage(name)), ...others.filter(isImage)]
  return { first: [...texts.slice(0, 1), ...ordered], aliases: texts.slice(1), left }
}

export function isImage(name: string): boolean {
  return name.startsWith('image/')
}

export function isText(name: string): boolean {
  return TEXT_NAMES.has(name)
}

/** What STRING can hold: ISO 8859-1's printable characters, tab and line feed (ICCCM 2.7.1). */
export function isLatin1(text: string): boolean {
  return /^[\t\n\x20-\x7E\xA0-\xFF]*$/.test(text)
}
