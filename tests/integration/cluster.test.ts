import { expect, test } from 'vitest'
import { isInstalled } from '../../scripts/services/install.ts'
import { clusterLoop } from '../faults/clusterLoop.ts'

// The short form; `npm run test:crash -- --cycles 50` is the long one.

test.skipIf(!isInstalled('kafka'))(
  'three processes that share a topic lose and double nothing, whatever happens to them',
  { timeout: 600_000 },
  async () => {
    const lines: string[] = []
    const { records, ...findings } = await clusterLoop({
      ...{ kills: 5, rebalances: 1, zombies: 1, midCommits: 1, brokerKills: 1, seed: 7 },
      say: (line) => lines.push(line),
    })
    expect(findings, lines.join('\n')).toEqual({ lost: 0, doubled: 0, orphans: [] })
    expect(records).toBeGreaterThan(10_000)
  },
)
