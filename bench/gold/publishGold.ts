import { join } from 'node:path'
import type { TableHandle } from '../../src/core/topology.ts'
import { sqlModels } from '../../src/duckdb.ts'
import { gates } from '../../topologies/quality/gates.ts'
import { models } from './models.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }
const clock = { now: () => Date.now(), sleep: async () => {} }
const posts: TableHandle = {
  kind: 'table-handle',
  name: 'silver.posts',
  options: { path: 'silver/posts' },
}

/** What the task of Gold does for one epoch, with all checks of the platform; returns the published file. */
export async function publishGold({
  lake,
  threads,
  round,
  side,
}: {
  readonly lake: string
  readonly threads: number
  /** Each round has a Gold of its own. */
  readonly round: number
  /** `full` builds it, `refresh` goes on from that. */
  readonly side: 'full' | 'refresh'
}): Promise<string> {
  const path = `gold-${round}`
  const unit = sqlModels({ lake, project: models, path, reads: { posts }, gates: gates(lake) })
  const names = { node: 'gold', topology: 'full', lineage: 'bench' }
  const builder = await unit.open({ ...names, clock, logger: silent, threads })
  const inputs = await builder.inputs()
  const name = { epoch: side === 'full' ? 1 : 2, attempt: '1-bench', task: 'gold' }
  const { files, report } = await builder.prepare({ ...name, inputs, state: null })
  const isFull = report.touched === null
  if (isFull !== (side === 'full')) throw new Error(`the build was ${isFull ? '' : 'not '}full`)
  const commit = { ...names, ...name, positions: inputs, files }
  const { missing } = await builder.publish(commit)
  if (missing !== undefined) throw new Error(`${missing} is gone`)
  await builder.close()
  return join(lake, path, `${path}.duckdb`)
}
