import { compileFunction } from '../../core/compileFunction.ts'
import { acceptAction } from '../validate/acceptAction.ts'
import { compileAccept } from '../validate/compileAccept.ts'
import type { Accept, SchemaNode } from '../validate/schemaNode.ts'
import {
  closeScan,
  isAtEnd,
  jsonScan,
  openRecord,
  readArray,
  readScalar,
  readText,
  skipTokens,
  type JsonScan,
} from './jsonScan.ts'

/**
 * Reads a record that is written as its schema says, key by key, and that the schema accepts as it is.
 * Undefined says nothing about the record, only that it must be read another way.
 */
export interface SchemaReader {
  read(bytes: Uint8Array, start: number, end: number): unknown
  /** Lets go of the bytes that were read last. */
  forget(): void
}

export type Read = (scan: JsonScan) => unknown

export const OBJECTS = ['object', 'loose_object', 'strict_object']
/** After so many records that it could not read, */
const PATIENCE = 64
/** a reader is not tried for so many. */
const PAUSE = 4096

/**
 * Compiles a valibot schema into a reader that walks over the bytes of a record once and checks while it
 * reads. It reads objects with exactly the schema's keys in the schema's order, as one writer writes all
 * its records. Its objects are the same that `JSON.parse` makes.
 *
 * @returns undefined where a part of the schema changes values or isn't known here, and where functions
 *   can't be made from text (`--disallow-code-generation-from-strings`)
 */
export function compileReader(schema: SchemaNode): SchemaReader | undefined {
  const read = readNode(schema)
  if (read === undefined) return undefined
  const scan = jsonScan()
  let failures = 0
  let pause = 0
  return {
    read(bytes, start, end) {
      if (pause > 0) {
        pause--
        return undefined
      }
      openRecord(scan, bytes, start, end)
      const value = read(scan)
      if (value !== undefined && isAtEnd(scan, end)) {
        if (failures > 0) failures--
        return value
      }
      failures += 2
      if (failures > PATIENCE) {
        failures = 0
        pause = PAUSE
      }
      return undefined
    },
    forget: () => closeScan(scan),
  }
}

/** The reader of the schema that is checked behind a decoder, where there is one and it can be compiled. */
export function readerOf(schema: unknown): SchemaReader | undefined {
  return schema === undefined ? undefined : compileReader(schema as SchemaNode)
}

/** Reads and checks a value; what is undefined then is not known to be valid. */
export function readNode(node: SchemaNode): Read | undefined {
  if (node.async === true) return undefined
  const [root = node, ...steps] = node.pipe ?? [node]
  if (root.type === 'array' || OBJECTS.includes(root.type)) {
    // The first of a pipe may have one itself.
    const read = root.pipe !== undefined && root !== node ? readNode(root) : readNested(root)
    const accept = acceptSteps(steps)
    if (read === undefined || accept === undefined) return undefined
    return steps.length === 0 ? read : checked(read, accept)
  }
  const accept = compileAccept(node)
  if (accept === undefined) return undefined
  return node.type === 'string' && node.pipe === undefined ? readText : checked(readScalar, accept)
}

const checked =
  (read: Read, accept: Accept): Read =>
  (scan) => {
    const value = read(scan)
    return value !== undefined && accept(value) ? value : undefined
  }

function acceptSteps(steps: readonly SchemaNode[]): Accept | undefined {
  const accepts: Accept[] = []
  for (const step of steps) {
    const accept = step.kind === 'schema' ? compileAccept(step) : acceptAction(step)
    if (accept === undefined) return undefined
    if (accept !== 'any') accepts.push(accept)
  }
  return (value) => accepts.every((accept) => accept(value))
}

function readNested(node: SchemaNode): Read | undefined {
  if (node.type === 'array') {
    const item = readNode(node.item!)
    return item && ((scan) => readArray(scan, item))
  }
  const keys = Object.keys(node.entries!)
  const reads = Object.values(node.entries!).map(readNode)
  if (keys.length === 0 || !keys.every(keepsItsPlace)) return undefined
  if (!reads.every((read) => read !== undefined)) return undefined
  return objectReader(keys, reads)
}

/** Numbers come first in any object, and a literal's `__proto__` is no key. */
export const keepsItsPlace = (key: string): boolean => key !== '__proto__' && !/^\d+$/.test(key)

/**
 * A function that reads the fields and puts them into an object literal: V8 gives such objects one shape
 * and their fields fixed places. By computed keys the same takes several times as long.
 */
function objectReader(keys: readonly string[], reads: readonly Read[]): Read | undefined {
  const befores = keys.map((key, at) => [at === 0 ? '{' : ',', JSON.stringify(key), ':'])
  const steps = [...befores, ['}']]
  const tokens = steps.map((texts) => texts.map((text) => Buffer.from(text)))
  const names = steps.map((_, at) => `const read${at} = reads[${at}], tokens${at} = tokens[${at}]`)
  const fields = keys.map(
    (_, at) => `
      const v${at} = read${at}(scan)
      if (v${at} === undefined) return undefined
      ${skip(tokens[at + 1]!, at + 1)}`,
  )
  const literal = keys.map((key, at) => `${JSON.stringify(key)}: v${at}`).join(', ')
  const body = `
    ${names.join('\n')}
    return (scan) => {
      const { view } = scan, size = view.byteLength
      let at
      ${skip(tokens[0]!, 0)}
      ${fields.join('')}
      return { ${literal} }
    }`
  type Build = (...parts: readonly unknown[]) => Read
  const build = compileFunction<Build>(['skipTokens', 'reads', 'tokens'], body)
  return build?.(skipTokens, reads, tokens)
}

/** Steps over tokens: compares them word by word, as they stand without space in between. */
function skip(tokens: readonly Buffer[], number: number): string {
  const bytes = Buffer.concat(tokens)
  return `at = scan.at
      if (${isThere(bytes, 'size')}) scan.at = at + ${bytes.length}
      else if (!skipTokens(scan, tokens${number})) return undefined`
}

/** The text of a test whether these bytes stand at `at` of `view`, before `end`: word by word. */
function isThere(bytes: Buffer, end: string): string {
  const { length } = bytes
  const tests = [`at + ${length} <= ${end}`]
  for (let at = 0; at < length;) {
    const width = length - at >= 4 ? 4 : length - at >= 2 ? 2 : 1
    const little = width > 1 ? ', true' : ''
    tests.push(`view.getInt${width * 8}(at + ${at}${little}) === ${bytes.readIntLE(at, width)}`)
    at += width
  }
  return tests.join(' && ')
}
