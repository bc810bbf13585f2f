import { giveBuffer, takeBuffer } from '../../core/bufferPool.ts'
import type { SourceRange } from '../../core/unit.ts'
import type { StagedObject, StagedWriter } from '../../lake/objectStore.ts'
import { rawOrigin } from './rawOrigin.ts'
import type { RawOrigin } from './rawOrigin.ts'

const BLOCK_BYTES = 1 << 20
const LINE_FEED = 10
const RETURN = 13

/** One raw file while it is written: gathers small pieces into blocks of 1 MiB. */
export interface RawFile {
  /** Bytes so far, blocks that wait included. */
  readonly bytes: number
  readonly records: number
  /** What it was made of. */
  readonly origin: RawOrigin
  /** Copies the piece; ends it with a line feed if it has none. */
  addLines(piece: Uint8Array, records: number): void
  /** Copies the slices from number `first` to before `last`, each with a line feed. */
  addSlices(bytes: Buffer, bounds: Uint32Array, first: number, last: number): void
  /**
   * Like `addLines`, without a copy: large pieces go straight to the store. One that `goesOn` gets no line
   * feed: its last line is continued by the next piece of the same source.
   */
  passLines(piece: Uint8Array, goesOn?: boolean, range?: Partial<SourceRange>): Promise<void>
  /** Writes out the blocks that are full, or all that waits. */
  drain(which: 'full' | 'all'): Promise<void>
  close(): Promise<StagedObject>
  abort(): Promise<void>
}

export function rawFile(writer: Promise<StagedWriter>, header?: Uint8Array): RawFile {
  const full: Buffer[] = []
  let block: Buffer | undefined
  let fill = 0
  let bytes = 0
  let records = 0
  /** The source whose last piece ended inside a line. */
  let continued: string | undefined
  const origin = rawOrigin(header)

  const add = (piece: Uint8Array): void => {
    bytes += piece.byteLength
    for (let at = 0; at < piece.byteLength;) {
      block ??= takeBuffer(BLOCK_BYTES)
      const part = piece.subarray(at, at + BLOCK_BYTES - fill)
      block.set(part, fill)
      at += part.byteLength
      fill += part.byteLength
      if (fill === BLOCK_BYTES) {
        full.push(block)
        block = undefined
        fill = 0
      }
    }
  }

  const drain = async (which: 'full' | 'all'): Promise<void> => {
    const to = await writer
    for (let next = full.shift(); next !== undefined; next = full.shift()) {
      await to.write(next)
      giveBuffer(next)
    }
    if (which === 'full' || block === undefined || fill === 0) return
    const last = block
    const rest = last.subarray(0, fill)
    block = undefined
    fill = 0
    await to.write(rest)
    giveBuffer(last)
  }

  // Under a header that ends in a bare carriage return all rows do.
  const lineEnd = header?.at(-1) === RETURN ? RETURN : LINE_FEED
  const endLine = (piece: Uint8Array): void => {
    const last = piece.at(-1)
    if (last !== undefined && last !== LINE_FEED && last !== lineEnd) add(Uint8Array.of(lineEnd))
  }

  // A store that can't be opened is reported by the first drain.
  writer.catch(() => {})
  if (header !== undefined) {
    add(header)
    endLine(header)
  }
  return {
    get bytes() {
      return bytes
    },
    get records() {
      return records
    },
    origin,
    addLines: (piece, count) => {
      add(piece)
      endLine(piece)
      records += count
    },
    addSlices: (source, bounds, first, last) => {
      for (let index = first; index < last; index++) {
        const start = bounds[index * 2] as number
        const end = bounds[index * 2 + 1] as number
        const size = end - start
        if (block === undefined || fill + size + 1 >= BLOCK_BYTES) {
          add(source.subarray(start, end))
          add(LINE_END)
          continue
        }
        source.copy(block, fill, start, end)
        block[fill + size] = LINE_FEED
        fill += size + 1
        bytes += size + 1
      }
      records += last - first
    },
    passLines: async (piece, goesOn = false, range = {}) => {
      const { source = '' } = range
      origin.add(range, goesOn, piece.byteLength)
      // A source may have dropped what it was in the middle of.
      if (continued !== undefined && continued !== source) add(Uint8Array.of(lineEnd))
      continued = goesOn ? source : undefined
      const end = (): void => {
        if (!goesOn) endLine(piece)
      }
      if (piece.byteLength < BLOCK_BYTES / 4) {
        add(piece)
        end()
        return drain('full')
      }
      await drain('all')
      await (await writer).write(piece)
      bytes += piece.byteLength
      end()
    },
    drain,
    close: async () => {
      await drain('all')
      return (await writer).close()
    },
    abort: async () => {
      full.length = 0
      block = undefined
      const opened = await writer.catch(() => undefined)
      await opened?.abort()
    },
  }
}

const LINE_END = Uint8Array.of(LINE_FEED)
