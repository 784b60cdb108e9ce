import type { Picture, Piece } from './blocks'

/** Where the rest of a block is put: within its list, its code, its table, its paragraph. */
function growingOf(block: ParentNode): Element | null {
  return block.querySelector(':scope > .code code, :scope > .table tbody') ?? block.firstElementChild
}

function seamNodes(seam: string): Node[] {
  if (seam === '')
    return []
  return seam.includes('\n') ? [document.createElement('br')] : [document.createTextNode(' ')]
}

/** Puts pictures into an element, and touches only what is another one than before. */
export function createPainter(root: Element): (picture: Picture) => void {
  /** By finished piece: the nodes that were put in for it. */
  const painted: Node[][] = []
  let open: Node[] = []
  let block: Element | null = null

  function put({ html, joins }: Piece): Node[] {
    const template = document.createElement('template')
    template.innerHTML = html
    if (joins === null || !block) {
      block = document.createElement('div')
      block.append(template.content)
      root.append(block)
      return [block]
    }
    const holder = document.createElement('div')
    holder.append(template.content)
    const grows = growingOf(block)
    // In code a line feed is a line feed.
    const seam = grows?.matches('code') ? [document.createTextNode(joins)] : seamNodes(joins)
    const nodes = [...seam, ...growingOf(holder)?.childNodes ?? []]
    grows?.append(...nodes)
    return nodes
  }

  function remove(nodes: readonly Node[]): void {
    nodes.forEach(node => node.parentNode?.removeChild(node))
  }

  return ({ kept, finished, open: next }) => {
    remove(open)
    painted.splice(kept).forEach(remove)
    // The last one that is left: a piece that is finished later may continue it.
    block = root.lastElementChild
    for (const piece of finished.slice(painted.length))
      painted.push(put(piece))
    open = next.flatMap(put)
  }
}
