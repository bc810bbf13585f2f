import { newFile, type FileState } from './fileState.ts'
import { runningDigest, type RunningDigest } from './runningDigest.ts'
import { digestUpTo, type Visit } from './visit.ts'

/** Where to go on in a file. */
export interface Resumed {
  readonly state: FileState
  /** Of the first `state.raw` bytes. */
  readonly digest: RunningDigest
  /** All that is there was taken before. */
  readonly nothingNew: boolean
}

/**
 * Compares a file with what was read of its path before. With the same bytes up to there it has grown;
 * with others it is a new file. One that was never read may be a re-delivery of another.
 */
export async function resumeFile(visit: Visit): Promise<Resumed> {
  const { landing, look } = visit
  const { index, context } = landing
  const { path, size, mtimeMs } = look
  const known = index.get(path)
  if (known === undefined || known.raw === 0) return beginFile(visit)

  const digest = await sameBeginning(visit, known)
  if (digest === undefined) {
    context.logger.warn('landing_replaced', {
      node: context.node,
      file: path,
      read_bytes: known.raw,
      size_bytes: size,
    })
    index.retire(known)
    index.put(newFile(path, size, mtimeMs))
    return beginFile(visit)
  }
  const { problem, ...rest } = known
  const taken = index.isFinished(path)
    ? known.raw === size
    : known.at === size && known.format !== undefined && known.inside === undefined
  return {
    state: { ...rest, size, mtimeMs },
    digest,
    nothingNew: problem === undefined && taken && (!visit.compressed || index.isFinished(path)),
  }
}

/** The digest of the bytes read before, if they are still there. */
async function sameBeginning(
  { landing, look, file }: Visit,
  known: FileState,
): Promise<RunningDigest | undefined> {
  if (known.raw > look.size) return undefined
  const digest =
    (await landing.tails.take(look.path, file, known.raw)) ?? (await digestUpTo(file, known.raw))
  return digest.bytes === known.raw && digest.value() === known.digest ? digest : undefined
}

async function beginFile({ landing, look, file }: Visit): Promise<Resumed> {
  const { index, context } = landing
  const { path, size, mtimeMs } = look
  const unread = { state: newFile(path, size, mtimeMs), digest: runningDigest(), nothingNew: false }
  if (size === 0) return { ...unread, nothingNew: true }
  if (!index.hasSize(size)) return unread
  const digest = await digestUpTo(file, size)
  const same = index.withContent(size, digest.value())
  if (digest.bytes !== size || same === undefined) return unread
  const [twin] = same.split('\0')
  context.logger.info('landing_redelivered', { node: context.node, file: path, same_as: twin })
  return { state: { ...index.get(same)!, path, size, mtimeMs }, digest, nothingNew: true }
}
