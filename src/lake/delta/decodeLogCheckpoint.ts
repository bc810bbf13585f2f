import type { Action } from './actions.ts'
import { loadArrowParquet } from './arrowParquet.ts'

const KINDS = ['protocol', 'metaData', 'txn', 'remove', 'add'] as const

/**
 * The actions of a log checkpoint, whoever wrote it.
 *
 * @param bytes a Parquet file
 * @throws Error where it is none, or has not the columns of a checkpoint
 */
export async function decodeLogCheckpoint(bytes: Uint8Array): Promise<readonly Action[]> {
  const { arrow, parquet } = await loadArrowParquet()
  const ipc = parquet.readParquet(bytes, { batchSize: 8192 }).intoIPCStream()
  const table = arrow.tableFromIPC(ipc)
  const actions: Action[] = []
  for (const kind of KINDS) {
    const column = table.getChild(kind)
    // Where nothing was removed or no txn written, some writers leave the column out.
    if (column === null && (kind === 'txn' || kind === 'remove')) continue
    if (column === null) throw new Error(`it has no column ${kind}`)
    for (const value of column) {
      if (value !== null) actions.push({ [kind]: present(plain(value)) } as unknown as Action)
    }
  }
  return actions
}

/** Without the fields that are null; a partition's value may be. */
const present = (action: unknown): unknown =>
  Object.fromEntries(Object.entries(action as object).filter(([, value]) => value !== null))

interface Nested {
  toJSON(): unknown
}

/** Arrow's rows, maps and vectors as plain values; int64 as numbers: none of the log's passes 2^53. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  const json = 'toJSON' in value ? (value as Nested).toJSON() : value
  if (Array.isArray(json)) return json.map(plain)
  return Object.fromEntries(Object.entries(json as object).map(([key, item]) => [key, plain(item)]))
}
