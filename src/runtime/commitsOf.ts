import type { SinkCommit } from '../core/unit.ts'
import type { Checkpoint } from './checkpoint.ts'

/** Each sink's share of an epoch, in publishing order. */
export function* commitsOf(
  checkpoint: Checkpoint,
  sinks: readonly string[],
): Generator<SinkCommit> {
  const { lineage, topology, task, epoch, attempt, positions, latest, prepared } = checkpoint
  for (const node of sinks) {
    const files = prepared[node] ?? []
    if (files.length === 0) continue
    const after = latest?.[node]
    const commit = { lineage, topology, task, node, epoch, after, attempt, files }
    yield { ...commit, positions: positions.inline }
  }
}
