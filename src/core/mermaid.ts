import type { NodeDescription, TopologyDescription } from './describe.ts'

const SHAPES: Record<NodeDescription['kind'], readonly [open: string, close: string]> = {
  source: ['([', '])'],
  operator: ['[', ']'],
  merge: ['((', '))'],
  sink: ['[/', '/]'],
  table: ['[(', ')]'],
  models: ['{{', '}}'],
}

/**
 * Draws a described topology as a Mermaid flowchart, left to right. Dashed arrows are ports.
 *
 * @example
 * ```ts
 * console.log(mermaid(describe(topology)))
 * ```
 */
export function mermaid(description: TopologyDescription): string {
  const ids = new Map(description.nodes.map((node, index) => [node.name, `n${index}`]))
  const lines = ['flowchart LR']
  for (const node of description.nodes) {
    const [open, close] = SHAPES[node.kind]
    lines.push(
      `  ${ids.get(node.name)}${open}"${node.name}<br/><i>${escape(node.type)}</i>"${close}`,
    )
  }
  for (const node of description.nodes) {
    const to = ids.get(node.name)
    for (const input of node.inputs) {
      const [from = '', port] = input.split(':')
      lines.push(`  ${ids.get(from)} ${port === undefined ? '-->' : `-. ${port} .->`} ${to}`)
    }
  }
  return `${lines.join('\n')}\n`
}

const escape = (text: string): string =>
  text.replace(/["<>&]/g, (character) => `#${character.charCodeAt(0)};`)
