/** What a document holds at one path. */
export interface JsonTarget {
  /** `none`: no such path. `empty`: null or an empty array. */
  readonly found: 'none' | 'empty' | 'elements'
  /** Of the first element that is an object. */
  readonly keys: readonly string[]
  /** Where the element begins that the document is inside of, or -1. */
  readonly start: number
}

/** Follows several paths through one document, told by the scanner what begins and ends where. */
export interface JsonTargets {
  readonly found: readonly JsonTarget[]
  /** Whether the keys of a container at this depth matter. */
  watches(depth: number): boolean
  /** A value begins inside `depth` open containers, with this byte. */
  valueBegins(depth: number, offset: number, byte: number): void
  /** It ended, and `depth` containers are open again. */
  valueEnded(depth: number, offset: number): void
  /** A key was read inside `depth` open containers. */
  key(depth: number, key: string): void
}

interface Tracked extends JsonTarget {
  readonly path: readonly string[]
  found: JsonTarget['found']
  start: number
  readonly keys: string[]
  /** How many keys of the path lead to where the scanner is. */
  matched: number
  /** Inside how many containers its elements begin, while it is inside the array that holds them. */
  elementDepth: number
  /** Inside how many containers the keys of the first object are. */
  keysDepth: number
}

const NOWHERE = -1
const OPEN_OBJECT = 0x7b
const OPEN_ARRAY = 0x5b
const LETTER_N = 0x6e

export function jsonTargets(
  paths: readonly (readonly string[])[],
  onElement: (target: number, start: number, end: number) => void,
): JsonTargets {
  const tracked = paths.map((path): Tracked => ({
    path,
    found: 'none',
    keys: [],
    matched: 0,
    elementDepth: NOWHERE,
    start: NOWHERE,
    keysDepth: NOWHERE,
  }))
  const longest = Math.max(0, ...paths.map((path) => path.length))
  const deepest = longest + 1
  let collecting = 0

  const beginElement = (target: Tracked, depth: number, offset: number, byte: number): void => {
    target.found = 'elements'
    target.start = offset
    if (byte !== OPEN_OBJECT || target.keys.length > 0) return
    target.keysDepth = depth + 1
    collecting++
  }

  return {
    found: tracked,
    watches: (depth) => depth <= longest || (collecting > 0 && depth <= deepest + 1),
    valueBegins(depth, offset, byte) {
      if (depth > deepest) return
      for (const target of tracked) {
        if (target.elementDepth === depth) beginElement(target, depth, offset, byte)
        else if (target.path.length === depth && target.matched === depth) {
          if (target.found === 'none') target.found = 'empty'
          if (byte === OPEN_ARRAY) target.elementDepth = depth + 1
          else if (byte !== LETTER_N) {
            target.elementDepth = depth
            beginElement(target, depth, offset, byte)
          }
        }
      }
    },
    valueEnded(depth, offset) {
      if (depth > deepest) return
      for (const [index, target] of tracked.entries()) {
        if (target.elementDepth === depth && target.start !== NOWHERE) {
          onElement(index, target.start, offset)
          target.start = NOWHERE
          if (target.keysDepth !== NOWHERE) collecting--
          target.keysDepth = NOWHERE
          if (target.path.length === depth) target.elementDepth = NOWHERE
        } else if (target.elementDepth === depth + 1) target.elementDepth = NOWHERE
      }
    },
    key(depth, key) {
      for (const target of tracked) {
        if (target.keysDepth === depth && target.start !== NOWHERE) target.keys.push(key)
        if (depth <= target.path.length && target.matched >= depth - 1) {
          target.matched = target.path[depth - 1] === key ? depth : depth - 1
        }
      }
    },
  }
}
