import { isMainThread } from 'node:worker_threads'
import * as v from 'valibot'
import { defineTopology } from '../../src/core/defineTopology.ts'
import { map } from '../../src/operators/map.ts'
import { parquetFiles } from '../../src/sinks/parquetFiles.ts'
import { memorySource } from '../../src/sources/memorySource.ts'

interface Settings {
  readonly lake: string
  readonly how: 'throws later' | 'ends the process' | 'names its script'
}

/** A topology that takes a worker thread with it. */
export const dyingThreads = ({ lake, how }: Settings) =>
  defineTopology('dying', (flow) => {
    const numbers = flow.source(
      'numbers',
      memorySource(
        Array.from({ length: 40 }, (_, n) => ({ n })),
        { batchRecords: 2 },
      ),
    )
    const die = map((record: { n: number }) => {
      if (record.n !== 7) return record
      if (how === 'ends the process') process.exit(7)
      if (how === 'names its script') throw new Error(`main ${isMainThread}, ${process.argv[1]}`)
      setImmediate(() => {
        throw new Error('thrown outside of its call')
      })
      return record
    })
    const schema = v.object({ n: v.number() })
    return { out: numbers.via('die', die).to('out', parquetFiles({ lake, path: 'out', schema })) }
  })
