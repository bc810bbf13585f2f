import type { Column } from '../../core/columns.ts'
import { widen } from './columnBuffer.ts'
import { fileMetadata, storedBytes, type PlacedRowGroup } from './fileMetadata.ts'
import { rowGroup, type FinishedRowGroup } from './rowGroup.ts'
import type { Bounds } from './valueBuffer.ts'

/** What is known of one column of a file. */
export interface ColumnSummary {
  readonly column: Column
  readonly nulls: number
  /** Undefined where nothing is known: lists, binary, booleans, doubles with NaN, only nulls. */
  readonly bounds: Bounds | undefined
}

export interface FileSummary {
  readonly rows: number
  readonly columns: readonly ColumnSummary[]
}

/** A Parquet file that is being written. */
export interface ParquetFile {
  /** Adds rows. */
  append(group: FinishedRowGroup): Promise<void>
  /** Writes the footer. */
  finish(): Promise<FileSummary>
}

const MAGIC = Buffer.from('PAR1')

/**
 * Writes a Parquet file from its first byte to its last: row groups as they come, then the footer.
 *
 * @param columns of every row group
 * @param write appends to the file
 */
export function parquetFile(
  columns: readonly Column[],
  write: (bytes: Uint8Array) => Promise<void>,
): ParquetFile {
  const groups: PlacedRowGroup[] = []
  let at = 0
  const send = async (parts: readonly Uint8Array[]): Promise<void> => {
    const bytes = Buffer.concat(parts)
    at += bytes.length
    await write(bytes)
  }
  return {
    async append({ rows, chunks }) {
      let offset = at === 0 ? MAGIC.length : at
      const placed = chunks.map((chunk) => {
        const here = { chunk: { ...chunk, pages: chunk.pages.map(sizesOnly) }, offset }
        offset += storedBytes(chunk)
        return here
      })
      const pages = chunks.flatMap((chunk) => chunk.pages.flatMap((page) => page.parts))
      await send(at === 0 ? [MAGIC, ...pages] : pages)
      groups.push({ rows, chunks: placed })
    },
    async finish() {
      const footer = fileMetadata(columns, groups)
      const length = Buffer.alloc(4)
      length.writeUInt32LE(footer.length)
      await send([...(at === 0 ? [MAGIC] : []), footer, length, MAGIC])
      return {
        rows: groups.reduce((rows, group) => rows + group.rows, 0),
        columns: columns.map((column, index) => summary(column, groups, index)),
      }
    },
  }
}

/**
 * A whole Parquet file in memory, for few rows.
 *
 * @param columns of the file
 * @param rows each an object with a value for every column
 * @throws SinkError SBX_ROW_VALUE where a value does not fit its column
 */
export async function rowsToParquet(
  columns: readonly Column[],
  rows: Iterable<Readonly<Record<string, unknown>>>,
): Promise<{ readonly bytes: Uint8Array; readonly summary: FileSummary }> {
  const parts: Uint8Array[] = []
  const file = parquetFile(columns, async (bytes) => void parts.push(bytes))
  const group = rowGroup(columns)
  for (const row of rows) group.append(row)
  if (group.rows() > 0) await file.append(group.finish())
  const summary = await file.finish()
  return { bytes: Buffer.concat(parts), summary }
}

/** What the footer needs of a page, without its bytes. */
const sizesOnly = ({ bytes, rawBytes }: { readonly bytes: number; readonly rawBytes: number }) => ({
  parts: [],
  bytes,
  rawBytes,
})

function summary(column: Column, groups: readonly PlacedRowGroup[], index: number): ColumnSummary {
  let nulls = 0
  let bounds: Bounds | undefined
  let isKnown = true
  for (const { chunks } of groups) {
    const { chunk } = chunks[index]!
    nulls += chunk.nulls
    if (chunk.bounds === undefined) isKnown &&= chunk.nulls === chunk.values
    else bounds = bounds === undefined ? chunk.bounds : widen(bounds, chunk.bounds)
  }
  return { column, nulls, bounds: isKnown ? bounds : undefined }
}
