import { allOf } from '../../core/allOf.ts'
import { SinkError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import type { PreparedFile, WriterContext } from '../../core/unit.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import { rawFile } from './rawFile.ts'
import type { RawFile } from './rawFile.ts'
import { rawKey } from './rawName.ts'

/** How many kinds of file may be open at once; beyond, the one longest unused is finished. */
const MAX_OPEN = 16
/** How many files may be on their way to the disk while others are written. */
const MAX_CLOSING = 4

/** The raw files of one writer between two barriers, one open for each extension and header. */
export interface RawFileSet {
  /**
   * The file to append to, begun where there is none.
   *
   * @param lasting its source can't be read again
   */
  open(extension: string, header?: Uint8Array, lasting?: boolean): RawFile
  /** Copies a whole local file, in the background. */
  copy(path: string, size: number, extension: string): Promise<void>
  /** Finishes files that are large enough and writes out what may not stay in memory. */
  relieve(): Promise<void>
  prepare(): Promise<readonly PreparedFile[]>
  /** Gives up what is open. From then on no file is begun. */
  abandon(): Promise<void>
}

export interface RawFileSetOptions {
  readonly lake: Promise<ObjectStore>
  readonly path: string
  readonly maxFileBytes: number
  readonly context: WriterContext
  /** Goes before the number in each name: tells writers of one task apart. */
  readonly prefix: string
}

export function rawFileSet(options: RawFileSetOptions): RawFileSet {
  const { lake, path, maxFileBytes, context, prefix } = options
  const files = new Map<string, RawFile>()
  let closing: Promise<PreparedFile>[] = []
  /** The files of the last barrier, which may be on their way to the disk yet. */
  let prepared: Promise<PreparedFile>[] = []
  let begun = 0
  let isAbandoned = false

  const nextKey = (extension: string): string => {
    if (isAbandoned) throw new Error(`the raw files of ${path} were given up`)
    const name = { task: context.task, epoch: context.epoch(), attempt: context.attempt() }
    return rawKey(path, context.clock.now(), name, `${prefix}${begun++}`, extension)
  }

  const inBackground = async (work: Promise<PreparedFile>): Promise<void> => {
    // It is awaited at the barrier at the latest.
    work.catch(() => {})
    closing.push(work)
    if (closing.length > MAX_CLOSING) await closing.at(-1 - MAX_CLOSING)
  }

  const finish = async (kind: string): Promise<void> => {
    const file = files.get(kind)
    files.delete(kind)
    if (file !== undefined) await inBackground(closed(file))
  }

  return {
    open: (extension, header, lasting = true) => {
      const kind = `${extension}\n${header === undefined ? '' : Buffer.from(header).toString('latin1')}`
      const key = files.has(kind) ? '' : nextKey(extension)
      const file =
        files.get(kind) ??
        rawFile(
          lake.then((store) => store.stage(context.task, key, lasting)),
          header,
        )
      files.delete(kind)
      files.set(kind, file)
      return file
    },

    copy: async (from, size, extension) => {
      const key = nextKey(extension)
      await inBackground(
        lake.then(async (store) => {
          const staged = await store.stageFile(context.task, key, from)
          if (staged.bytes === size) return { ...staged, records: 0, detail: { copy: from } }
          await store.discard(staged)
          throw changed(context.node, from, size, staged.bytes)
        }),
      )
    },

    relieve: async () => {
      for (const [kind, file] of files) {
        if (file.bytes >= maxFileBytes || files.size > MAX_OPEN) await finish(kind)
        else await file.drain('full')
      }
    },

    // What is open now is of no epoch but this one: the next begins files of its own.
    prepare: async () => {
      prepared = [...closing, ...[...files.values()].map(closed)]
      files.clear()
      closing = []
      return allOf(prepared)
    },

    abandon: async () => {
      isAbandoned = true
      const open = [...files.values()]
      files.clear()
      await Promise.allSettled([...open.map((file) => file.abort()), ...closing, ...prepared])
      closing = []
    },
  }
}

async function closed(file: RawFile): Promise<PreparedFile> {
  try {
    const staged = await file.close()
    const detail = file.origin.recipe() as Json | undefined
    return { ...staged, records: file.records, ...(detail !== undefined && { detail }) }
  } catch (error) {
    await file.abort()
    throw error
  }
}

function changed(node: string, path: string, size: number, found: number): SinkError {
  return new SinkError(
    `${path} had ${size} bytes when it was read and ${found} when it was copied: something still ` +
      'writes to it. Put files into the landing zone whole (write elsewhere, then rename); run again',
    { code: 'SBX_RAW_FILE_CHANGED', node, retryable: true },
  )
}
