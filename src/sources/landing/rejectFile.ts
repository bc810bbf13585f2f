import { SourceError } from '../../core/errors.ts'
import type { SourceBatch } from '../../core/unit.ts'
import type { Content } from './content.ts'
import { newFile, type FileState } from './fileState.ts'
import type { Look } from './lookAt.ts'
import {
  batchFrom,
  contentOf,
  digestUpTo,
  finishFile,
  wholeCopy,
  type Landing,
  type Visit,
} from './visit.ts'

/** Later times can't be written as dates. */
const LAST_DATE_MS = 8.64e15
/** These are the machine's troubles, not the file's. */
const MACHINE_CODES = ['EMFILE', 'ENFILE', 'ENOMEM']

/** Errors of the operating system have codes as `EIO`, those of Node's own as `ERR_…`. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && /^E[A-Z0-9]+$/.test(String(error.code))
}

/**
 * A file that can't be read is one rejected record for as long as it looks the same.
 *
 * @throws {@link SourceError} `SBX_LANDING_IO`: the fault is not the file's.
 */
export async function* rejectUnreadable(
  landing: Landing,
  look: Look,
  problem: string | NodeJS.ErrnoException,
): AsyncGenerator<SourceBatch, void> {
  const { index, context } = landing
  if (typeof problem !== 'string' && MACHINE_CODES.includes(problem.code ?? '')) {
    throw new SourceError(
      `can't open ${look.path}: ${problem.message}; let the process open more files, or read fewer sources at once`,
      { code: 'SBX_LANDING_IO', node: context.node, retryable: true, cause: problem },
    )
  }
  const { size, mtimeMs } = look
  const known = index.get(look.path) ?? newFile(look.path, size, mtimeMs)
  const sameAsBefore = known.size === size && known.mtimeMs === mtimeMs
  if (known.problem !== undefined && sameAsBefore) return
  const detail = typeof problem === 'string' ? problem : problem.message
  context.logger.error('landing_unreadable', { node: context.node, file: look.path, detail })
  index.finish({ ...known, size, mtimeMs, problem: detail })
  yield batchFrom(landing, look.path, {
    baseOffset: known.at,
    rejects: [
      {
        reason: 'unreadable_file',
        detail: `${detail} (${size} bytes, changed ${new Date(Math.min(mtimeMs, LAST_DATE_MS)).toISOString()})`,
        position: String(known.at),
        raw: new Uint8Array(0),
      },
    ],
    bronze: { kind: 'none' },
  })
}

/** What is left of a file, from the state's position on, becomes one rejected record. */
export async function* rejectWhole(
  visit: Visit,
  state: FileState,
  reason: 'unknown_shape' | 'broken_record',
  describe: (bytes: number) => string,
): AsyncGenerator<SourceBatch, void> {
  const { landing, look, file } = visit
  const content = contentOf(visit, state.at)
  const { head, bytes } = await drain(content, landing.maxRecordBytes)
  await content.close()
  const digest = await digestUpTo(file, look.size)
  const bronze = wholeCopy(visit, state)
  finishFile(visit, {
    ...state,
    raw: digest.bytes,
    digest: digest.value(),
    at: state.at + bytes,
  })
  yield batchFrom(landing, look.path, {
    baseOffset: state.at,
    rejects: [
      {
        reason,
        detail: describe(bytes),
        position: String(state.at),
        // Where nothing came out of a .gz its own bytes are all there is.
        raw: bytes > 0 ? head : await beginning(visit),
      },
    ],
    bronze,
  })
}

/** Reads a content to its end and keeps the beginning. */
async function drain(
  content: Content,
  keepBytes: number,
): Promise<{ head: Uint8Array; bytes: number }> {
  const kept: Buffer[] = []
  let bytes = 0
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const read = await content.fill(chunk, 0)
    if (bytes < keepBytes) kept.push(chunk.subarray(0, Math.min(read, keepBytes - bytes)))
    bytes += read
    if (read < chunk.length) return { head: Uint8Array.from(Buffer.concat(kept)), bytes }
  }
}

const CHUNK_BYTES = 256 * 1024

async function beginning({ file, look, landing }: Visit): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.min(look.size, landing.maxRecordBytes))
  return bytes.subarray(0, await file.read(bytes, 0))
}
