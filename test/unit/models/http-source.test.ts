import type { HttpDownload } from '../../../src-main/models/http-source'
import type { FileServer } from './support/file-server'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { downloadUrl } from '../../../src-main/models/http-source'
import { closedAddress, serve, startFileServer } from './support/file-server'
import { useTemporaryFolders } from './support/temporary-folder'

const FILE = Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 37) % 256))
const OTHER = Buffer.from(FILE).reverse()
const folder = useTemporaryFolders()
let server: FileServer

beforeEach(async () => {
  server = await startFileServer()
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function request(over: Partial<HttpDownload> = {}): HttpDownload {
  return {
    url: server.url('/file'),
    sizeBytes: FILE.length,
    sha256: sha256(FILE),
    partialPath: join(folder(), 'file.partial'),
    fetch: (url, init) => fetch(url, init),
    signal: new AbortController().signal,
    onBytes() {},
    retryDelayMs: 1,
    ...over,
  }
}

describe('downloadUrl', () => {
  it('goes on after a cut at every byte, asking only for what is missing', async () => {
    const short = FILE.subarray(0, 40)
    for (let cutAfter = 0; cutAfter < short.length; cutAfter++) {
      let first = true
      let breakOff = (): void => {}
      server.on('/file', (incoming, response) => {
        serve(short, {
          etag: '"one"',
          ...(first ? { cutAfter } : {}),
          onHeld(broken) {
            breakOff = broken
            if (cutAfter === 0)
              broken()
          },
        })(incoming, response)
        first = false
      })
      server.requests.length = 0
      const asked = request({ sizeBytes: short.length, sha256: sha256(short), onBytes: doneBytes => doneBytes === cutAfter && breakOff() })
      await downloadUrl(asked)
      expect(readFileSync(asked.partialPath).equals(short)).toBe(true)
      expect(server.requests).toEqual(['/file -', cutAfter === 0 ? '/file -' : `/file bytes=${cutAfter}-`])
    }
  })

  it('goes on in a later run where a killed one stopped, whatever it left', async () => {
    for (const held of [1, 150, 299, 300]) {
      server.on('/file', serve(FILE, { etag: '"one"' }))
      server.requests.length = 0
      const asked = request()
      writeFileSync(asked.partialPath, FILE.subarray(0, held))
      writeFileSync(`${asked.partialPath}.json`, JSON.stringify({ url: asked.url, etag: '"one"' }))
      await downloadUrl(asked)
      expect(readFileSync(asked.partialPath).equals(FILE)).toBe(true)
      expect(server.requests).toEqual(held === 300 ? [] : [`/file bytes=${held}-`])
    }
  })

  it('does not go on with what came from another source, or with a note that is torn', async () => {
    for (const note of [JSON.stringify({ url: 'http://elsewhere/file', etag: null }), '{"url":']) {
      server.on('/file', serve(FILE))
      server.requests.length = 0
      const asked = request()
      writeFileSync(asked.partialPath, OTHER.subarray(0, 100))
      writeFileSync(`${asked.partialPath}.json`, note)
      await downloadUrl(asked)
      expect(server.requests).toEqual(['/file -'])
      expect(readFileSync(asked.partialPath).equals(FILE)).toBe(true)
    }
  })

  it('starts over when what was held turns out wrong, or the server\'s file changed, or is shorter, or it will not go on', async () => {
    for (const [held, etag, ranges] of [[OTHER, '"one"', true], [OTHER, '"older"', true], [Buffer.alloc(500), '"one"', true], [FILE, '"one"', false]] as const) {
      server.on('/file', serve(FILE, { etag: '"one"', ranges }))
      const asked = request()
      writeFileSync(asked.partialPath, held.subarray(0, held.length === 300 ? 120 : 500))
      writeFileSync(`${asked.partialPath}.json`, JSON.stringify({ url: asked.url, etag }))
      await downloadUrl(asked)
      expect(readFileSync(asked.partialPath).equals(FILE)).toBe(true)
    }
  })

  it('starts over after 416, and gives up when that is all there is', async () => {
    let refusals = 0
    server.on('/file', (incoming, response) => {
      if (incoming.headers.range && refusals++ === 0)
        response.writeHead(416).end()
      else
        serve(FILE)(incoming, response)
    })
    const asked = request()
    writeFileSync(asked.partialPath, FILE.subarray(0, 10))
    writeFileSync(`${asked.partialPath}.json`, JSON.stringify({ url: asked.url, etag: null }))
    await downloadUrl(asked)
    expect(server.requests).toEqual(['/file bytes=10-', '/file -'])
    server.on('/file', (_, response) => response.writeHead(416).end())
    await expect(downloadUrl(request())).rejects.toMatchObject({ name: 'SourceFailure', kind: 'cut' })
  })

  it.each([
    ['a 404', (_: unknown, response) => response.writeHead(404).end(), 'the server answered 404'],
    ['a page of a hotel\'s network', (_: unknown, response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>'), 'it answered with a web page instead of the file'],
    ['another length', serve(FILE.subarray(0, 200)), 'it offers 200 bytes where 300 are right'],
    ['another file of the same length', serve(OTHER), 'its content is not the right one (SHA-256 differs)'],
    ['more than it should, without a length', (_: unknown, response) => response.writeHead(200).end(Buffer.concat([FILE, FILE])), 'it sends more than the 300 bytes that are right'],
    ['a range of another file', (_: unknown, response) => response.writeHead(206, { 'content-range': 'bytes 0-299/999', 'content-length': 300 }).end(FILE), 'it offers 999 bytes where 300 are right'],
  ] as [string, Parameters<FileServer['on']>[1], string][])('takes %s as a final no, asked once, and keeps nothing', async (_, answer, message) => {
    server.on('/file', answer)
    const asked = request()
    await expect(downloadUrl(asked)).rejects.toMatchObject({ name: 'SourceFailure', kind: 'refused', message })
    expect(server.requests).toHaveLength(1)
    expect([existsSync(asked.partialPath), existsSync(`${asked.partialPath}.json`)]).toEqual([false, false])
  })

  it('asks again after a 503, and says so when it stays', async () => {
    let busy = 2
    server.on('/file', (incoming, response) => busy-- > 0 ? response.writeHead(503).end() : serve(FILE)(incoming, response))
    await downloadUrl(request())
    expect(server.requests).toHaveLength(3)
    busy = Number.POSITIVE_INFINITY
    await expect(downloadUrl(request())).rejects.toMatchObject({ kind: 'cut', message: 'the server answered 503' })
  })

  it('keeps what came when the server only ever cuts, and does not ask for ever', async () => {
    let breakOff = (): void => {}
    server.on('/file', serve(FILE, { cutAfter: 10, onHeld: (broken) => {
      breakOff = broken
    } }))
    const asked = request({ onBytes: () => breakOff() })
    await expect(downloadUrl(asked)).rejects.toMatchObject({ kind: 'cut' })
    expect(server.requests.length).toBeLessThan(10)
    expect(readFileSync(asked.partialPath).equals(FILE.subarray(0, 10 * server.requests.length))).toBe(true)
  })

  it('gives up soon where nobody answers', async () => {
    const refused = request({ url: `${await closedAddress()}/file` })
    await expect(downloadUrl(refused)).rejects.toMatchObject({ kind: 'unreachable' })
    const silent = createServer(() => {})
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const asked = request({ url: `http://127.0.0.1:${port}/file`, connectTimeoutMs: 50 })
    await expect(downloadUrl(asked)).rejects.toMatchObject({ kind: 'unreachable', message: 'no answer within 0.05 s' })
    silent.close()
  })

  it('notices a body that stops coming', async () => {
    server.on('/file', (incoming, response) => {
      if (incoming.headers.range)
        return serve(FILE)(incoming, response)
      response.writeHead(200, { 'content-length': FILE.length }).write(FILE.subarray(0, 100))
    })
    const asked = request({ stallTimeoutMs: 60 })
    await downloadUrl(asked)
    expect(server.requests).toEqual(['/file -', '/file bytes=100-'])
  })

  it('stops at once when told to, with the reason, and keeps what came', async () => {
    const stop = new AbortController()
    server.on('/file', (_, response) => {
      response.writeHead(200, { 'content-length': FILE.length }).write(FILE.subarray(0, 100))
    })
    const reason = new Error('enough')
    const asked = request({ signal: stop.signal, onBytes: () => stop.abort(reason) })
    await expect(downloadUrl(asked)).rejects.toBe(reason)
    expect(readFileSync(asked.partialPath).equals(FILE.subarray(0, 100))).toBe(true)
  })

  it('reports how far it is', async () => {
    server.on('/file', serve(FILE))
    const seen: number[] = []
    await downloadUrl(request({ onBytes: done => seen.push(done) }))
    expect(seen.at(-1)).toBe(FILE.length)
  })
})
