import type { PackageSource } from '../../../src-main/models/catalogue'
import type { CommandResult, RunCommand } from '../../../src-main/models/package-source'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { fetchPackage, runCommand } from '../../../src-main/models/package-source'
import { useTemporaryFolders } from './support/temporary-folder'

const folder = useTemporaryFolders()
const npm: PackageSource = { type: 'npm', package: '@a/b', version: '1.2.3', path: 'x' }
const pypi: PackageSource = { type: 'pypi', package: 'a-b', version: '1.0', platform: 'manylinux2014_x86_64' }

interface Call { readonly program: string, readonly args: readonly string[], readonly env: Readonly<Record<string, string | undefined>> }

function manager(calls: Call[], results: Readonly<Record<string, CommandResult | undefined>>, leaves?: string): RunCommand {
  return async (program, args, { cwd, env }) => {
    calls.push({ program, args, env })
    if (program in results)
      return results[program]
    if (leaves !== undefined) {
      mkdirSync(join(cwd, 'work'), { recursive: true })
      writeFileSync(join(cwd, 'work', 'temporary'), 'x')
      writeFileSync(join(cwd, leaves), 'package')
    }
    return { code: 0, stderr: '' }
  }
}

async function fetching(source: PackageSource, run: RunCommand): Promise<{ at: string, path: string }> {
  const at = join(folder(), 'fetch')
  return { at, path: await fetchPackage({ source, folder: at, signal: new AbortController().signal, onBytes() {}, run }) }
}

describe('fetchPackage', () => {
  it('asks npm to pack, running no script, with all its traces in the folder', async () => {
    const calls: Call[] = []
    const { at, path } = await fetching(npm, manager(calls, {}, 'a-b-1.2.3.tgz'))
    expect(path).toBe(join(at, 'a-b-1.2.3.tgz'))
    expect(calls[0]?.args.slice(0, 3)).toEqual(['pack', '@a/b@1.2.3', '--ignore-scripts'])
    expect([calls[0]?.env['npm_config_cache'], existsSync(join(at, 'work'))]).toEqual([join(at, 'work'), false])
  })

  it('asks pip for a wheel alone, of the platform the hash belongs to', async () => {
    const calls: Call[] = []
    const { at, path } = await fetching(pypi, manager(calls, {}, 'a_b-1.0-py3-none-any.whl'))
    expect(path).toBe(join(at, 'a_b-1.0-py3-none-any.whl'))
    const line = calls[0]?.args.join(' ')
    expect(line).toMatch(/^-m pip download --no-deps --only-binary :all: .*--platform manylinux2014_x86_64 .*a-b==1\.0$/)
    expect(calls[0]?.env['TMPDIR']).toBe(join(at, 'work'))
  })

  it('tries every way of calling pip before it says that there is none', async () => {
    const calls: Call[] = []
    const results = { python3: undefined, python: { code: 1, stderr: '/usr/bin/python: No module named pip' }, py: undefined, pip3: undefined }
    await fetching(pypi, manager(calls, results, 'a_b-1.0-py3-none-any.whl'))
    expect(calls.map(call => call.program)).toEqual(['python3', 'python', 'py', 'pip3', 'pip'])
  })

  it.each([
    ['no npm', npm, { npm: undefined }, 'unreachable', 'npm is not installed'],
    ['no pip', pypi, { python3: undefined, python: undefined, py: undefined, pip3: undefined, pip: undefined }, 'unreachable', 'Python\'s pip is not installed'],
    ['no such package', npm, { npm: { code: 1, stderr: 'npm error code E404\nnpm error 404 Not Found - @a/b@1.2.3\nnpm error A complete log of this run can be found in: /x' } }, 'refused', '404 Not Found - @a/b@1.2.3'],
    ['no network', npm, { npm: { code: 1, stderr: 'npm error code ENOTFOUND\nnpm error errno ENOTFOUND\nnpm error network request to https://me:secret@registry.example/x failed, reason: getaddrinfo ENOTFOUND' } }, 'unreachable', 'network request to https://registry.example/x failed, reason: getaddrinfo ENOTFOUND'],
    ['no such version', npm, { npm: { code: 1, stderr: 'npm error code ETARGET\nnpm error notarget No matching version found for @a/b@1.2.3.\nnpm error notarget In most cases you or one of your dependencies are requesting\nnpm error notarget a package version that doesn\'t exist.\n' } }, 'refused', 'notarget No matching version found for @a/b@1.2.3.'],
    ['no index', pypi, { python3: { code: 1, stderr: 'WARNING: Retrying after connection broken by \'NewConnectionError\'\nERROR: No matching distribution found for a-b==1.0' } }, 'unreachable', 'the package index could not be reached (No matching distribution found for a-b==1.0)'],
    ['no such wheel', pypi, { python3: { code: 1, stderr: 'ERROR: Could not find a version that satisfies the requirement a-b==1.0\nERROR: No matching distribution found for a-b==1.0' } }, 'refused', 'No matching distribution found for a-b==1.0'],
    ['nothing said', npm, { npm: { code: 7, stderr: '' } }, 'unreachable', 'it ended with code 7'],
    ['nothing left', npm, {}, 'refused', 'the package manager left no file'],
  ] as [string, PackageSource, Record<string, CommandResult | undefined>, string, string][])('says what went wrong: %s', async (_, source, results, kind, message) => {
    await expect(fetching(source, manager([], results))).rejects.toMatchObject({ name: 'SourceFailure', kind, message })
  })
})

describe('runCommand', () => {
  const options = (signal: AbortSignal): Parameters<RunCommand>[2] => ({ cwd: folder(), env: {}, signal })

  it('gives the code and what was said on stderr, and undefined for a program that is not there', async () => {
    const { signal } = new AbortController()
    expect(await runCommand(process.execPath, ['-e', 'console.error("oh"); process.exit(3)'], options(signal))).toEqual({ code: 3, stderr: 'oh\n' })
    expect(await runCommand('parley-no-such-program', [], options(signal))).toBeUndefined()
  })

  it('kills the program on abort, waits for its end, and throws the reason', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const at = folder()
    const running = runCommand(process.execPath, ['-e', 'require("fs").writeFileSync("pid", String(process.pid)); setInterval(() => {}, 1000)'], { cwd: at, env: {}, signal: stop.signal })
    while (!existsSync(join(at, 'pid')))
      await new Promise(resolve => setTimeout(resolve, 5))
    const pid = Number((await import('node:fs')).readFileSync(join(at, 'pid'), 'utf8'))
    stop.abort(reason)
    await expect(running).rejects.toBe(reason)
    expect(() => process.kill(pid, 0)).toThrow()
  })
})
