import { randomUUID } from 'node:crypto'

export interface MultipartOptions {
  readonly fields: Readonly<Record<string, string>>
  readonly file: { readonly field: string, readonly name: string, readonly type: string }
  readonly boundary?: string
}

/** What stands around a file in a `multipart/form-data` body, so that the file may be sent while it is still growing. */
export interface Multipart {
  readonly contentType: string
  readonly head: Uint8Array
  readonly tail: Uint8Array
}

export function createMultipart({ fields, file, boundary = `parley-${randomUUID()}` }: MultipartOptions): Multipart {
  const parts = Object.entries(fields).map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`)
  // The file comes last: a server that reads as it comes knows everything else by then.
  parts.push(`--${boundary}\r\nContent-Disposition: form-data; name="${quoted(file.field)}"; filename="${quoted(file.name)}"\r\nContent-Type: ${file.type}\r\n\r\n`)
  const encoder = new TextEncoder()
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    head: encoder.encode(parts.join('')),
    tail: encoder.encode(`\r\n--${boundary}--\r\n`),
  }
}

/** As browsers do it. */
function quoted(text: string): string {
  return text.replace(/"/g, '%22').replace(/\r/g, '%0D').replace(/\n/g, '%0A')
}
