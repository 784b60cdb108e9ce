import type { WaylandKeyMethod, WaylandObstacle } from '../../../../src-main/desktop/inject/wayland-keys'
import type { Tools } from '../../../../src-main/desktop/inject/wayland-tool'
import { Buffer } from 'node:buffer'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createDotool, createWtype, createYdotool } from '../../../../src-main/desktop/inject/wayland-key-tools'
import { createWaylandKeys } from '../../../../src-main/desktop/inject/wayland-keys'
import { AppError } from '../../../../src-main/lib/app-error'

const never = new AbortController().signal

interface FakeTools extends Tools {
  readonly ran: { readonly name: string, readonly args: readonly string[], readonly stdin: string }[]
  code: number
}

/** Programs that are installed, with what they answer. */
function createFakeTools(installed: Readonly<Record<string, string>>): FakeTools {
  const tools: FakeTools = {
    ran: [],
    code: 0,
    find: async name => name in installed ? `/usr/bin/${name}` : null,
    async run(name, args, { stdin = '' }) {
      const answer = installed[name]
      if (answer === undefined)
        throw new AppError('not-found', 'no such program')
      if (!args.includes('--help'))
        tools.ran.push({ name, args, stdin: String(stdin) })
      return { code: tools.code, stdout: Buffer.from(answer), isCut: false }
    },
    leave: () => expect.fail('nothing is left running'),
  }
  return tools
}

describe('wtype', () => {
  const takesKeyboards = async (): Promise<boolean> => true

  it('presses chords by name, and ends each mapping with a key that does nothing', async () => {
    const tools = createFakeTools({ wtype: '' })
    const wtype = createWtype({ tools, takesKeyboards })
    expect(await wtype.press('Ctrl+Shift+V')).toBe(true)
    expect(await wtype.press('Backspace', 3)).toBe(true)
    expect(await wtype.press('Ctrl+Banana')).toBe(false)
    expect(tools.ran.map(({ args }) => args.join(' '))).toEqual([
      '-M ctrl -M shift -k v -m shift -m ctrl -p VoidSymbol',
      '-k BackSpace -k BackSpace -k BackSpace -p VoidSymbol',
    ])
  })

  it('is told the text on its input alone: arguments are seen by everyone', async () => {
    const tools = createFakeTools({ wtype: '' })
    expect(await createWtype({ tools, takesKeyboards }).type('-M secret — 漢', never)).toBe(true)
    expect(tools.ran).toEqual([{ name: 'wtype', args: ['-'], stdin: '-M secret — 漢' }])
  })

  it('is of no use where it is not installed or the compositor takes no keyboards', async () => {
    expect(await createWtype({ tools: createFakeTools({}), takesKeyboards }).probe()).toBe('not-installed')
    expect(await createWtype({ tools: createFakeTools({ wtype: '' }), takesKeyboards: async () => false }).probe()).toBe('no-protocol')
    expect(await createWtype({ tools: createFakeTools({ wtype: '' }), takesKeyboards }).probe()).toBeNull()
  })
})

describe('ydotool and dotool', () => {
  const folders: string[] = []
  afterEach(async () => {
    await Promise.all(folders.splice(0).map(folder => rm(folder, { recursive: true })))
  })
  async function file(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-keys-'))
    folders.push(folder)
    await writeFile(join(folder, 'socket'), '')
    return join(folder, 'socket')
  }

  it('gives ydotool key codes, and needs its daemon', async () => {
    const tools = createFakeTools({ ydotool: 'Usage: ydotool <cmd>\n click\n mousemove\n type\n key\n' })
    expect(await createYdotool({ tools, env: { YDOTOOL_SOCKET: '/nowhere/socket' } }).probe()).toBe('no-daemon')
    const ydotool = createYdotool({ tools, env: { YDOTOOL_SOCKET: await file() } })
    expect(await ydotool.probe()).toBeNull()
    await ydotool.press('Ctrl+V')
    await ydotool.press('Shift+Left', 2)
    await ydotool.press('Shift+Insert')
    expect(tools.ran.map(({ args }) => args.slice(3).join(' '))).toEqual(['29:1 47:1 47:0 29:0', '42:1 105:1 105:0 105:1 105:0 42:0', '42:1 110:1 110:0 42:0'])
    expect(await ydotool.type('text', never)).toBe(false)
  })

  it('gives the older ydotool names', async () => {
    const tools = createFakeTools({ ydotool: 'Usage: ydotool <cmd>\n type\n recorder\n key\n' })
    const ydotool = createYdotool({ tools, env: {} })
    const obstacle = await ydotool.probe()
    expect([null, 'no-device']).toContain(obstacle)
    await ydotool.press('Ctrl+Shift+V', 2)
    expect(tools.ran.map(({ args }) => args.join(' '))).toEqual(['key --repeat 2 ctrl+shift+v'])
  })

  it('tells dotool on its input, through its daemon where that runs', async () => {
    const alone = createFakeTools({ dotool: '' })
    await createDotool({ tools: alone, env: { DOTOOL_PIPE: '/nowhere/pipe' } }).press('Ctrl+Shift+V', 2)
    expect(alone.ran).toEqual([{ name: 'dotool', args: [], stdin: 'key ctrl+shift+k:47\nkey ctrl+shift+k:47\n' }])
    const both = createFakeTools({ dotool: '', dotoolc: '' })
    const dotool = createDotool({ tools: both, env: { DOTOOL_PIPE: await file() } })
    expect(await dotool.probe()).toBeNull()
    await dotool.press('Shift+Insert')
    expect(both.ran).toEqual([{ name: 'dotoolc', args: [], stdin: 'key shift+k:110\n' }])
    expect(await dotool.type('text', never)).toBe(false)
  })
})

