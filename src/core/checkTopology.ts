import { ConfigError } from './errors.ts'
import { inputsOf, type Outgoing, type TopologyNode } from './topology.ts'

const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/
/** Ports whose records may go nowhere: they are counted and dropped. */
const DROPPABLE = new Set(['filtered', 'duplicate'])
/** Ports that go to `rejects` where nobody takes them. */
const REJECTING = new Set(['rejected', 'late'])

/** @throws ConfigError `SBX_NAME` */
export function checkName(name: string, what: string): void {
  if (typeof name === 'string' && NAME.test(name)) return
  throw new ConfigError(
    `'${name}' can't be the name of a ${what}: it becomes part of file names; use a letter, then letters, digits, '_', '.', '-' (at most 100)`,
    { code: 'SBX_NAME' },
  )
}

/** @throws ConfigError `SBX_WRONG_UNIT` for another kind of unit, `SBX_NAME` for its ports */
export function checkUnit<
  Unit extends { readonly kind: string; readonly ports?: readonly string[] },
>(node: string, unit: Unit, kind: string): Unit {
  if (unit?.kind !== kind) {
    throw new ConfigError(
      `a unit of kind '${kind}' belongs here, not ${unit?.kind === undefined ? typeof unit : `'${unit.kind}'`}; give what the factory of a ${kind} returned`,
      { code: 'SBX_WRONG_UNIT', node },
    )
  }
  const ports = unit.ports ?? []
  for (const [index, port] of ports.entries()) {
    if (NAME.test(port) && port !== 'out' && ports.indexOf(port) === index) continue
    throw new ConfigError(
      `its unit has the ports ${ports.join(', ')}; each needs a name of its own like those of nodes, and 'out' is the main outlet`,
      { code: 'SBX_NAME', node },
    )
  }
  return unit
}

/**
 * Finds the outlets that no node takes.
 *
 * @param covered - Whether the topology has `rejects`.
 * @returns Those that go to `rejects`.
 * @throws ConfigError `SBX_LOOSE_END` where records would go nowhere
 */
export function untaken(
  nodes: readonly TopologyNode[],
  isTaken: (outlet: Outgoing) => boolean,
  covered: boolean,
): Outgoing[] {
  if (!nodes.some((node) => node.kind === 'source')) {
    throw new ConfigError('a topology needs at least one source; add one with flow.source(…)', {
      code: 'SBX_LOOSE_END',
    })
  }
  const open: Outgoing[] = []
  for (const node of nodes) {
    if (node.kind === 'sink' || node.kind === 'models') continue
    for (const port of ['out', ...(node.kind === 'merge' ? [] : node.unit.ports)]) {
      if (isTaken({ node: node.name, port }) || DROPPABLE.has(port)) continue
      if (!REJECTING.has(port) || !covered) throw looseEnd(node.name, port)
      open.push({ node: node.name, port })
    }
  }
  return open
}

function looseEnd(node: string, port: string): ConfigError {
  const remedy = REJECTING.has(port)
    ? `give defineTopology({ rejects }), or take the port '${port}' with split`
    : port === 'out'
      ? 'end it in a sink or table with .to(…) or .toTable(…)'
      : `take the port '${port}' with split and send it to a sink or table`
  return new ConfigError(`its records of '${port}' go nowhere; ${remedy}`, {
    code: 'SBX_LOOSE_END',
    node,
  })
}

/**
 * Partitions of different sources are not known to hold the same keys, so state can't see them all.
 *
 * @throws ConfigError `SBX_CO_PARTITION`
 */
export function refuseMergedState(nodes: readonly TopologyNode[]): void {
  const origins = new Map<string, ReadonlySet<string>>()
  for (const node of nodes) {
    if (node.kind === 'models') continue
    const from = new Set(inputsOf(node).flatMap((input) => [...(origins.get(input.node) ?? [])]))
    if (node.kind === 'source') from.add(node.name)
    origins.set(node.name, from)
    if (node.kind === 'operator' && node.unit.state === 'keyed' && from.size > 1) {
      throw new ConfigError(
        `the sources ${[...from].join(', ')} meet in a stateful operator, but nothing says that equal keys share a partition; put one ${node.unit.type} behind each source, before the merge`,
        { code: 'SBX_CO_PARTITION', node: node.name },
      )
    }
  }
}

/**
 * Two sinks in one place would give different files the same name.
 *
 * @throws ConfigError `SBX_SAME_PATH`
 */
export function refuseSharedPaths(nodes: readonly TopologyNode[]): void {
  const places = new Map<string, string>()
  for (const node of nodes) {
    if (node.kind !== 'sink') continue
    const { lake, path } = node.unit.options
    if (typeof lake !== 'string' || typeof path !== 'string') continue
    const place = `${lake} ${path.replace(/\/+$/, '')}`
    const other = places.get(place)
    if (other !== undefined) {
      throw new ConfigError(
        `writes to '${path}' of the lake ${lake}, and so does '${other}'; give each its own path, or send both streams to one of them with flow.merge`,
        { code: 'SBX_SAME_PATH', node: node.name },
      )
    }
    places.set(place, node.name)
  }
}

/**
 * A source that is read by partitions has one task each, named after it and its number.
 *
 * @throws ConfigError `SBX_NAME`
 */
export function refusePartitionNames(nodes: readonly TopologyNode[]): void {
  const taken = nodes.filter(({ kind }) => kind === 'source' || kind === 'models')
  for (const node of nodes) {
    if (node.kind !== 'source' || node.unit.join === undefined) continue
    const other = taken.find(
      ({ name }) =>
        name.startsWith(`${node.name}-`) && /^\d+$/.test(name.slice(node.name.length + 1)),
    )
    if (other === undefined) continue
    throw new ConfigError(
      `'${other.name}' is what the task of a partition of '${node.name}' is called; give one of the two another name`,
      { code: 'SBX_NAME', node: other.name },
    )
  }
}
