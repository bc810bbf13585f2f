import { checkKey } from './checkKey.ts'
import type { ObjectStore, StagedObject, StagedWriter } from './objectStore.ts'
import { publishConflict } from './publishConflict.ts'
import type { S3Objects } from './s3Objects.ts'
import type { S3Swap } from './s3Swap.ts'

// What must not expire waits as an object of its own, where no listing shows it, and is copied by the server
// when it is published: that costs one more copy than an upload that is completed.

export const STAGING = '_staging/'
/** Tells their names from uploads, and from what waits in a folder. */
const MARK = 'object:'

export const stagingFolder = (task: string): string => `${STAGING}${encodeURIComponent(task)}/`

/** Where the object waits, if it is one of these. */
export function waitsAt({ staged }: StagedObject): string | undefined {
  return staged.startsWith(MARK) ? staged.slice(MARK.length) : undefined
}

/** What waits at a key of a listing. */
export const lastingAt = (at: string): StagedObject => ({
  key: decodeURIComponent(at.slice(at.lastIndexOf('/') + 1)),
  staged: MARK + at,
  bytes: 0,
  checksum: 0,
})

export function lastingWriter(store: ObjectStore, task: string, key: string): StagedWriter {
  const at = checkKey(`${stagingFolder(task)}${encodeURIComponent(checkKey(key))}`)
  const writer = store.openWriter(at)
  return { ...writer, close: async () => ({ key, staged: MARK + at, ...(await writer.close()) }) }
}

export interface LastingOptions {
  readonly objects: S3Objects
  readonly swaps: S3Swap
  readonly base: string
  readonly url: string
}

export async function publishLasting(
  { objects, swaps, base, url }: LastingOptions,
  object: StagedObject,
  waits: string,
): Promise<'published' | 'already' | 'missing'> {
  const { key } = object
  const compare = () => objects.compare(base + checkKey(key), object)
  let found = await compare()
  let isCopied = false
  if (found === 'absent') {
    isCopied = (await swaps.swap(waits, key, undefined)) === 'swapped'
    found = isCopied ? 'same' : await compare()
  }
  if (found === 'other') throw publishConflict(url, object)
  if (found === 'absent') return 'missing'
  await objects.remove(base + waits)
  return isCopied ? 'published' : 'already'
}
