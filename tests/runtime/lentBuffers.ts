import * as v from 'valibot'
import { defineTopology } from '../../src/core/defineTopology.ts'
import type { Rejected } from '../../src/core/record.ts'
import { decodeJson } from '../../src/operators/decodeJson.ts'
import { map } from '../../src/operators/map.ts'
import { validate } from '../../src/operators/validate.ts'
import { quarantineTable } from '../../src/sinks/delta/quarantineTable.ts'
import { parquetFiles } from '../../src/sinks/parquetFiles.ts'
import { landingFiles } from '../../src/sources/landingFiles.ts'

interface Settings {
  readonly lake: string
  readonly landing: string
}

const Line = v.object({ n: v.number(), text: v.string() })
const Broken = v.object({ raw: v.string() })
/** How many rejected records a thread keeps before it looks at the first. */
const KEPT = 8

/** Reads lines, some of them broken, and looks at those only when their batch is long gone. */
export const lentBuffers = ({ lake, landing }: Settings) =>
  defineTopology('lent', { rejects: quarantineTable({ lake }) }, (flow) => {
    const kept: Rejected[] = []
    const later = map((record: Rejected) => {
      const raw = kept.length < KEPT ? '' : Buffer.from(kept.shift()!.raw).toString()
      kept.push(record)
      return { raw }
    })
    const decoded = flow
      .source('lines', landingFiles({ path: landing }))
      .split('decode', decodeJson())
    return {
      out: decoded.out
        .via('typed', validate(Line))
        .to('out', parquetFiles({ lake, path: 'out', schema: Line })),
      broken: decoded.rejected
        .via('later', later)
        .to('broken', parquetFiles({ lake, path: 'broken', schema: Broken })),
    }
  })
