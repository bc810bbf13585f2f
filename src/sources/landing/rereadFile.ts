import { join } from 'node:path'
import { SourceError } from '../../core/errors.ts'
import type { RereadContext, SourceBatch, SourceRange } from '../../core/unit.ts'
import type { DiskFile, DiskIo } from '../../lake/diskIo.ts'

/** Reads the raw bytes of a stretch of a file again. */
export async function* rereadFile(
  disk: DiskIo,
  folder: string,
  { source, from, to }: SourceRange,
  { node, clock, batchBytes }: RereadContext,
): AsyncGenerator<SourceBatch, void> {
  const path = join(folder, source)
  const file: DiskFile = await disk.open(path, 'read').catch((cause: unknown) => {
    throw gone(node, path, 'it is gone', cause)
  })
  try {
    for (let at = from; at < to;) {
      const bytes = Buffer.allocUnsafeSlow(Math.min(batchBytes, to - at))
      const read = await file.read(bytes, at)
      if (read === 0) throw gone(node, path, `it ends at byte ${at}, ${to} were read of it`)
      const baseOffset = at
      at += read
      yield {
        partition: 0,
        source,
        ingestedAtMs: clock.now(),
        baseOffset,
        bytes: bytes.subarray(0, read),
        bronze: { kind: 'append', extension: '', ...(at < to && { goesOn: true }) },
      }
    }
  } finally {
    await file.close()
  }
}

function gone(node: string, path: string, what: string, cause?: unknown): SourceError {
  return new SourceError(
    `${path} was read before and is needed again: ${what}. Put it back as it was, then run again`,
    { code: 'SBX_LANDING_CHANGED', node, cause },
  )
}
