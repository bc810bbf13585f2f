import type { Json, JsonObject } from '../../core/json.ts'
import type { PartitionValues } from '../partitions.ts'

// The actions of Delta's log that this library writes, and the fields of them that it reads. Others' fields
// are kept as they are.

export interface Protocol {
  readonly minReaderVersion: number
  readonly minWriterVersion: number
  readonly readerFeatures?: readonly string[]
  readonly writerFeatures?: readonly string[]
}

export interface Metadata {
  readonly id: string
  readonly name?: string | null
  readonly description?: string | null
  readonly format: {
    readonly provider: string
    readonly options?: Readonly<Record<string, string>>
  }
  /** Spark's notation of the columns, as JSON. */
  readonly schemaString: string
  readonly partitionColumns: readonly string[]
  readonly configuration?: Readonly<Record<string, string>>
  readonly createdTime?: number | null
}

export interface AddFile {
  /** Relative to the table and percent-encoded, as it stands in the log. */
  readonly path: string
  readonly partitionValues: PartitionValues
  readonly size: number
  readonly modificationTime: number
  readonly dataChange: boolean
  /** Statistics, as JSON. */
  readonly stats?: string | null
  readonly tags?: Readonly<Record<string, string>> | null
}

export interface RemoveFile {
  readonly path: string
  readonly deletionTimestamp?: number | null
  readonly dataChange: boolean
  readonly extendedFileMetadata?: boolean | null
  readonly partitionValues?: PartitionValues | null
  readonly size?: number | null
}

export interface Txn {
  readonly appId: string
  readonly version: number
  readonly lastUpdated?: number | null
}

/** One line of a log entry: exactly one of these. */
export type Action =
  | { readonly protocol: Protocol }
  | { readonly metaData: Metadata }
  | { readonly add: AddFile }
  | { readonly remove: RemoveFile }
  | { readonly txn: Txn }
  | { readonly commitInfo: JsonObject }

/** Adds and removes are about the same file where this is the same, however its path was encoded. */
export function filePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** The path of a file as the log holds it. */
export const logPath = (path: string): string =>
  path
    .split('/')
    .map((segment) => encodeURIComponent(segment).replaceAll('%3D', '='))
    .join('/')

/** The bytes of a log entry. */
export const encodeActions = (actions: readonly Action[]): Uint8Array =>
  Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join(''))

/**
 * The actions of a log entry.
 *
 * @throws SyntaxError that says which line is damaged and how
 */
export function parseActions(bytes: Uint8Array): readonly Action[] {
  const lines = Buffer.from(bytes).toString().split('\n')
  const actions = lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    let action: Json
    try {
      action = JSON.parse(line) as Json
    } catch (cause) {
      throw new SyntaxError(`line ${index + 1} is no JSON: ${(cause as Error).message}`, { cause })
    }
    const fault = faultOf(action)
    if (fault !== undefined) throw new SyntaxError(`line ${index + 1}: ${fault}`)
    return [action as Action]
  })
  if (actions.length === 0) throw new SyntaxError('it is empty')
  return actions
}

type Fields = Readonly<Record<string, unknown>>
const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

/** What must be there for the rest of the log to make sense. Unknown actions are passed over, by the protocol. */
const NEEDED: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  protocol: { minReaderVersion: isCount, minWriterVersion: isCount },
  metaData: { id: isText, schemaString: isText, partitionColumns: Array.isArray },
  add: { path: isText, size: isCount },
  remove: { path: isText },
  txn: { appId: isText, version: isCount },
}

function faultOf(action: Json): string | undefined {
  if (typeof action !== 'object' || action === null || Array.isArray(action)) {
    return 'it is no JSON object'
  }
  for (const [kind, fields] of Object.entries(NEEDED)) {
    if (!(kind in action)) continue
    const value = (action as Fields)[kind] as Fields | null
    for (const [name, check] of Object.entries(fields)) {
      if (!check(value?.[name])) return `${kind}.${name} is ${JSON.stringify(value?.[name])}`
    }
  }
  return undefined
}
