import { isWholeNumber } from '../../core/wholeNumber.ts'
import { acceptAction } from './acceptAction.ts'
import type { SchemaNode } from './schemaNode.ts'

/** Whether a schema or an action is known to accept every whole number from 0 to `Number.MAX_SAFE_INTEGER`. */
export function acceptsWhole({ type, pipe, check, requirement, wrapped }: SchemaNode): boolean {
  if (pipe !== undefined)
    return pipe.every((item) => acceptAction(item) === 'any' || acceptsWhole(item))
  switch (type) {
    case 'number':
    case 'integer':
    case 'safe_integer':
    case 'finite':
      return true
    case 'custom':
      return check === isWholeNumber
    case 'min_value':
      return typeof requirement === 'number' && requirement <= 0
    case 'max_value':
      return typeof requirement === 'number' && requirement >= Number.MAX_SAFE_INTEGER
    case 'nullable':
    case 'nullish':
      return wrapped !== undefined && acceptsWhole(wrapped)
    default:
      return false
  }
}
