import { defineTopology } from '../../src/core/defineTopology.ts'
import type { Rejected } from '../../src/core/unit.ts'
import { map } from '../../src/operators/map.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'
import { memorySource } from '../../src/sources/memorySource.ts'
import { branch, dedup, models, picky, table } from './units.ts'

/** A topology with a node of every kind and a port of every kind. */
export const platform = () =>
  defineTopology('platform', { rejects: table<Rejected>({ path: 'quarantine' }) }, (flow) => {
    const first = flow.source('first', memorySource([1, 2, 3]))
    first.to('bronze', memorySink())
    const { out, odd } = flow
      .source('second', memorySource([4, 5, 6], { partitions: 2 }))
      .via('check', picky())
      .via('dedup', dedup())
      .split('parity', branch<{ odd: number }>('odd'))
    odd.to('odds', memorySink())
    const silver = flow
      .merge('both', first, out)
      .via('post', map(String))
      .toTable('silver.posts', table<string>({ lake: 's3://key:hunter2@bucket/lake', token: 'x' }))
    const gold = flow.models('gold', models({ posts: silver }))
    return { silver, gold }
  })
