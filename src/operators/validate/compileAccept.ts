import { acceptAction } from './acceptAction.ts'
import type { Accept, SchemaNode } from './schemaNode.ts'

type Fields = Readonly<Record<string, unknown>>

/** Valibot lets the keys of these be absent. */
const MAY_BE_ABSENT = ['optional', 'nullish', 'exact_optional']

/**
 * Turns a valibot schema into one function that says yes to values which the schema would pass on as they
 * are. No means nothing: then the schema itself must be asked.
 *
 * @returns undefined where the schema, or a part of it, changes values or isn't known here
 */
export function compileAccept(schema: SchemaNode): Accept | undefined {
  if (schema.async === true) return undefined
  return schema.pipe === undefined ? acceptSchema(schema) : acceptPipe(schema.pipe)
}

function acceptPipe(pipe: readonly SchemaNode[]): Accept | undefined {
  const steps: Accept[] = []
  for (const item of pipe) {
    const accept = item.kind === 'schema' ? compileAccept(item) : acceptAction(item)
    if (accept === undefined) return undefined
    if (accept !== 'any') steps.push(accept)
  }
  return steps.reduceRight<Accept>(
    (rest, step, at) => (at === steps.length - 1 ? step : (value) => step(value) && rest(value)),
    () => true,
  )
}

function acceptSchema(schema: SchemaNode): Accept | undefined {
  switch (schema.type) {
    case 'string':
      return (value) => typeof value === 'string'
    case 'number':
      return (value) => typeof value === 'number' && !Number.isNaN(value)
    case 'boolean':
      return (value) => typeof value === 'boolean'
    case 'bigint':
      return (value) => typeof value === 'bigint'
    case 'null':
      return (value) => value === null
    case 'undefined':
      return (value) => value === undefined
    case 'any':
    case 'unknown':
      return () => true
    case 'custom':
      return schema.check
    case 'literal':
      return (value) => value === schema.literal
    case 'picklist':
    case 'enum':
      return (value) => schema.options!.includes(value)
    case 'nullable':
      return acceptWrapped(schema, (value) => value === null)
    case 'nullish':
      return acceptWrapped(schema, (value) => value === null || value === undefined)
    case 'optional':
    case 'undefinedable':
      return acceptWrapped(schema, (value) => value === undefined)
    case 'exact_optional':
      return compileAccept(schema.wrapped!)
    case 'array':
      return acceptArray(schema)
    case 'object':
    case 'loose_object':
    case 'strict_object':
      return acceptObject(schema)
    case 'union':
      return acceptUnion(schema.options as readonly SchemaNode[])
    case 'variant':
      return acceptVariant(schema)
    default:
      return undefined
  }
}

function acceptWrapped(schema: SchemaNode, isAbsent: Accept): Accept | undefined {
  const accept = compileAccept(schema.wrapped!)
  if (accept === undefined) return undefined
  // A default takes the place of what is absent: that is for the schema to do.
  if (schema.default !== undefined) return (value) => !isAbsent(value) && accept(value)
  return (value) => isAbsent(value) || accept(value)
}

function acceptArray(schema: SchemaNode): Accept | undefined {
  const accept = compileAccept(schema.item!)
  if (accept === undefined) return undefined
  return (value) => {
    if (!Array.isArray(value)) return false
    for (let at = 0; at < value.length; at++) if (!accept(value[at])) return false
    return true
  }
}

function acceptObject(schema: SchemaNode): Accept | undefined {
  const keys = Object.keys(schema.entries!)
  const entries = Object.values(schema.entries!)
  const accepts = entries.map(compileAccept).filter((accept) => accept !== undefined)
  if (accepts.length < entries.length) return undefined
  const mayBeAbsent = entries.map(
    ({ type, default: filler, fallback }) =>
      MAY_BE_ABSENT.includes(type) && filler === undefined && fallback === undefined,
  )
  const acceptEach = (record: Fields): boolean => {
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at]!
      const field = record[key]
      if (field === undefined && !(key in record)) {
        if (mayBeAbsent[at]) continue
        return false
      }
      if (!accepts[at]!(field)) return false
    }
    return true
  }
  const acceptEntries: Accept = (value) => {
    if (typeof value !== 'object' || value === null) return false
    const record = value as Fields
    // Keys in the schema's own order are the rule, and V8 reads a field within for-in by its place.
    let at = 0
    for (const key in record) {
      if (key !== keys[at]) continue
      if (!accepts[at]!(record[key])) return false
      at++
    }
    return at === keys.length || acceptEach(record)
  }
  if (schema.type !== 'strict_object') return acceptEntries
  const known = new Set(keys)
  return (value) =>
    acceptEntries(value) && Object.keys(value as object).every((key) => known.has(key))
}

function acceptUnion(options: readonly SchemaNode[]): Accept | undefined {
  const accepts = options.map(compileAccept).filter((accept) => accept !== undefined)
  if (accepts.length < options.length) return undefined
  return (value) => accepts.some((accept) => accept(value))
}

/** By what stands under the variant's key. Anything finer (nested variants) is left to the schema. */
function acceptVariant(schema: SchemaNode): Accept | undefined {
  const key = schema.key!
  const byName = new Map<unknown, Accept>()
  for (const option of schema.options as readonly SchemaNode[]) {
    const names = namesOf(option.entries?.[key])
    const accept = compileAccept(option)
    if (names === undefined || accept === undefined) return undefined
    for (const name of names) {
      if (byName.has(name)) return undefined
      byName.set(name, accept)
    }
  }
  return (value) => {
    if (typeof value !== 'object' || value === null) return false
    const accept = byName.get((value as Fields)[key])
    return accept !== undefined && accept(value)
  }
}

/** The values that a variant's key may have for one of its options, where they can be told. */
export function namesOf(discriminator: SchemaNode | undefined): readonly unknown[] | undefined {
  if (discriminator === undefined || discriminator.pipe !== undefined) return undefined
  if (discriminator.type === 'literal') return [discriminator.literal]
  return discriminator.type === 'picklist' ? [...new Set(discriminator.options)] : undefined
}
