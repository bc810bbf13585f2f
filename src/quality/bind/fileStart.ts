import { mkdir, open, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SourceError } from '../../core/errors.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'

const LINE_END = 10

/** Whole lines from the start of an object, so many bytes at most, as a local file in `folder`. */
export async function fileStart(
  store: ObjectStore,
  key: string,
  bytes: number,
  folder: string,
): Promise<string> {
  const path = store.localPath(key)
  const start = path === undefined ? await store.read(key) : await readStart(path, bytes)
  if (start === undefined) {
    throw new SourceError(`${store.url}/${key} is gone, though it was listed a moment ago`, {
      code: 'SBX_QUALITY_SOURCE',
      retryable: true,
    })
  }
  const cut = start.subarray(0, bytes)
  await mkdir(folder, { recursive: true })
  const copy = join(folder, basename(key))
  await writeFile(copy, cut.subarray(0, cut.lastIndexOf(LINE_END) + 1))
  return copy
}

async function readStart(path: string, bytes: number): Promise<Uint8Array | undefined> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  try {
    const start = new Uint8Array(bytes)
    const read = await file?.read(start, 0, bytes, 0)
    return read === undefined ? undefined : start.subarray(0, read.bytesRead)
  } finally {
    await file?.close()
  }
}
