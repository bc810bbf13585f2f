import { expect, test } from 'vitest'
import { defineTopology } from '../../src/core/defineTopology.ts'
import type { Source, SourceContext } from '../../src/core/unit.ts'
import { map } from '../../src/operators/map.ts'
import { run } from '../../src/runtime/run.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'

/** Gives one record, then waits for a second one that never comes. */
function waitingSource(events: string[]): Source<number> {
  return {
    kind: 'source',
    type: 'waiting',
    options: {},
    ports: [],
    identity: {},
    async open({ signal }: SourceContext) {
      let reads = 0
      return {
        async read() {
          if (reads++ === 0) {
            return { partition: 0, source: 'w', ingestedAtMs: 0, baseOffset: 0, values: [1] }
          }
          events.push('waits')
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          // Files are let go of later than the signal comes.
          await new Promise((resolve) => setTimeout(resolve, 20))
          events.push('stops waiting')
          return undefined
        },
        position: () => ({ inline: reads }),
        close: async () => void events.push('closed'),
      }
    },
  }
}

test('a source that waits is told when its task fails, and is closed when it has let go', async () => {
  const events: string[] = []
  const topology = defineTopology('waiting', (flow) => {
    const broken = map((): number => {
      throw new Error('broken')
    })
    const out = flow.source('w', waitingSource(events)).via('broken', broken)
    return { out: out.to('out', memorySink()) }
  })
  await expect(run(topology).done).rejects.toMatchObject({ code: 'SBX_OPERATOR_THREW' })
  expect(events).toEqual(['waits', 'stops waiting', 'closed'])
})

test('what can’t be closed does not cover what went wrong', async () => {
  const events: string[] = []
  const source = waitingSource(events)
  const topology = defineTopology('stuck', (flow) => {
    const broken = map((): number => {
      throw new Error('broken')
    })
    const stuck = memorySink<number>()
    const out = flow.source('w', source).via('broken', broken)
    return {
      out: out.to('out', {
        ...stuck,
        openWriter: async (context) => ({
          ...(await stuck.openWriter(context)),
          close: () => Promise.reject(new Error('stuck')),
        }),
      }),
    }
  })
  await expect(run(topology).done).rejects.toMatchObject({ code: 'SBX_OPERATOR_THREW' })
  expect(events.at(-1)).toBe('closed')
})
