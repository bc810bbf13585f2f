import { CheckpointError } from '../../core/errors.ts'
import type { SinkCommit } from '../../core/unit.ts'
import { parseDataFileName } from '../../lake/dataFileName.ts'
import { filePath, type Action } from '../../lake/delta/actions.ts'
import type { DeltaLog } from '../../lake/delta/deltaLog.ts'
import type { Snapshot } from '../../lake/delta/snapshot.ts'

/** Under which name a task's epochs are counted in a table's log. */
export const appIdOf = ({ lineage, topology, task, node }: Writer): string =>
  [lineage, topology, task, node].join('/')

type Writer = Pick<SinkCommit, 'lineage' | 'topology' | 'task' | 'node'>

/**
 * Refuses a task that has no checkpoint while the table knows epochs of it.
 *
 * @throws CheckpointError SBX_DELTA_FOREIGN_TXN
 */
export function refuseForeignTxn(
  path: string,
  { txns }: Pick<Snapshot, 'txns'>,
  writer: Writer,
): void {
  const { topology, lineage, node } = writer
  const own = appIdOf(writer)
  const appId = txns.has(own) ? own : foreignTxn({ txns }, topology, lineage, node)
  if (appId !== undefined) throw refused(path, writer, appId)
}

/**
 * Refuses a table whose log does not reach the last epoch that a task has given it: entries at its end, or
 * all of them, were lost, which nothing else would tell.
 *
 * @throws CheckpointError SBX_DELTA_TXN
 */
export function refuseLostTxn(
  path: string,
  { txns, version }: Pick<Snapshot, 'txns' | 'version'>,
  writer: Writer,
  epoch: number,
): void {
  const reached = txns.get(appIdOf(writer))?.version ?? 0
  if (reached >= epoch) return
  const end = version < 0 ? 'has no entry' : `ends with version ${version}`
  throw new CheckpointError(
    `${writer.task} has committed epoch ${epoch} to the table ${path}, whose log ${end} and knows ${reached === 0 ? 'no epoch' : `epoch ${reached} at most`} of it: rows are lost. Nothing was changed. Restore ${path} from a copy of the lake, or start over in an empty lake`,
    { code: 'SBX_DELTA_TXN', node: writer.node },
  )
}

/**
 * The name of a `txn` that this topology wrote under another lineage: its checkpoints were lost or removed,
 * and reading everything anew would double what is in the table.
 *
 * @param node only what this sink wrote @defaultValue any
 */
export function foreignTxn(
  { txns }: Pick<Snapshot, 'txns'>,
  topology: string,
  lineage: string,
  node?: string,
): string | undefined {
  for (const appId of txns.keys()) {
    const [theirs, name, ...rest] = appId.split('/')
    if (name !== topology || theirs === lineage || rest.length < 2) continue
    if (node === undefined || rest.at(-1) === node) return appId
  }
  return undefined
}

/**
 * Whether the table's log has this epoch already.
 *
 * @throws CheckpointError SBX_DELTA_TXN where it has the epoch with other files or lacks the one before, SBX_DELTA_FOREIGN_TXN where
 *   the topology has written to the table under another lineage
 */
export async function isAdded(
  log: DeltaLog,
  snapshot: Snapshot,
  commit: SinkCommit,
): Promise<boolean> {
  const { topology, lineage, node, epoch } = commit
  const foreign = foreignTxn(snapshot, topology, lineage, node)
  if (foreign !== undefined) throw refused(log.path, commit, foreign)
  const reached = snapshot.txns.get(appIdOf(commit))?.version ?? -1
  if (reached < epoch) {
    if (commit.after !== undefined) refuseLostTxn(log.path, snapshot, commit, commit.after)
    return false
  }
  const entry = await entryWith(log, snapshot, commit)
  if (entry === 'cleaned' || (entry !== undefined && isSame(log.path, entry, commit))) return true
  throw new CheckpointError(
    `the table ${log.path} has epoch ${reached} of ${commit.task}, but ${entry === undefined ? 'no entry for' : 'other files of'} epoch ${epoch}: its log or the checkpoints were put back from another time. Restore both from the same copy of the lake`,
    { code: 'SBX_DELTA_TXN', node },
  )
}

/** The entry that added the epoch, as far back as entries are sure to be there. */
async function entryWith(
  log: DeltaLog,
  { version, checkpoint }: Snapshot,
  commit: SinkCommit,
): Promise<readonly Action[] | 'cleaned' | undefined> {
  const appId = appIdOf(commit)
  for (let at = version; at > checkpoint; at--) {
    const actions = await log.entry(at)
    if (actions === undefined) return 'cleaned'
    const isIt = actions.some(
      (action) =>
        'txn' in action && action.txn.appId === appId && action.txn.version === commit.epoch,
    )
    if (isIt) return actions
  }
  return checkpoint < 0 ? undefined : 'cleaned'
}

/** Whether an entry adds exactly the files of a commit, beside those of others. */
function isSame(path: string, entry: readonly Action[], { task, epoch, files }: SinkCommit) {
  const added = entry.flatMap((action) => {
    if (!('add' in action)) return []
    const file = filePath(action.add.path)
    const name = parseDataFileName(file)
    return name?.task === task && name.epoch === epoch ? [`${path}/${file}`] : []
  })
  const expected = files.map(({ key }) => key)
  return added.toSorted().join('\n') === expected.toSorted().join('\n')
}

function refused(path: string, { topology, node }: Writer, appId: string): CheckpointError {
  return new CheckpointError(
    `the table ${path} holds what '${topology}' wrote as ${appId}, whose checkpoints are not there: reading everything anew would double it. Restore _checkpoints/${topology} from a copy of the lake, remove the folder ${path} to fill the table anew, or give the topology another name`,
    { code: 'SBX_DELTA_FOREIGN_TXN', node },
  )
}
