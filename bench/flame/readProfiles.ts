import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Frame } from '../charts/flameChart.ts'

/** What Node's `--cpu-prof` writes. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      readonly lineNumber: number
    }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  /** Before each sample, µs. */
  readonly timeDeltas: readonly number[]
}

/** A frame that is still being added to. */
interface Sum {
  readonly name: string
  readonly where: string | undefined
  readonly group: number
  value: number
  readonly children: Map<string, Sum>
}

/** Node's names for what is no function, and what they are called here. */
const NO_FUNCTIONS: Readonly<Record<string, string>> = {
  '(root)': '',
  '(program)': 'native code outside of functions',
  '(garbage collector)': 'garbage collection',
}
const IDLE = '(idle)'
const [RUNTIME, OURS, NODE, LIBRARY] = [5, 0, 1, 2]

/**
 * The profiles of a process, one of each of its threads, as one tree in µs: below the root the calling thread and all
 * workers together, below them who called whom. Waiting is left out.
 *
 * @param root - the folder that names of files are shown from
 */
export function readProfiles(folder: string, root: string): Frame {
  const all = sumOf('all threads', undefined, RUNTIME)
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))) {
    // CPU.<date>.<time>.<pid>.<thread>.<number>.cpuprofile
    const thread = file.split('.')[4] === '0' ? 'calling thread' : 'worker threads'
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile
    add(profile, childOf(all, thread, undefined, RUNTIME), root)
  }
  const total = [...all.children.values()].reduce((sum, { value }) => sum + value, 0)
  return frameOf({ ...all, value: total })
}

function add({ nodes, samples, timeDeltas }: Profile, thread: Sum, root: string): void {
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((one) => [one, id])),
  )
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const times = new Map<number, number>()
  samples.forEach((id, at) => times.set(id, (times.get(id) ?? 0) + Math.max(0, timeDeltas[at]!)))
  for (const [id, time] of times) {
    const path: Profile['nodes'][number]['callFrame'][] = []
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      path.unshift(byId.get(at)!.callFrame)
    }
    if (path.at(-1)!.functionName === IDLE) continue
    let frame = thread
    frame.value += time
    for (const { functionName, url, lineNumber } of path) {
      const name = NO_FUNCTIONS[functionName] ?? (functionName || `in ${basename(url)}`)
      if (name === '') continue
      const place = url.replace(/^file:\/\//, '').replace(`${root}/`, '')
      const where = place === '' ? undefined : `${place}:${lineNumber + 1}`
      frame = childOf(frame, name, where, groupOf(place))
      frame.value += time
    }
  }
}

function groupOf(place: string): number {
  if (place.startsWith('node:')) return NODE
  if (place.includes('node_modules/')) return LIBRARY
  return place === '' ? RUNTIME : OURS
}

const sumOf = (name: string, where: string | undefined, group: number): Sum => ({
  ...{ name, where, group },
  value: 0,
  children: new Map(),
})

function childOf({ children }: Sum, name: string, where: string | undefined, group: number): Sum {
  const key = `${name} ${where}`
  let child = children.get(key)
  if (child === undefined) children.set(key, (child = sumOf(name, where, group)))
  return child
}

const frameOf = ({ name, where, group, value, children }: Sum): Frame => ({
  ...{ name, group, value },
  ...(where !== undefined && { where }),
  children: [...children.values()].map(frameOf).toSorted((a, b) => b.value - a.value),
})
