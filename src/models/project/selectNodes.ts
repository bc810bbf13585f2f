import { ConfigError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import type { SelectableNode } from './selectable.ts'

export interface Selection {
  /** In dbt's notation: `+orders tag:daily,path:models/marts`. @defaultValue everything */
  readonly select?: string | readonly string[] | undefined
  /** What is left out of it, in the same notation. */
  readonly exclude?: string | readonly string[] | undefined
}

/** What an earlier run says of a node: undefined where it had none of this name. */
export type EarlierState = (uniqueId: string) => string | undefined

const CRITERION = /^(@)?(?:(\d*)(\+))?(?:([a-z_]+)(?:\.([\w.]+))?:)?(.+?)(?:(\+)(\d*))?$/

/**
 * The unique ids of what a selection names. Spaces unite, commas intersect; `+` takes what is before or
 * behind, `2+` as far as two steps, `@` what is behind and all that this needs. A test goes with every
 * node that it reads.
 *
 * @param earlier needed for `state:` alone
 * @throws ConfigError `SBX_MODELS_SELECT`
 */
export function selectNodes(
  nodes: readonly SelectableNode[],
  { select, exclude }: Selection,
  earlier?: EarlierState,
): Set<string> {
  const graph = graphOf(nodes)
  const named = (text: Selection['select'], isExact = true): Set<string> => {
    const words = (typeof text === 'string' ? [text] : (text ?? [])).flatMap((one) =>
      one.trim().split(/\s+/),
    )
    const found = words.filter((word) => word !== '').map((word) => intersection(word, isExact))
    return new Set(found.flatMap((ids) => [...ids]))
  }
  const intersection = (word: string, isExact: boolean): Set<string> => {
    const sets = word
      .split(',')
      .map((criterion) => withTests(oneCriterion(criterion, isExact), graph))
    const [first = new Set<string>(), ...others] = sets
    return new Set([...first].filter((id) => others.every((other) => other.has(id))))
  }
  const oneCriterion = (text: string, isExact: boolean): Set<string> => {
    const [, at, depthUp, up, method, argument, value = '', down, depthDown] =
      CRITERION.exec(text) ?? []
    const isMatch = matcher({ method, argument, value, text }, earlier)
    const direct = nodes.filter(isMatch).map(({ uniqueId }) => uniqueId)
    if (direct.length === 0 && isExact) refuseMisspelt(nodes, method, value)
    const found = new Set(direct)
    if (down !== undefined || at !== undefined) {
      walk(direct, graph.children, steps(depthDown), found)
    }
    if (at !== undefined) walk([...found], graph.parents, Infinity, found)
    if (up !== undefined) walk(direct, graph.parents, steps(depthUp), found)
    return found
  }
  const chosen = isNothing(select) ? new Set(nodes.map(({ uniqueId }) => uniqueId)) : named(select)
  // What is not there needs no exclusion.
  for (const id of named(exclude, false)) chosen.delete(id)
  return chosen
}

/**
 * A name or a path that nothing has is a misspelling, and so is a tag like one that there is. That nothing has a tag,
 * or has changed, may well be.
 */
function refuseMisspelt(
  nodes: readonly SelectableNode[],
  given: string | undefined,
  value: string,
): void {
  const method = given ?? (/[/\\]|\.(sql|csv)$/.test(value) ? 'path' : 'fqn')
  const known = KNOWN[method]
  if (known === undefined || /[*?]/.test(value)) return
  const near = nearest(value, new Set(nodes.flatMap(known)))
  if (near === undefined && method === 'tag') return
  const hint = near === undefined ? 'look at the files of the project' : `is it '${near}'?`
  throw new ConfigError(
    `nothing is selected by '${value}': no node has this ${CALLED[method] ?? method}; ${hint}`,
    { code: 'SBX_MODELS_SELECT' },
  )
}

const CALLED: Readonly<Record<string, string>> = { fqn: 'name', file: 'path' }
const isMade = ({ kind }: SelectableNode): boolean => kind === 'model' || kind === 'seed'
const paths = (node: SelectableNode): readonly string[] =>
  isMade(node) ? [node.file, node.file.slice(0, node.file.lastIndexOf('/'))] : []
/** What may be named by a method. */
const KNOWN: Readonly<Record<string, (node: SelectableNode) => readonly string[]>> = {
  fqn: (node) => (isMade(node) ? [node.name] : []),
  path: paths,
  file: paths,
  source: ({ kind, fqn }) => (kind === 'source' ? [fqn.at(-2)!, fqn.slice(-2).join('.')] : []),
  tag: ({ tags }) => tags,
}

const isNothing = (text: Selection['select']): boolean => text === undefined || text.length === 0

const steps = (text: string | undefined): number =>
  text === undefined || text === '' ? Infinity : Number(text)

interface Graph {
  readonly nodes: readonly SelectableNode[]
  readonly parents: ReadonlyMap<string, readonly string[]>
  readonly children: ReadonlyMap<string, readonly string[]>
}

function graphOf(nodes: readonly SelectableNode[]): Graph {
  const parents = new Map(nodes.map(({ uniqueId, reads }) => [uniqueId, reads]))
  const children = new Map<string, string[]>()
  for (const { uniqueId, reads } of nodes) {
    for (const parent of reads) children.set(parent, [...(children.get(parent) ?? []), uniqueId])
  }
  return { nodes, parents, children }
}

function walk(
  from: readonly string[],
  edges: ReadonlyMap<string, readonly string[]>,
  depth: number,
  found: Set<string>,
): void {
  let border = [...from]
  for (let step = 0; step < depth && border.length > 0; step += 1) {
    border = [...new Set(border.flatMap((id) => edges.get(id) ?? []))]
    for (const id of border) found.add(id)
  }
}

/** Adds every test that reads one of these. */
function withTests(ids: Set<string>, { nodes }: Graph): Set<string> {
  const tests = nodes.filter(
    ({ kind, reads }) =>
      (kind === 'test' || kind === 'unit_test') && reads.some((id) => ids.has(id)),
  )
  return new Set([...ids, ...tests.map(({ uniqueId }) => uniqueId)])
}

interface Criterion {
  readonly method: string | undefined
  readonly argument: string | undefined
  readonly value: string
  readonly text: string
}

function matcher(criterion: Criterion, earlier?: EarlierState): (node: SelectableNode) => boolean {
  const { argument, value, text } = criterion
  const method = criterion.method ?? (/[/\\]|\.(sql|csv)$/.test(value) ? 'path' : 'fqn')
  switch (method) {
    case 'fqn':
      return (node) => isName(node, value)
    case 'tag':
      return ({ tags }) => tags.some((tag) => isLike(tag, value))
    case 'path':
    case 'file': {
      const path = value.replace(/^\.\//, '').replace(/\/$/, '')
      return ({ file }) =>
        isLike(file, path) || file.startsWith(`${path}/`) || file.split('/').at(-1) === path
    }
    case 'source':
      return ({ kind, fqn }) => kind === 'source' && isLike(fqn.slice(-2).join('.'), value, true)
    case 'resource_type':
      return ({ kind }) => kind === value
    case 'test_type':
      return ({ testType }) =>
        testType === value ||
        (value === 'data' && (testType === 'generic' || testType === 'singular'))
    case 'test_name':
      return ({ test }) => test !== undefined && isLike(test, value)
    case 'unit_test':
      return ({ kind, name }) => kind === 'unit_test' && isLike(name, value)
    case 'access':
      return ({ settings }) => settings['access'] === value
    case 'config': {
      const setting = (argument ?? '').split('.')
      return ({ settings }) => {
        const found = setting.reduce<unknown>(
          (all, key) => (all as Readonly<Record<string, unknown>> | undefined)?.[key],
          settings,
        )
        return Array.isArray(found) ? found.map(String).includes(value) : String(found) === value
      }
    }
    case 'package':
      return ({ fqn }) => fqn[0] === value || value === 'this'
    case 'state':
      return stateMatcher(value, text, earlier)
    default:
      throw new ConfigError(
        `'${text}': the method '${method}' is not supported here; use fqn, tag, path, source, resource_type, test_type, test_name, unit_test, access, config, package or state`,
        { code: 'SBX_MODELS_SELECT' },
      )
  }
}

function stateMatcher(value: string, text: string, earlier?: EarlierState) {
  if (earlier === undefined) {
    throw new ConfigError(
      `'${text}' compares with an earlier run: give the folder of its manifest.json as \`state\``,
      { code: 'SBX_MODELS_SELECT' },
    )
  }
  const isNew = ({ uniqueId }: SelectableNode) => earlier(uniqueId) === undefined
  const isModified = (node: SelectableNode) => earlier(node.uniqueId) !== node.state
  switch (value) {
    case 'new':
      return isNew
    case 'old':
      return (node: SelectableNode) => !isNew(node)
    case 'modified':
      return isModified
    case 'unmodified':
      return (node: SelectableNode) => !isModified(node)
    default:
      throw new ConfigError(`'${text}': use state:new, old, modified or unmodified`, {
        code: 'SBX_MODELS_SELECT',
      })
  }
}

/** A name alone, or its folders from the project's on, with wildcards. */
function isName({ name, fqn }: SelectableNode, value: string): boolean {
  if (isLike(name, value)) return true
  const wanted = value.split('.')
  const starts = (parts: readonly string[]): boolean =>
    wanted.length <= parts.length && wanted.every((part, index) => isLike(parts[index] ?? '', part))
  return starts(fqn) || starts(fqn.slice(1))
}

/** Whether a text is like a pattern with `*` and `?`; or begins with it, part by part. */
function isLike(text: string, pattern: string, orStarts = false): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
  const like = escaped.replaceAll('*', '.*').replaceAll('?', '.')
  return new RegExp(`^${like}${orStarts ? '(\\..*)?' : ''}$`).test(text)
}
