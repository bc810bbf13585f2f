/** A system to explore: plain values, steps between them, and what must hold in each. */
export interface System<Value> {
  readonly initial: Value
  /** Calls `emit` once for each step that may be next. Always the same steps in the same order. */
  steps(value: Value, emit: (label: string, next: Value) => void): void
  /** What is wrong with a value, or undefined. */
  check(value: Value): string | undefined
  /** The value as integers; equal ones are the same value. */
  encode(value: Value, put: (integer: number) => void): void
}

export interface Exploration {
  readonly states: number
  readonly steps: number
  /** False where `maxStates` ended it. */
  readonly complete: boolean
  readonly seconds: number
  /** What was found wrong, and the shortest way there. */
  readonly violation?: { readonly what: string; readonly trace: readonly string[] }
}

/**
 * Visits every value that can be reached, nearest first. Visited values are kept as 63-bit hashes: among ten
 * million, the odds that any two share one are 1 to 180,000.
 */
export function explore<Value>(system: System<Value>, maxStates = Infinity): Exploration {
  const startedMs = performance.now()
  const seen = hashSet()
  let parents = new Int32Array(1 << 16)
  let choices = new Uint16Array(1 << 16)
  let states = 0
  let steps = 0
  let violation: Exploration['violation']
  let frontier: Value[] = []
  let first = 0

  const visit = (value: Value, next: Value[], parent: number, choice: number): void => {
    hash(system, value)
    if (!seen.addHashed()) return
    if (states === parents.length) {
      parents = grown(parents, new Int32Array(states * 2))
      choices = grown(choices, new Uint16Array(states * 2))
    }
    parents[states] = parent
    choices[states] = choice
    states += 1
    next.push(value)
    if (violation !== undefined) return
    const what = system.check(value)
    if (what !== undefined) violation = { what, trace: replay(system, way(states - 1)) }
  }
  const way = (index: number): number[] => {
    const taken: number[] = []
    for (let at = index; at > 0; at = parents[at]!) taken.push(choices[at]!)
    return taken.reverse()
  }

  visit(system.initial, frontier, -1, 0)
  while (frontier.length > 0 && violation === undefined && states < maxStates) {
    const next: Value[] = []
    const begun = first + frontier.length
    for (const [index, value] of frontier.entries()) {
      let choice = 0
      system.steps(value, (_label, to) => {
        steps += 1
        visit(to, next, first + index, choice)
        choice += 1
      })
      if (violation !== undefined) break
    }
    first = begun
    frontier = next
  }
  const complete = violation === undefined && frontier.length === 0
  const seconds = (performance.now() - startedMs) / 1000
  return { states, steps, complete, seconds, ...(violation && { violation }) }
}

function replay<Value>(system: System<Value>, way: readonly number[]): string[] {
  let value = system.initial
  return way.map((choice) => {
    let index = 0
    let taken = ''
    let next = value
    system.steps(value, (label, to) => {
      if (index === choice) [taken, next] = [label, to]
      index += 1
    })
    value = next
    return taken
  })
}

let high = 0
let low = 0
const mix = (integer: number): void => {
  high = Math.imul(high ^ integer, 0x85ebca6b)
  high ^= high >>> 13
  low = Math.imul(low ^ (integer + 0x7f4a7c15), 0xc2b2ae35)
  low ^= low >>> 16
}

/** Leaves the hash in `high` and `low`: an object a state would cost more than the rest. */
function hash<Value>(system: System<Value>, value: Value): void {
  high = 0x9e3779b9
  low = 0x243f6a88
  system.encode(value, mix)
  high = Math.imul(high ^ low, 0x27d4eb2f)
  high = (high ^ (high >>> 15)) >>> 0
  low = (Math.imul(low, 0x165667b1) | 1) >>> 0
}

function hashSet(): { addHashed(): boolean } {
  let mask = (1 << 16) - 1
  let table = new Uint32Array((mask + 1) * 2)
  let count = 0
  const put = (upper: number, lower: number): boolean => {
    let slot = upper & mask
    while (table[slot * 2 + 1] !== 0) {
      if (table[slot * 2] === upper && table[slot * 2 + 1] === lower) return false
      slot = (slot + 1) & mask
    }
    table[slot * 2] = upper
    table[slot * 2 + 1] = lower
    return true
  }
  return {
    addHashed() {
      if (!put(high, low)) return false
      count += 1
      if (count * 2 > mask) {
        const old = table
        mask = mask * 2 + 1
        table = new Uint32Array((mask + 1) * 2)
        for (let at = 0; at < old.length; at += 2)
          if (old[at + 1] !== 0) put(old[at]!, old[at + 1]!)
      }
      return true
    },
  }
}

function grown<Numbers extends Int32Array | Uint16Array>(old: Numbers, to: Numbers): Numbers {
  to.set(old)
  return to
}
