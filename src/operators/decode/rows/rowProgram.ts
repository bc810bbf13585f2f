import type { SchemaNode } from '../../validate/schemaNode.ts'
import { keepsItsPlace, OBJECTS, readNode, type Read } from '../schemaReader.ts'
import { checkedLeafOf, leafKey, type Leaf, type RowPlan } from './rowPlan.ts'

/** What `readRow` of `assembly/index.ts` does for one record, step by step, and what it asks for meanwhile. */
export interface RowProgram {
  /** Steps of four words each; what a token compares follows it. */
  readonly words: Int32Array
  readonly accepts: readonly NonNullable<Leaf['accept']>[]
  readonly reads: readonly Read[]
}

/** The first word of a step, as in `assembly/index.ts`. */
const STEP = {
  end: 0,
  token: 1,
  text: 2,
  time: 3,
  number: 4,
  flag: 5,
  texts: 6,
  value: 7,
  sum: 8,
  ingestedAt: 9,
  position: 10,
  seconds: 11,
  joined: 12,
  marked: 13,
} as const
const MAY_BE_NULL = 1
const MAY_BE_EMPTY = 2
/** In place of a slot or a check: there is none. */
const NONE = -1
/** Tokens are compared in parts of so many bytes. */
const PART = 16

/**
 * Writes the steps that read one record from its bytes: between the values stands what has to stand there; each
 * value is checked and goes into its slots.
 *
 * @param space - what stands behind commas and colons: nothing, or a space as Python's `json.dumps` writes it
 * @returns undefined where a part of the schema isn't known here
 */
export function writeRowProgram(
  schema: SchemaNode,
  plan: RowPlan,
  space: '' | ' ',
): RowProgram | undefined {
  const accepts: NonNullable<Leaf['accept']>[] = []
  const reads: Read[] = []
  const words: number[] = []
  /** What must stand between the last value and the next. */
  let token = ''
  const step = (name: keyof typeof STEP, a = NONE, b = NONE, c = NONE): void => {
    words.push(STEP[name], a, b, c)
  }
  const endToken = (): void => {
    if (token === '') return
    const bytes = Buffer.from(token)
    step('token', bytes.length)
    for (let at = 0; at < bytes.length; at += PART) {
      const part = bytes.subarray(at, at + PART)
      words.push(...padded(part), ...padded(Buffer.alloc(part.length, 0xff)))
    }
    token = ''
  }
  const checkOf = ({ accept }: Leaf): number =>
    accept === undefined ? NONE : accepts.push(accept) - 1

  const writeLeaf = (leaf: Leaf): void => {
    // A string's quote is compared with what stands before it, unless it may be missing.
    if (leaf.kind === 'time' || (leaf.kind === 'text' && !leaf.mayBeNull)) token += '"'
    if (leaf.kind === 'texts') token += '['
    endToken()
    const flags = (leaf.mayBeNull ? MAY_BE_NULL : 0) | (leaf.mayBeEmpty ? MAY_BE_EMPTY : 0)
    switch (leaf.kind) {
      case 'text':
      case 'number':
      case 'flag':
        return step(leaf.kind, flags, leaf.slot, checkOf(leaf))
      case 'time':
        return step('time', leaf.slot, leaf.microsSlot, leaf.daySlot)
      case 'texts':
        return step('texts', leaf.slot, leaf.firstSlot, leaf.lowerSlot)
    }
  }

  const writeNode = (node: SchemaNode, path: readonly string[]): boolean => {
    const leaf = plan.leaves.get(leafKey(path)) ?? checkedLeafOf(node)
    if (leaf !== undefined) {
      writeLeaf(leaf)
      return true
    }
    if (OBJECTS.includes(node.type) && node.pipe === undefined && node.async !== true) {
      const keys = Object.keys(node.entries!)
      if (keys.length === 0 || !keys.every(keepsItsPlace)) return false
      token += '{'
      for (const [at, key] of keys.entries()) {
        token += `${at === 0 ? '' : `,${space}`}${JSON.stringify(key)}:${space}`
        if (!writeNode(node.entries![key]!, [...path, key])) return false
      }
      token += '}'
      return true
    }
    // What no column wants is read as ever, and dropped.
    if ([...plan.leaves.keys()].some((key) => key.startsWith(leafKey(path).slice(0, -1)))) {
      return false
    }
    const reader = readNode(node)
    if (reader === undefined) return false
    endToken()
    step('value', reads.push(reader) - 1)
    return true
  }

  if (!writeNode(schema, [])) return undefined
  endToken()
  for (const made of plan.made) {
    switch (made.op) {
      case 'sum':
        step('sum', made.of, made.and, made.slot)
        break
      case 'seconds':
        step('seconds', made.of, made.microsSlot, made.daySlot)
        break
      case 'joined':
        step('joined', made.slot, made.of.length)
        for (const part of made.of) words.push(...joinedPart(part))
        break
      case 'marked':
        step('marked', made.of, made.mark.codePointAt(0), made.slot)
    }
  }
  if (plan.ingestedAtSlot !== undefined) step('ingestedAt', plan.ingestedAtSlot)
  if (plan.positionSlot !== undefined) step('position', plan.positionSlot)
  step('end')
  return { words: Int32Array.from(words), accepts, reads }
}

/** The words of a part of a joined text: the slot that has it, or the text itself behind its length. */
function joinedPart(part: string | number): number[] {
  if (typeof part === 'number') return [part, 0, 0, 0]
  const bytes = Buffer.from(part)
  const words = [NONE, bytes.length, 0, 0]
  for (let at = 0; at < bytes.length; at += PART)
    words.push(...padded(bytes.subarray(at, at + PART)))
  return words
}

/** The words of a part, with zeros behind what there is of it. */
function padded(part: Uint8Array): Int32Array {
  const bytes = new Uint8Array(PART)
  bytes.set(part)
  return new Int32Array(bytes.buffer)
}
