import { ConfigError } from '../core/errors.ts'

const MAX_KEY_BYTES = 1024
const MAX_SEGMENT_BYTES = 255
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u001f\u007f\\]/

/**
 * Refuses a key that is no relative, `/`-separated path: empty segments, `.` and `..`, backslashes,
 * control characters, more than 1,024 bytes or a segment of more than 255.
 *
 * @returns the key
 * @throws ConfigError `SBX_LAKE_KEY`
 */
export function checkKey(key: string): string {
  const fault = faultOf(key)
  if (fault !== undefined) {
    throw new ConfigError(`${JSON.stringify(key)} can't be a key in a lake: ${fault}`, {
      code: 'SBX_LAKE_KEY',
    })
  }
  return key
}

/** Refuses a listing prefix that is neither empty nor a key followed by `/`. */
export function checkPrefix(prefix: string): string {
  if (prefix === '') return prefix
  if (prefix.endsWith('/')) checkKey(prefix.slice(0, -1))
  else {
    throw new ConfigError(`${JSON.stringify(prefix)} can't be listed: a prefix ends in '/'`, {
      code: 'SBX_LAKE_KEY',
    })
  }
  return prefix
}

function faultOf(key: string): string | undefined {
  if (key === '') return 'it is empty'
  if (key.startsWith('/')) return 'it is absolute; keys are relative to the lake'
  if (FORBIDDEN.test(key)) return 'it has a backslash or a control character'
  if (!key.isWellFormed()) return 'it has half a surrogate pair'
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `it is over ${MAX_KEY_BYTES} bytes long`
  for (const segment of key.split('/')) {
    if (segment === '') return 'it has an empty segment'
    if (segment === '.' || segment === '..') return `it has a segment '${segment}'`
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) {
      return `the segment ${segment.slice(0, 20)}… is over ${MAX_SEGMENT_BYTES} bytes long`
    }
  }
  return undefined
}
