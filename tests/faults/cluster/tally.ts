import { join } from 'node:path'
import { runPython } from '../../../scripts/python.ts'
import { filesBelow, rawLines, strayFiles } from '../../contract/readLake.ts'
import type { Expected } from './producer.ts'

/** What is wrong with a lake, counted by readers that share no code with the library. */
export interface Findings {
  /** In the topic and not in the lake. */
  readonly lost: number
  /** More often in the lake than in the topic, or more than once in a table of distinct rows. */
  readonly doubled: number
  /** Files that nothing names. */
  readonly orphans: readonly string[]
}

const COUNT = `
import json, sys
from deltalake import DeltaTable
posts = DeltaTable(sys.argv[1]).to_pyarrow_table(columns=["post_id"])["post_id"].to_pylist()
rejects = DeltaTable(sys.argv[2]).to_pyarrow_table(columns=["fate"]).num_rows
print(json.dumps({"posts": posts, "rejects": rejects}))
`

export async function tally(lake: string, expected: Expected): Promise<Findings> {
  const { posts, rejects } = await runPython<{ posts: string[]; rejects: number }>(
    COUNT,
    join(lake, 'silver/posts'),
    join(lake, 'quarantine'),
  )
  const bronze = new Map<string, number>()
  for (const line of rawLines(lake, 'twitter')) bronze.set(line, (bronze.get(line) ?? 0) + 1)

  let lost = Math.max(0, expected.quarantined - rejects)
  let doubled = Math.max(0, rejects - expected.quarantined)
  for (const [value, times] of expected.values) {
    const found = bronze.get(value) ?? 0
    lost += Math.max(0, times - found)
    doubled += Math.max(0, found - times)
    bronze.delete(value)
  }
  for (const times of bronze.values()) doubled += times
  const distinct = new Set(posts)
  doubled += posts.length - distinct.size
  for (const id of expected.silver) if (!distinct.delete(id)) lost++
  doubled += distinct.size
  const unfinished = filesBelow(join(lake, '_leases')).filter((file) => file.endsWith('.tmp'))
  return { lost, doubled, orphans: [...strayFiles(lake), ...unfinished] }
}
