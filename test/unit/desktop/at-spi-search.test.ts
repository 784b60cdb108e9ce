import type { AccessibilityBus, Accessible, State } from '../../../src-main/desktop/at-spi/accessibility-bus'
import { describe, expect, it } from 'vitest'
import { STATE } from '../../../src-main/desktop/at-spi/accessibility-bus'
import { findFocused } from '../../../src-main/desktop/at-spi/focus-search'

interface Node {
  readonly path: string
  readonly states?: readonly State[]
  readonly title?: string
  readonly children?: readonly Node[]
}

const left = (): number => 100
const at = (path: string): Accessible => ({ name: ':1.1', path })

/** A program's tree of objects, which cannot search by itself, or can. */
function program(root: Node, { searches = false } = {}) {
  const all = new Map<string, Node>()
  const add = (node: Node): void => {
    all.set(node.path, node)
    node.children?.forEach(add)
  }
  add(root)
  const asked: string[] = []
  const node = ({ path }: Accessible): Node => all.get(path) as Node
  const below = (of: Node): Node[] => [of, ...(of.children ?? []).flatMap(below)]
  const unused = (): never => {
    throw new Error('not asked here')
  }
  const bus: AccessibilityBus = {
    isClosed: false,
    applications: unused,
    processOf: unused,
    role: unused,
    text: unused,
    textState: unused,
    close: unused,
    async children(of) {
      asked.push(of.path)
      return (node(of).children ?? []).map(({ path }) => at(path))
    },
    states: async of => state => node(of).states?.includes(state) ?? false,
    title: async of => node(of).title ?? '',
    async focusedIn(window) {
      if (!searches)
        throw new Error('org.a11y.atspi.Collection is not known')
      const found = below(node(window)).find(({ states }) => states?.includes(STATE.focused))
      return found ? at(found.path) : null
    },
  }
  return { bus, asked, find: (title = '') => findFocused(bus, at(root.path), title, left) }
}

const window = (path: string, children: readonly Node[], more: Partial<Node> = {}): Node => ({ path, states: [STATE.active, STATE.showing], children, ...more })
const shown = (path: string, children: readonly Node[] = []): Node => ({ path, states: [STATE.showing], children })
const focused = (path: string): Node => ({ path, states: [STATE.showing, STATE.focused] })

describe.each([['that searches by itself', true], ['that does not', false]])('what has the focus in a program %s', (_, searches) => {
  it('is found in the active window', async () => {
    const { find } = program({ path: 'app', children: [
      { path: 'other', states: [STATE.showing], children: [focused('not this')] },
      window('main', [shown('box', [shown('label'), shown('pane', [focused('entry')])])]),
    ] }, { searches })
    expect(await find()).toEqual(at('entry'))
  })

  it('is nothing when nothing has it', async () => {
    expect(await program({ path: 'app', children: [window('main', [shown('box')])] }, { searches }).find()).toBe(null)
    expect(await program({ path: 'app' }, { searches }).find()).toBe(null)
  })

  it('is told by the title where no window, or more than one, says that it is active', async () => {
    for (const states of [[STATE.showing], [STATE.active, STATE.showing]]) {
      const { find } = program({ path: 'app', children: [
        window('one', [focused('in one')], { states, title: 'One' }),
        window('two', [focused('in two')], { states, title: 'Two' }),
      ] }, { searches })
      expect([await find('Two'), await find('Three')]).toEqual([at('in two'), null])
    }
  })
})

describe('the walk through a program', () => {
  it('does not ask what is hidden, nor the rows of a table', async () => {
    const { find, asked } = program({ path: 'app', children: [window('main', [
      { path: 'hidden', children: [shown('in hidden')] },
      { path: 'table', states: [STATE.showing, STATE.managesDescendants], children: [shown('row')] },
      shown('box', [focused('entry')]),
    ])] })
    expect(await find()).toEqual(at('entry'))
    expect(asked).toEqual(['app', 'main', 'box'])
  })

  it('ends after so many objects', async () => {
    const { find, asked } = program({ path: 'app', children: [window('main', Array.from({ length: 2_000 }, (_, i) => shown(`object ${i}`)))] })
    expect(await find()).toBe(null)
    expect(asked.length).toBeLessThan(450)
  })

  it('is not begun when the time is over', async () => {
    const { bus, asked } = program({ path: 'app', children: [window('main', [focused('entry')])] })
    expect(await findFocused(bus, at('app'), '', () => 0)).toBe(null)
    expect(asked).toEqual(['app'])
  })
})
