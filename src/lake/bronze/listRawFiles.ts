import type { ObjectInfo, ObjectStore } from '../objectStore.ts'
import type { FoldIntent } from './foldIntents.ts'

/**
 * The raw files of a folder, each line once, also while files are being folded: those that were replaced are
 * left out as soon as what replaces them is there.
 *
 * @param store the lake
 * @param path the folder in it, such as `bronze/twitter`
 * @example
 * ```ts
 * for (const { key, bytes } of await listRawFiles(await openLake('./lake'), 'bronze/twitter')) {
 *   console.log(key, bytes)
 * }
 * ```
 */
export async function listRawFiles(
  store: ObjectStore,
  path: string,
): Promise<readonly ObjectInfo[]> {
  const { foldIntents } = await import('./foldIntents.ts')
  const intents = foldIntents(store, path)
  for (let before = await intents.newest(); ;) {
    const listed: ObjectInfo[] = []
    for await (const file of store.list(`${path}/`)) listed.push(file)
    const after = await intents.newest()
    const isSame = before?.generation === after?.generation && before?.state === after?.state
    const files = isSame ? whole(listed, after) : undefined
    if (files !== undefined) return files
    before = after
  }
}

/** Undefined where the listing fell into the very switch: it shows neither all inputs nor the output. */
function whole(
  listed: readonly ObjectInfo[],
  intent: FoldIntent | undefined,
): readonly ObjectInfo[] | undefined {
  if (intent?.state !== 'open') return listed
  const inputs = new Set(intent.inputs.map(({ key }) => key))
  if (listed.some(({ key }) => key === intent.output.key)) {
    return listed.filter(({ key }) => !inputs.has(key))
  }
  return listed.filter(({ key }) => inputs.has(key)).length === inputs.size ? listed : undefined
}
