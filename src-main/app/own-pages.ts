import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import process from 'node:process'
import { app, protocol } from 'electron'

/** Our pages are served from a scheme of our own: no `file:` privileges, one origin, and a place to check every path. */
const SCHEME = 'parley'
const ORIGIN = `${SCHEME}://app`

const MIME: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
}

/** The dev server's address while `npm run dev` runs; never in a packaged program. */
function devServer(): string | undefined {
  return app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL']
}

/** Must run before the app is ready. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true, codeCache: true } }])
}

/** Serves files of `folder` and nothing else. */
export function servePages(folder: string): void {
  protocol.handle(SCHEME, async (request) => {
    const url = new URL(request.url)
    const path = normalize(join(folder, decodeURIComponent(url.pathname)))
    const type = MIME[extname(path)]
    if (url.host !== 'app' || !path.startsWith(folder + sep) || type === undefined || request.method !== 'GET')
      return new Response(null, { status: 404 })
    try {
      return new Response(await readFile(path), { headers: { 'content-type': type } })
    }
    catch {
      return new Response(null, { status: 404 })
    }
  })
}

export function pageUrl(page: 'index' | 'overlay'): string {
  const server = devServer()
  return server ? `${server}/${page}.html` : `${ORIGIN}/${page}.html`
}

export function isOwnUrl(url: string): boolean {
  const server = devServer()
  return url.startsWith(`${ORIGIN}/`) || (server !== undefined && url.startsWith(`${server}/`))
}
