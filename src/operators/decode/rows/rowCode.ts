import type { SchemaNode } from '../../validate/schemaNode.ts'
import { checkedLeafOf, leafKey, type Leaf, type RowPlan } from './rowPlan.ts'
import { isThere, keepsItsPlace, OBJECTS, readNode, type Read } from '../schemaReader.ts'

/** The text of a function over bytes, and what it has to be given. */
export interface RowCode {
  readonly body: string
  readonly accepts: readonly NonNullable<Leaf['accept']>[]
  readonly reads: readonly Read[]
}

const DAY_US = 86_400e6

/**
 * Writes the function that walks over the bytes of one record: between the values it compares the bytes
 * with what has to stand there, word by word; each value is checked and goes into its slots.
 *
 * @param space - what stands behind commas and colons: nothing, or a space as Python's `json.dumps` writes it
 * @returns undefined where a part of the schema isn't known here
 */
export function writeRowCode(
  schema: SchemaNode,
  plan: RowPlan,
  space: '' | ' ',
): RowCode | undefined {
  const accepts: NonNullable<Leaf['accept']>[] = []
  const reads: Read[] = []
  const lines: string[] = []
  /** What must stand between the last value and the next. */
  let token = ''
  const compareToken = (): void => {
    if (token !== '') lines.push(comparison(token))
    token = ''
  }
  const ask = ({ accept }: Leaf, value: string): string => {
    if (accept === undefined) return ''
    accepts.push(accept)
    return `if (!accept${accepts.length - 1}(${value})) return false`
  }
  const { layout, leaves } = plan
  const text = (slot: number | undefined, start: string, length: string): string =>
    slot === undefined
      ? ''
      : `texts[t + ${slot * 2}] = ${start}; texts[t + ${slot * 2 + 1}] = ${length}`
  const number = (slot: number | undefined, value: string): string =>
    slot === undefined ? '' : `numbers[n + ${slot}] = ${value}`
  const list = (slot: number | undefined, from: string): string =>
    slot === undefined
      ? ''
      : `lists[l + ${slot * 2}] = ${from}; lists[l + ${slot * 2 + 1}] = store.itemCount - ${from}`
  /** Reads a value by a helper, which says where it ends, and keeps what it found in `batch`. */
  const read = (helper: HelperName): string =>
    `at = ${helper}(store, batch, at, end)\nif (at < 0) return false`
  const orNull = (leaf: Leaf, otherwise: string, none: string): string =>
    leaf.mayBeNull
      ? `if (at + 4 <= end && view.getInt32(at, true) === ${NULL}) { at += 4; ${none} } else { ${otherwise} }`
      : otherwise

  const writeLeaf = (leaf: Leaf): void => {
    // A string's quote is compared with what stands before it, unless it may be missing.
    if (leaf.kind === 'time' || (leaf.kind === 'text' && !leaf.mayBeNull)) token += '"'
    if (leaf.kind === 'texts') token += '['
    compareToken()
    switch (leaf.kind) {
      case 'text': {
        const quote = leaf.mayBeNull ? 'if (store.bytes[at++] !== 34) return false' : ''
        const checks = `
          ${leaf.mayBeEmpty ? '' : 'if (batch.length === 0) return false'}
          ${ask(leaf, 'store.textAt(batch.start, batch.length)')}`
        const keep = text(leaf.slot, 'batch.start', 'batch.length')
        const none = text(leaf.slot, '-1', '0')
        lines.push(orNull(leaf, [quote, read('readText'), checks, keep].join('\n'), none))
        return
      }
      case 'time':
        lines.push(`
          ${leaf.slot === undefined ? '' : 'begin = at'}
          ${read('readTime')}
          ${text(leaf.slot, 'begin', 'at - 1 - begin')}
          ${number(leaf.microsSlot, 'batch.number')}
          ${number(leaf.daySlot, `Math.floor(batch.number / ${DAY_US})`)}`)
        return
      case 'number':
      case 'flag': {
        const isNumber = leaf.kind === 'number'
        const asked = ask(leaf, isNumber ? 'batch.number' : 'batch.number === 1')
        const found = `
          ${read(isNumber ? 'readNumber' : 'readFlag')}
          ${asked}
          ${number(leaf.slot, 'batch.number')}`
        lines.push(orNull(leaf, found, number(leaf.slot, 'NaN')))
        return
      }
      case 'texts': {
        const { firstSlot, lowerSlot } = leaf
        lines.push(`
          begin = store.itemCount
          ${read('readTexts')}
          ${list(leaf.slot, 'begin')}`)
        if (firstSlot !== undefined) {
          const item = text(firstSlot, 'store.items[begin * 2]', 'store.items[begin * 2 + 1]')
          const none = text(firstSlot, '-1', '0')
          lines.push(`if (store.itemCount > begin) { ${item} } else { ${none} }`)
        }
        if (lowerSlot !== undefined) {
          lines.push(`
            const lower${lowerSlot} = store.itemCount
            addDistinctLower(store, begin, lower${lowerSlot} - begin)
            ${list(lowerSlot, `lower${lowerSlot}`)}`)
        }
      }
    }
  }

  const writeNode = (node: SchemaNode, path: readonly string[]): boolean => {
    const leaf = leaves.get(leafKey(path)) ?? checkedLeafOf(node)
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
    if ([...leaves.keys()].some((key) => key.startsWith(leafKey(path).slice(0, -1)))) return false
    const reader = readNode(node)
    if (reader === undefined) return false
    compareToken()
    reads.push(reader)
    lines.push(`
      at = readValue(store, batch, at, end, read${reads.length - 1})
      if (at < 0) return false`)
    return true
  }

  if (!writeNode(schema, [])) return undefined
  compareToken()
  for (const { of, and, slot } of plan.sums) {
    lines.push(`
      batch.number = sumOf(numbers[n + ${of}], numbers[n + ${and}])
      if (!Number.isSafeInteger(batch.number) && batch.number === batch.number) return false
      ${number(slot, 'batch.number')}`)
  }
  lines.push(number(plan.ingestedAtSlot, 'batch.ingestedAtUs'))
  if (plan.positionSlot !== undefined) {
    lines.push(`writePosition(store, batch)
      ${text(plan.positionSlot, 'batch.start', 'batch.length')}`)
  }
  const body = `
    const [${accepts.map((_, at) => `accept${at}`).join(', ')}] = accepts
    const [${reads.map((_, at) => `read${at}`).join(', ')}] = reads
    const { ${HELPERS.join(', ')} } = helpers
    return function readRow(store, batch, from, end) {
      store.reserve()
      const { texts, numbers, lists, count } = store, { view } = batch
      const t = count * ${layout.texts * 2}, n = count * ${layout.numbers}, l = count * ${layout.lists * 2}
      let at = from, begin = 0
      ${lines.join('\n')}
      return at === end || isBlank(store.bytes, at, end)
    }`
  return { body, accepts, reads }
}

/** What the function calls. */
const HELPERS = [
  ...['readText', 'readTime', 'readNumber', 'readFlag', 'readTexts', 'readValue'],
  ...['addDistinctLower', 'writePosition', 'sumOf', 'isBlank'],
] as const
export type HelperName = (typeof HELPERS)[number]

const NULL = Buffer.from('null').readInt32LE(0)

/** Steps over a text that must stand there, without space in it. */
function comparison(text: string): string {
  const bytes = Buffer.from(text)
  return `if (!(${isThere(bytes, 'end')})) return false\nat += ${bytes.length}`
}
