import { crc32 } from 'node:zlib'
import { CheckpointError } from '../core/errors.ts'

const MAGIC = 'sluicebox-state'
const FORMAT_VERSION = 1
const LF = 0x0a

/** The bytes of a state object as they are stored: behind a line with their length and CRC-32. */
export function encodeStateObject(bytes: Uint8Array): Uint8Array {
  const head = `${MAGIC} ${FORMAT_VERSION} ${bytes.byteLength} ${hex(crc32(bytes))}\n`
  return Buffer.concat([Buffer.from(head), bytes])
}

/**
 * Takes the bytes out of a stored object again.
 *
 * @param stored undefined where there is no such object
 * @param key where it was looked for
 * @param node whose state it is
 * @throws CheckpointError `SBX_STATE_MISSING`, `SBX_STATE_DAMAGED`
 */
export function parseStateObject(
  stored: Uint8Array | undefined,
  key: string,
  node: string,
): Uint8Array {
  if (stored === undefined) throw unusable('SBX_STATE_MISSING', key, node, 'it is gone')
  const end = stored.indexOf(LF)
  const [magic, version, length, checksum] = Buffer.from(stored.subarray(0, Math.max(0, end)))
    .toString('latin1')
    .split(' ')
  const refuse = (what: string): CheckpointError => unusable('SBX_STATE_DAMAGED', key, node, what)
  if (magic !== MAGIC) throw refuse('its first line is not that of a state object')
  if (version !== String(FORMAT_VERSION)) {
    throw refuse(`its format version is ${version}, this release reads ${FORMAT_VERSION}`)
  }
  const bytes = stored.subarray(end + 1)
  if (length !== String(bytes.byteLength)) {
    throw refuse(`${bytes.byteLength} bytes follow its first line, ${length} were written`)
  }
  const found = hex(crc32(bytes))
  if (checksum !== found) throw refuse(`its CRC-32 is ${found}, ${checksum} was written`)
  return bytes
}

const hex = (checksum: number): string => checksum.toString(16).padStart(8, '0')

function unusable(
  code: 'SBX_STATE_MISSING' | 'SBX_STATE_DAMAGED',
  key: string,
  node: string,
  what: string,
): CheckpointError {
  return new CheckpointError(
    `the state object ${key} can't be used: ${what}. Put it back from a copy of the lake, or let ` +
      `${node} begin anew, without what it remembers, with --drop-state ${node}`,
    { code, node },
  )
}
