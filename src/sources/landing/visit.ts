import type { Shape } from '../../core/shape.ts'
import type { SourceBatch, SourceContext, SourceReject } from '../../core/unit.ts'
import type { DiskFile, DiskIo } from '../../lake/diskIo.ts'
import { plainContent, type Content } from './content.ts'
import type { FileIndex } from './fileIndex.ts'
import type { FileState } from './fileState.ts'
import { gzipContent } from './gzipContent.ts'
import type { Look } from './lookAt.ts'
import { runningDigest, type RunningDigest } from './runningDigest.ts'
import type { Settling } from './settling.ts'
import type { Tails } from './tails.ts'

/** What every visit to a file needs of its landing zone. */
export interface Landing {
  readonly context: SourceContext
  readonly disk: DiskIo
  readonly shapes: readonly Shape[] | undefined
  readonly maxRecordBytes: number
  readonly index: FileIndex
  readonly settling: Settling
  readonly tails: Tails
}

/**
 * How a visit ends. `done`: nothing more as long as the file does not change. `young`: all is taken, but
 * the file may still grow. `waiting`: something can't be taken before the file has settled.
 */
export type Outcome = 'done' | 'young' | 'waiting'

/** One file, open. */
export interface Visit {
  readonly landing: Landing
  readonly look: Look
  readonly file: DiskFile
  readonly settled: boolean
  /** Its name ends in `.gz`. */
  readonly compressed: boolean
  /** The last one of its name, without `.gz`. */
  readonly extension: string
}

export function openVisit(landing: Landing, look: Look, file: DiskFile, settled: boolean): Visit {
  const compressed = look.path.endsWith('.gz')
  const name = compressed ? look.path.slice(0, -3) : look.path
  return { landing, look, file, settled, compressed, extension: name.slice(name.lastIndexOf('.')) }
}

/** The content of the file from an offset on. */
export function contentOf(visit: Visit, from: number, digest?: RunningDigest): Content {
  const { compressed, file, look } = visit
  return (compressed ? gzipContent : plainContent)({ file, size: look.size, from, digest })
}

/** Goes on with a digest over the bytes of the file up to `end`; stops where the file does. */
export async function digestUpTo(
  file: DiskFile,
  end: number,
  digest: RunningDigest = runningDigest(),
): Promise<RunningDigest> {
  const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(CHUNK_BYTES, end - digest.bytes)))
  while (digest.bytes < end) {
    const read = await file.read(chunk.subarray(0, end - digest.bytes), digest.bytes)
    if (read === 0) break
    digest.update(chunk.subarray(0, read))
  }
  return digest
}

const CHUNK_BYTES = 1024 * 1024

/** A batch from a file, at the position that the state has before it. */
export function batchFrom(
  landing: Landing,
  path: string,
  rest: Pick<SourceBatch, 'baseOffset'> & Partial<SourceBatch>,
): SourceBatch {
  return { partition: 0, source: path, ingestedAtMs: landing.context.clock.now(), ...rest }
}

/** The raw copy of a file that is kept whole: once, with the first batch. */
export function wholeCopy({ look }: Visit, state: FileState): NonNullable<SourceBatch['bronze']> {
  if (state.copied === true) return { kind: 'none' }
  const [, extension = ''] = /\.([^./]+(?:\.gz)?)$/.exec(look.path) ?? []
  return { kind: 'copy', extension, path: look.absolute, size: look.size }
}

/** Marks a file as read: what only matters in the middle of it is forgotten. */
export function finishFile({ landing }: Visit, state: FileState): void {
  const { inside: _, elements: __, copied: ___, ...rest } = state
  landing.index.finish(rest)
}

export function tooLarge(
  bytes: number,
  maxRecordBytes: number,
  position: number,
  raw: Uint8Array,
): SourceReject {
  return {
    reason: 'too_large',
    detail: `${bytes} bytes, of which the first ${maxRecordBytes} are kept here; a record may have no more`,
    position: String(position),
    raw,
  }
}
