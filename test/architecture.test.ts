import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const CRUISER = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs')
const NATIVE_MODULES = ['naudiodon', 'sherpa-onnx-node', 'node-llama-cpp', '@photostructure/sqlite', 'uiohook-napi']

interface CruiseResult {
  readonly modules: readonly { readonly source: string, readonly dependencies: readonly { readonly module: string }[] }[]
  readonly summary: {
    readonly totalCruised: number
    readonly violations: readonly { readonly from: string, readonly to: string, readonly rule: { readonly name: string } }[]
  }
}

interface SourceFile {
  readonly path: string
  readonly text: string
}

function readSources(folder: string, ending: RegExp): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map(name => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter(path => ending.test(path))
    .map(path => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

/** `path:line` of each line of code (comments left out) that matches. */
function findLines(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) => text.split('\n').flatMap((line, index) =>
    !/^\s*(?:\/\/|\*|\/\*|<!--)/.test(line) && pattern.test(line) ? [`${path}:${index + 1}`] : []))
}

async function cruise(): Promise<CruiseResult> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [CRUISER, 'src-main', 'src-renderer', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'],
    { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 },
  ).catch((error: unknown) => {
    // It ends with the number of violations; they are in the output all the same.
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string' && error.stdout.startsWith('{'))
      return { stdout: error.stdout }
    throw error
  })
  return JSON.parse(stdout) as CruiseResult
}

describe('direction of imports', () => {
  let result: CruiseResult
  beforeAll(async () => {
    result = await cruise()
  }, 60_000)

  it('looks at the sources of both sides', () => {
    const folders = new Set(result.modules.map(module => module.source.split('/').slice(0, 2).join('/')))
    expect([...folders]).toEqual(expect.arrayContaining(['src-main/lib', 'src-main/ports', 'src-main/contract', 'src-renderer/main.ts']))
  })

  it('follows the rules of .dependency-cruiser.cjs', () => {
    expect(result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([])
  })

  it.each(NATIVE_MODULES)('loads %s in at most one file', (name) => {
    const loads = new RegExp(`(?:from|import|require\\w*)\\s*\\(?\\s*['"\`]${name.replace('/', '\\/')}(?:/[^'"\`]*)?['"\`]`)
    // A type-only import leaves nothing at run time.
    const files = readSources('src-main', /\.ts$/).filter(({ text }) => text.split('\n').some(line => loads.test(line) && !/import type|typeof import/.test(line)))
    expect(files.map(file => file.path).slice(1)).toEqual([])
  })
})

describe('conventions', () => {
  const main = readSources('src-main', /\.ts$/)
  const renderer = readSources('src-renderer', /\.(?:ts|vue)$/)
  const all = [...main, ...renderer]

  it('has no any', () => {
    expect(findLines(all, /(?::|<|\bas)\s*any\b|\bany\[\]/)).toEqual([])
  })

  it('has no enum', () => {
    expect(findLines(all, /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s/)).toEqual([])
  })

  it('keeps main\'s entry small', () => {
    const entry = main.find(file => file.path === 'src-main/index.ts')
    expect(entry?.text.trimEnd().split('\n').length ?? 0).toBeLessThanOrEqual(30)
  })

  it('uses ipcRenderer in the preload alone', () => {
    expect(findLines(all, /\bipcRenderer\b/).filter(place => !place.startsWith('src-main/preload/'))).toEqual([])
  })

  it('sets HTML in at most one component', () => {
    const files = new Set(findLines(renderer, /\bv-html\b|\.innerHTML\b|insertAdjacentHTML/).map(place => place.slice(0, place.lastIndexOf(':'))))
    expect([...files].slice(1)).toEqual([])
  })

  it('names files in kebab-case, components in PascalCase, and has no utils', () => {
    const odd = all.map(file => file.path).filter((path) => {
      const name = path.slice(path.lastIndexOf('/') + 1)
      return path.endsWith('.vue') ? !/^[A-Z][A-Za-z0-9]*\.vue$/.test(name) : !/^[a-z0-9]+(?:[-.][a-z0-9]+)*\.ts$/.test(name) || name === 'utils.ts'
    })
    expect(odd).toEqual([])
  })

  it('does not switch a test off or single one out', () => {
    expect(findLines(readSources('test', /\.test\.ts$/), /\b(?:it|test|describe)\.only\(/)).toEqual([])
  })
})
