import { crc32 } from 'node:zlib'
import { CheckpointError } from '../core/errors.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { PreparedFile } from '../core/unit.ts'

/** What a checkpoint keeps of one stateful component: a small value and immutable objects beside it. */
export interface KeptState {
  readonly inline: Json
  /** Keys of state objects, written by this epoch or an earlier one. */
  readonly objects: readonly string[]
}

/** What a task was when the checkpoint was written; a run with another one is refused (DESIGN §5.6). */
export interface TaskIdentity {
  /** The source's identity: kind, topic or root, partition count. */
  readonly source: JsonObject
  /** Stateful nodes by name: their type and the options that their state depends on. */
  readonly operators: Readonly<
    Record<string, { readonly type: string; readonly options: JsonObject }>
  >
}

/** One committed epoch of one task: writing this object is the commit. */
export interface Checkpoint {
  readonly formatVersion: 1
  readonly topology: string
  readonly lineage: string
  readonly task: string
  readonly epoch: number
  /** `<claim epoch>-<random>`: who wrote it. */
  readonly attempt: string
  /** True where it only takes the task over: positions and state of the epoch before, nothing prepared. */
  readonly claim: boolean
  readonly positions: KeptState
  readonly state: Readonly<Record<string, KeptState>>
  readonly identity: TaskIdentity
  /** Files that wait to be published, by sink node. */
  readonly prepared: Readonly<Record<string, readonly PreparedFile[]>>
  /** By sink node, the last epoch before this one that gave it files. */
  readonly latest?: Readonly<Record<string, number>>
  /** Counts of all epochs up to this one. */
  readonly ledger: Json
  /** Wall-clock time before the first attempt to write it, ms. */
  readonly savedAtMs: number
  readonly runId: string
}

/** What is left of an old checkpoint: who committed that epoch. Replaces it in one step. */
export interface Marker {
  readonly formatVersion: 1
  readonly marker: true
  readonly epoch: number
  readonly attempt: string
  /** Wall-clock time at which it took the checkpoint's place, ms. */
  readonly retiredAtMs: number
}

const MAGIC = 'sluicebox-checkpoint'
const FORMAT_VERSION = 1

/**
 * The bytes of a checkpoint or marker: one line with format, length and CRC-32 of what follows, then the
 * JSON. The same value gives the same bytes, which is what a commit that is sent again relies on.
 *
 * @param body a checkpoint or marker
 * @returns UTF-8 bytes
 */
export function encodeCheckpoint(body: Checkpoint | Marker): Uint8Array {
  const json = Buffer.from(JSON.stringify(body) + '\n')
  const head = `${MAGIC} ${FORMAT_VERSION} ${json.length} ${hex(crc32(json))}\n`
  return Buffer.concat([Buffer.from(head), json])
}

/**
 * Reads a checkpoint or marker back and refuses whatever is not exactly what `encodeCheckpoint` wrote.
 *
 * @param bytes the whole object
 * @param key where it was read: `…/<lineage>/<task>/<epoch>`
 * @throws CheckpointError SBX_CHECKPOINT_DAMAGED if it is torn, flipped, of a later version or from elsewhere
 */
export function parseCheckpoint(bytes: Uint8Array, key: string): Checkpoint | Marker {
  const refuse = (what: string, cause?: unknown): never => {
    throw damaged(key, what, cause)
  }
  const end = bytes.indexOf(0x0a)
  const head = end < 0 ? [] : Buffer.from(bytes.subarray(0, end)).toString('latin1').split(' ')
  if (head[0] !== MAGIC) return refuse('its first line is not that of a checkpoint')
  if (head[1] !== String(FORMAT_VERSION)) {
    return refuse(`its format version is ${head[1]}, this release reads ${FORMAT_VERSION}`)
  }
  const json = bytes.subarray(end + 1)
  if (head[2] !== String(json.length)) {
    return refuse(`${json.length} bytes follow its first line, ${head[2]} were written`)
  }
  const checksum = hex(crc32(json))
  if (head[3] !== checksum) return refuse(`its CRC-32 is ${checksum}, ${head[3]} was written`)
  let body: unknown
  try {
    body = JSON.parse(Buffer.from(json).toString())
  } catch (cause) {
    return refuse('it is not JSON', cause)
  }
  const wrong = misfit(body) ?? stray(body as Checkpoint | Marker, key)
  return wrong === undefined ? (body as Checkpoint | Marker) : refuse(wrong)
}

/** True for what is left of an old checkpoint. */
export const isMarker = (body: Checkpoint | Marker): body is Marker => 'marker' in body

/** Where a source stands that has read nothing yet. */
export const NOWHERE: KeptState = { inline: null, objects: [] }

/** False where nothing was read before it was written: it says nothing about its source. */
export const hasRead = ({ positions }: Checkpoint): boolean =>
  positions.inline !== null || positions.objects.length > 0

/** Every state object that a checkpoint needs. */
export const objectsOf = (checkpoint: Checkpoint): readonly string[] =>
  [checkpoint.positions, ...Object.values(checkpoint.state)].flatMap((kept) => kept.objects)

const hex = (checksum: number): string => checksum.toString(16).padStart(8, '0')

function damaged(key: string, what: string, cause?: unknown): CheckpointError {
  return new CheckpointError(
    `the checkpoint ${key} can't be used: ${what}. Nothing was read or changed. Put the file back from ` +
      'a copy of the lake, or start over in an empty lake',
    { code: 'SBX_CHECKPOINT_DAMAGED', cause },
  )
}

type Check = (value: unknown) => boolean
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText: Check = (value) => typeof value === 'string' && value !== ''
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isBoolean: Check = (value) => typeof value === 'boolean'
const isPresent: Check = (value) => value !== undefined
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const recordOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check)
const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]))

const isKept = shape({ inline: isPresent, objects: listOf(isText) })
const isPreparedFile: Check = (value) =>
  shape({ key: isText, bytes: isCount, checksum: isCount, records: isCount })(value) &&
  ((value as PreparedFile).staged === undefined || isText((value as PreparedFile).staged))

const MARKER: Readonly<Record<string, Check>> = {
  formatVersion: (value) => value === FORMAT_VERSION,
  epoch: isCount,
  attempt: isText,
  retiredAtMs: isCount,
}
const CHECKPOINT: Readonly<Record<string, Check>> = {
  formatVersion: (value) => value === FORMAT_VERSION,
  topology: isText,
  lineage: isText,
  task: isText,
  epoch: isCount,
  attempt: isText,
  claim: isBoolean,
  positions: isKept,
  state: recordOf(isKept),
  identity: shape({ source: isObject, operators: recordOf(isObject) }),
  prepared: recordOf(listOf(isPreparedFile)),
  latest: (value) => value === undefined || recordOf(isCount)(value),
  ledger: isPresent,
  savedAtMs: isCount,
  runId: isText,
}

function misfit(body: unknown): string | undefined {
  if (!isObject(body)) return 'it is not a JSON object'
  const fields = body['marker'] === true ? MARKER : CHECKPOINT
  const wrong = Object.entries(fields).find(([name, check]) => !check(body[name]))
  return wrong && `its field ${wrong[0]} is ${JSON.stringify(body[wrong[0]])?.slice(0, 80)}`
}

function stray(body: Checkpoint | Marker, key: string): string | undefined {
  const segments = key.split('/')
  if (Number(segments.at(-1)) !== body.epoch) return `it is that of epoch ${body.epoch}`
  if (isMarker(body) || segments.includes(body.lineage)) return undefined
  return `it belongs to another lineage, ${body.lineage}`
}
