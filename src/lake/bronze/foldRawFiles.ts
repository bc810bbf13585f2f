import { CheckpointError } from '../../core/errors.ts'
import type { ObjectInfo, ObjectStore, StagedObject } from '../objectStore.ts'
import { rawHeaderBytes } from './rawHeader.ts'

export interface FoldRawOptions {
  readonly store: ObjectStore
  /** Under which the output waits. */
  readonly task: string
  readonly outputKey: string
  /** The output does not grow beyond it, bytes. */
  readonly targetBytes: number
  breathe(): Promise<void>
}

export interface FoldedRaw {
  /** The files whose lines are in the output. */
  readonly inputs: readonly ObjectInfo[]
  readonly output: StagedObject
}

const LINE_FEED = 10

/**
 * Writes the lines of raw files into one that waits to be published. CSV files have one header: it is written
 * once, and files with another one are left out.
 *
 * **State** one of the files.
 *
 * @param files of one hour and extension, in the order in which their lines are to stand
 * @returns undefined where fewer than two files belong together; `gone` where another process has folded one
 *   of them meanwhile
 * @throws CheckpointError SBX_RAW_FILE where a file has another length than listed
 */
export async function foldRawFiles(
  { store, task, outputKey, targetBytes, breathe }: FoldRawOptions,
  files: readonly ObjectInfo[],
): Promise<FoldedRaw | 'gone' | undefined> {
  const isCsv = outputKey.endsWith('.csv')
  const writer = store.stage(task, outputKey)
  const inputs: ObjectInfo[] = []
  let header: Buffer | undefined
  let written = 0
  try {
    for (const file of files) {
      if (written + file.bytes > targetBytes) continue
      const found = await store.read(file.key)
      if (found === undefined) {
        await writer.abort()
        return 'gone'
      }
      const bytes = Buffer.from(found.buffer, found.byteOffset, found.byteLength)
      if (bytes.length !== file.bytes) throw changed(file, bytes.length)
      let body = bytes
      if (isCsv) {
        const end = rawHeaderBytes(bytes)
        if (end === undefined) continue
        const own = bytes.subarray(0, end)
        if (header !== undefined && !own.equals(header)) continue
        if (header !== undefined) body = bytes.subarray(end)
        header ??= Buffer.from(own)
      }
      inputs.push(file)
      if (body.length > 0) await writer.write(body)
      written += body.length
      if (body.length > 0 && body.at(-1) !== LINE_FEED) await writer.write(Uint8Array.of(LINE_FEED))
      await breathe()
    }
    if (inputs.length < 2) {
      await writer.abort()
      return undefined
    }
    return { inputs, output: await writer.close() }
  } catch (error) {
    await writer.abort()
    throw error
  }
}

const changed = ({ key, bytes }: ObjectInfo, found: number): CheckpointError =>
  new CheckpointError(
    `the raw file ${key} had ${bytes} bytes when it was listed and ${found} when it was read: something changes files in the lake. Nothing was changed; see who does, then run again`,
    { code: 'SBX_RAW_FILE' },
  )