describe('the methods in their order', () => {
  interface FakeMethod extends WaylandKeyMethod {
    obstacle: WaylandObstacle | null
    outcome: boolean | AppError
    probes: number
    readonly did: string[]
  }

  function createMethod(name: WaylandKeyMethod['name'], obstacle: WaylandObstacle | null): FakeMethod {
    const act = async (what: string): Promise<boolean> => {
      if (method.outcome instanceof AppError)
        throw method.outcome
      if (method.outcome)
        method.did.push(what)
      return method.outcome
    }
    const method: FakeMethod = {
      name,
      obstacle,
      outcome: true,
      probes: 0,
      did: [],
      async probe() {
        method.probes++
        return method.obstacle
      },
      press: chord => act(chord),
      type: text => act(text),
      close: async () => {},
    }
    return method
  }

  it('takes the first that works, and does not look again', async () => {
    const methods = [createMethod('portal', 'no-portal'), createMethod('wtype', null), createMethod('ydotool', null)]
    const keys = createWaylandKeys(methods)
    await keys.press('Ctrl+V')
    await keys.press('Ctrl+V')
    expect(methods.map(({ did, probes }) => [did.length, probes])).toEqual([[0, 1], [2, 1], [0, 0]])
  })

  it('asks the next for what the first cannot do, and goes on with the first', async () => {
    const [portal, wtype] = [createMethod('portal', null), createMethod('wtype', null)]
    const keys = createWaylandKeys([portal, wtype])
    await keys.press('Ctrl+V')
    portal.outcome = false
    expect(await keys.type('text', never)).toBe(true)
    portal.outcome = true
    await keys.press('Ctrl+V')
    expect(portal.did).toEqual(['Ctrl+V', 'Ctrl+V'])
    expect(wtype.did).toEqual(['text'])
  })

  it('looks at all again once the one that worked fails, and presses nothing twice', async () => {
    const [portal, wtype] = [createMethod('portal', 'no-portal'), createMethod('wtype', null)]
    const keys = createWaylandKeys([portal, wtype])
    await keys.press('Ctrl+V')
    wtype.outcome = new AppError('internal', 'exit 1')
    portal.obstacle = null
    await expect(keys.press('Ctrl+V')).rejects.toMatchObject({ code: 'internal' })
    expect(portal.did).toEqual([])
    await keys.press('Ctrl+V')
    expect(portal.did).toEqual(['Ctrl+V'])
  })

  it('goes on to the next when a program is not there any more', async () => {
    const [wtype, dotool] = [createMethod('wtype', null), createMethod('dotool', null)]
    const keys = createWaylandKeys([wtype, dotool])
    await keys.press('Ctrl+V')
    wtype.outcome = new AppError('not-found', 'removed')
    expect(await keys.press('Ctrl+V')).toBe(true)
    expect(dotool.did).toEqual(['Ctrl+V'])
  })

  it('says that nothing was pressed where none works', async () => {
    const keys = createWaylandKeys([createMethod('wtype', 'not-installed')])
    expect(await keys.press('Ctrl+V')).toBe(false)
    expect(await keys.type('text', never)).toBe(false)
    expect(await keys.modifiersUp(100, never)).toBe(true)
  })
})
