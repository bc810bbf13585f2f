import { resolve } from 'node:path'
import { ConfigError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import type { Rejected, Source } from '../core/unit.ts'
import { realDisk, type DiskIo } from '../lake/diskIo.ts'

export interface LandingFilesOptions {
  /** The folder. Everything below it is read; it may be missing while the folder around it is there. */
  readonly path: string
  /** The kinds of file that are known; files of other kinds are rejected. @defaultValue everything, as shape '' */
  readonly shapes?: readonly Shape[]
  /** Names of files that are read end in one of these, or in one of these and `.gz`. @defaultValue `.ndjson`, `.csv`, `.json` */
  readonly extensions?: readonly LandingExtension[]
  /** Longer records are rejected, in bytes. @defaultValue 16 MiB */
  readonly maxRecordBytes?: number
  /** The file system, for tests that make it fail. @defaultValue the real one */
  readonly disk?: DiskIo
}

export type LandingExtension = '.ndjson' | '.csv' | '.json'

const EXTENSIONS: readonly LandingExtension[] = ['.ndjson', '.csv', '.json']
const MAX_RECORD_BYTES = 16 * 1024 * 1024

/**
 * Reads the records of NDJSON, CSV and JSON files, plain or `.gz`, that are put into a folder: lines, rows,
 * and the elements of JSON documents, as the bytes they are.
 *
 * Names are read in order of their code points; hidden ones, `.tmp` and `.part` are left alone. NDJSON and CSV
 * are taken up to the last whole record at once, and to the end when the file has not changed for two
 * seconds; JSON documents and `.gz` are taken whole, then. A micro-batch waits up to ten seconds for that.
 * A file that grew gives what is new; other bytes at the same path are a new file; the content of a file
 * that was read whole, at another path, is a re-delivery and gives nothing.
 *
 * What can't be read never stops a run, it is on the port `rejected`: `unreadable_file`, `unknown_shape`
 * (both for the whole file), `too_large`, and `broken_record` for a JSON document that is none and for what is
 * left of a damaged `.gz`. A call of the file system that fails in a way that may pass (`EIO`, `ETIMEDOUT`, …) is
 * tried again for a second first; a file that could not be read is tried again by the next run, and every ten
 * seconds while streaming.
 *
 * **State:** about 400 bytes and the path for each file ever read; a checkpoint adds those that are new.
 * While it reads, two batches, or two records of `maxRecordBytes`.
 *
 * **Delivery:** exactly once by the position in the checkpoint. What was read of a file is verified, by a digest
 * of all of it, before it is read on in a new process, and before 8 MiB at any time; larger files that grow
 * under the reader by inode, beginning and end.
 *
 * @throws ConfigError `SBX_LANDING_OPTIONS`: no path, an extension or a limit that can't be.
 * @throws SourceError `SBX_LANDING_FOLDER`: neither the folder nor the one around it is there (micro-batch), or
 * it can't be listed; `SBX_LANDING_IO`: out of file handles or memory.
 * @throws CheckpointError `SBX_LANDING_POSITION`: what the last run left can't be read.
 *
 * @example
 * ```ts
 * const tweets = flow.source('tweets', landingFiles({ path: './landing/twitter' }))
 * ```
 */
export function landingFiles(
  options: LandingFilesOptions,
): Source<Uint8Array, { rejected: Rejected }> {
  const { path, shapes, disk = realDisk } = options
  const { extensions = EXTENSIONS, maxRecordBytes = MAX_RECORD_BYTES } = options
  check(path !== '', 'path is empty; name the folder to read')
  check(
    extensions.length > 0 && extensions.every((extension) => EXTENSIONS.includes(extension)),
    `extensions are ${JSON.stringify(extensions)}; known are ${EXTENSIONS.join(', ')}`,
  )
  check(
    Number.isSafeInteger(maxRecordBytes) && maxRecordBytes > 0 && maxRecordBytes < 2 ** 31,
    `maxRecordBytes is ${maxRecordBytes}; it must be a whole number from 1 to 2 GiB`,
  )
  const suffixes = extensions.flatMap((extension) => [extension, `${extension}.gz`])
  const takes = (name: string): boolean => suffixes.some((suffix) => name.endsWith(suffix))
  const folder = resolve(path)

  return Object.freeze({
    kind: 'source' as const,
    type: 'landingFiles',
    options: {
      path,
      shapes: shapes?.map(({ name, format }) => `${name} (${format})`) ?? null,
      extensions,
      maxRecordBytes,
    },
    ports: ['rejected'],
    identity: { kind: 'landingFiles', root: folder },
    async open(context) {
      const { openLanding } = await import('./landing/openLanding.ts')
      return openLanding({ disk, shapes, maxRecordBytes, folder, takes }, context)
    },
    async *reread(range, context) {
      const [{ rereadFile }, { patientDisk }] = await Promise.all([
        import('./landing/rereadFile.ts'),
        import('./landing/patientDisk.ts'),
      ])
      const patient = patientDisk({ disk, clock: context.clock, signal: context.signal })
      yield* rereadFile(patient, folder, range, context)
    },
  } satisfies Source<Uint8Array, { rejected: Rejected }>)
}

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new ConfigError(`landingFiles: ${message}`, { code: 'SBX_LANDING_OPTIONS' })
}
