import type { Column } from '../../core/columns.ts'
import { giveBuffer, takeBuffer } from '../../core/bufferPool.ts'
import { widen } from './columnBuffer.ts'
import { fileMetadata, storedBytes, type PlacedRowGroup } from './fileMetadata.ts'
import type { Page, PageSizes } from './page.ts'
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
const BLOCK_BYTES = 1 << 20

/**
 * Writes a Parquet file from its first byte to its last: row groups as they come, then the footer.
 *
 * @param columns of every row group
 * @param write appends to the file; the bytes are others once it has resolved
 */
export function parquetFile(
  columns: readonly Column[],
  write: (bytes: Uint8Array) => Promise<void>,
): ParquetFile {
  const groups: PlacedRowGroup[] = []
  let at = 0
  /** Writes pages through one block: most are small, and each write costs. */
  const send = async (pages: readonly Piece[]): Promise<void> => {
    const bytes = pages.reduce((sum, page) => sum + page.bytes, 0)
    const block = takeBuffer(Math.min(bytes, BLOCK_BYTES))
    let filled = 0
    for (const { parts, drop } of pages) {
      for (const part of parts) {
        for (let from = 0; from < part.length;) {
          const piece = part.subarray(from, from + block.length - filled)
          block.set(piece, filled)
          filled += piece.length
          from += piece.length
          at += piece.length
          if (filled < block.length) continue
          await write(block)
          filled = 0
        }
      }
      drop()
    }
    if (filled > 0) await write(block.subarray(0, filled))
    giveBuffer(block)
  }
  return {
    async append({ rows, chunks }) {
      let offset = at === 0 ? MAGIC.length : at
      const placed = chunks.map((chunk) => {
        const here = { chunk: { ...chunk, pages: chunk.pages.map(sizesOnly) }, offset }
        offset += storedBytes(chunk)
        return here
      })
      const pages = chunks.flatMap((chunk) => chunk.pages)
      await send(at === 0 ? [kept(MAGIC), ...pages] : pages)
      groups.push({ rows, chunks: placed })
    },
    async finish() {
      const footer = fileMetadata(columns, groups)
      const length = Buffer.alloc(4)
      length.writeUInt32LE(footer.length)
      const end = [footer, length, MAGIC].map(kept)
      await send(at === 0 ? [kept(MAGIC), ...end] : end)
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
  const file = parquetFile(columns, async (bytes) => void parts.push(Buffer.from(bytes)))
  const group = rowGroup(columns)
  for (const row of rows) group.append(row)
  if (group.rows() > 0) await file.append(group.finish())
  const summary = await file.finish()
  return { bytes: Buffer.concat(parts), summary }
}

type Piece = Pick<Page, 'parts' | 'bytes' | 'drop'>

/** Bytes that nobody needs back. */
const kept = (part: Uint8Array): Piece => ({ parts: [part], bytes: part.length, drop() {} })

/** What the footer needs of a page, without its bytes. */
const sizesOnly = ({ bytes, rawBytes }: PageSizes): PageSizes => ({ bytes, rawBytes })

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
