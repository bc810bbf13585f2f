import type { Accept, SchemaNode } from './schemaNode.ts'

interface Sized {
  readonly length: number
}
type Ordered = number | bigint | string | Date

/** Actions whose requirement is a pattern. */
const PATTERNS = [
  ...[
    'regex',
    'decimal',
    'digits',
    'email',
    'emoji',
    'hexadecimal',
    'hex_color',
    'nanoid',
    'octal',
  ],
  ...['base64', 'cuid2', 'iso_date', 'iso_date_time', 'iso_time', 'iso_timestamp', 'ulid', 'uuid'],
]

/**
 * What an action in a pipe accepts, by what its schema has accepted before: `'any'` where it changes
 * and checks nothing, undefined where it changes values or isn't known here.
 */
export function acceptAction(action: SchemaNode): Accept | 'any' | undefined {
  const { kind, type, requirement } = action
  if (kind === 'metadata') return 'any'
  if (kind === 'transformation')
    return ['brand', 'flavor', 'readonly'].includes(type) ? 'any' : undefined
  if (PATTERNS.includes(type) && requirement instanceof RegExp) {
    return (value) => requirement.test(value as string)
  }
  switch (type) {
    case 'check':
    case 'integer':
    case 'safe_integer':
    case 'finite':
      return typeof requirement === 'function' ? (requirement as Accept) : undefined
    case 'non_empty':
      return (value) => (value as Sized).length > 0
    case 'length':
      return (value) => (value as Sized).length === requirement
    case 'min_length':
      return (value) => (value as Sized).length >= (requirement as number)
    case 'max_length':
      return (value) => (value as Sized).length <= (requirement as number)
    case 'min_value':
      return (value) => (value as Ordered) >= (requirement as Ordered)
    case 'max_value':
      return (value) => (value as Ordered) <= (requirement as Ordered)
    case 'gt_value':
      return (value) => (value as Ordered) > (requirement as Ordered)
    case 'lt_value':
      return (value) => (value as Ordered) < (requirement as Ordered)
    case 'includes':
      return (value) => (value as string).includes(requirement as string)
    case 'starts_with':
      return (value) => (value as string).startsWith(requirement as string)
    case 'ends_with':
      return (value) => (value as string).endsWith(requirement as string)
    default:
      return undefined
  }
}
