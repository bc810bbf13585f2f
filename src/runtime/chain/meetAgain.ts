import { inputsOf, type TopologyNode } from '../../core/topology.ts'

/** Whether what several nodes take may come to one node again, where its order would show. */
export function meetAgain(
  takers: readonly TopologyNode[],
  nodes: readonly TopologyNode[],
): boolean {
  const known = new Set<string>()
  for (const taker of takers) {
    const behind = nodesBehind(taker, nodes)
    if ([...behind].some((name) => known.has(name))) return true
    for (const name of behind) known.add(name)
  }
  return false
}

/** The node, and all that take what it sends, at any port. */
function nodesBehind(first: TopologyNode, nodes: readonly TopologyNode[]): Set<string> {
  const found = new Set([first.name])
  const open = [first]
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    // A gate holds a batch until all of it is there: what leaves it is in its order.
    if (from.kind === 'operator' && from.unit.state === 'keyed') continue
    for (const node of nodes) {
      if (found.has(node.name) || !takesFrom(node, from.name)) continue
      found.add(node.name)
      open.push(node)
    }
  }
  return found
}

const takesFrom = (node: TopologyNode, from: string): boolean =>
  inputsOf(node).some((input) => input.node === from)
