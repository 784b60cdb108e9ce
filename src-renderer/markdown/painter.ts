import type { Join, Picture, Piece } from './blocks'

/** Where the rest of a block is put: within its list, its code, its table, its paragraph. */
function growingOf(block: ParentNode): Element | null {
  return block.querySelector(':scope > .code code, :scope > .table tbody') ?? block.firstElementChild
}

/** To lay out a box, the browser goes through all that is directly in it: so many blocks are one group. */
const BLOCKS_IN_GROUP = 32
/** Groups before the last that are drawn in any case. */
const NEAR_GROUPS = 2

function seamNodes(seam: string): Node[] {
  if (seam === '')
    return []
  return seam.includes('\n') ? [document.createElement('br')] : [document.createTextNode(' ')]
}

/** Lines of code that are whole become a box of their own, so that only the last ones are laid out again. */
function boxLines(code: Element, seam: string): void {
  const box = document.createElement('span')
  box.className = 'part'
  box.append(...[...code.childNodes].filter(node => !(node instanceof Element && node.matches('.part'))), seam)
  code.append(box)
}

/** A list that goes on in another box goes on counting. */
function continueNumbers(former: Element | null, block: Element): void {
  const list = block.querySelector<HTMLOListElement>(':scope > ol')
  const before = former?.querySelector<HTMLOListElement>(':scope > ol')
  if (list && before)
    list.start = before.start + before.children.length
}

/** Puts pictures into an element, and touches only what is another one than before. */
export function createPainter(root: Element): (picture: Picture) => void {
  /** By finished piece: the nodes that were put in for it. */
  const painted: Node[][] = []
  let open: Node[] = []
  let block: Element | null = null
  let isGrowing = false

  /** What was seen and is far from the end need not be gone through while the end grows. What was there at once never was drawn: its height is not known. */
  function newGroup(): Element {
    const group = document.createElement('div')
    group.className = 'group'
    root.append(group)
    if (isGrowing)
      root.children[root.childElementCount - 1 - NEAR_GROUPS]?.classList.add('far')
    return group
  }

  function newBlock(content: DocumentFragment, isLong: boolean): Element {
    const next = document.createElement('div')
    next.className = 'block'
    next.append(content)
    let group = root.lastElementChild
    if (!group || isLong || group.children.length >= BLOCKS_IN_GROUP)
      group = newGroup()
    group.append(next)
    return next
  }

  function join(to: Element, content: DocumentFragment, { seam }: Join, isFinished: boolean): Node[] {
    const holder = document.createElement('div')
    holder.append(content)
    const grows = growingOf(to)
    const isCode = grows?.matches('code') === true
    if (isCode && isFinished && seam === '\n')
      boxLines(grows, seam)
    const between = isCode ? (isFinished && seam === '\n' ? [] : [document.createTextNode(seam)]) : seamNodes(seam)
    const nodes = [...between, ...growingOf(holder)?.childNodes ?? []]
    grows?.append(...nodes)
    return nodes
  }

  function put({ html, joins }: Piece, isFinished: boolean): Node[] {
    const template = document.createElement('template')
    template.innerHTML = html
    if (joins !== null && !joins.apart && block)
      return join(block, template.content, joins, isFinished)
    const former = block
    block = newBlock(template.content, joins !== null)
    if (joins !== null) {
      former?.classList.add('goes-over')
      continueNumbers(former, block)
    }
    return [block]
  }

  function remove(nodes: readonly Node[]): void {
    for (const node of nodes) {
      const parent = node.parentElement
      parent?.removeChild(node)
      if (parent?.matches('.group') && parent.childElementCount === 0)
        parent.remove()
    }
  }

  return ({ kept, finished, open: next }) => {
    remove(open)
    painted.splice(kept).forEach(remove)
    // The last one that is left: a piece that is finished later may continue it.
    block = root.lastElementChild?.lastElementChild ?? null
    for (const piece of finished.slice(painted.length))
      painted.push(put(piece, true))
    open = next.flatMap(piece => put(piece, false))
    isGrowing = true
  }
}
