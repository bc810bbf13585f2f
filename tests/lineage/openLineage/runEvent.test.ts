import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { foldLineage } from '../../../src/lineage/foldLineage.ts'
import { runEvent, type RunFacts } from '../../../src/lineage/openLineage/runEvent.ts'
import { RunEvent } from './specification.ts'

const facts: RunFacts = {
  type: 'COMPLETE',
  timeMs: Date.UTC(2024, 5, 1, 12),
  runId: '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
  namespace: 'sluicebox',
  job: 'shop',
  processing: 'BATCH',
  inputs: [{ namespace: 'kafka://a:9092', name: 'orders' }],
  outputs: [
    {
      namespace: 'file',
      name: '/lake/gold/totals',
      columns: [{ name: 'total', type: 'double', description: 'All of it.' }],
      lineage: {
        total: [
          {
            namespace: 'file',
            table: '/lake/silver/orders',
            column: 'amount',
            kind: 'aggregation',
          },
        ],
        one: [],
      },
      assertions: [{ assertion: 'expectColumnValuesToNotBeNull', success: false, column: 'total' }],
      written: { rows: 3, bytes: 512 },
    },
  ],
}

describe('runEvent', () => {
  it.each(['START', 'COMPLETE', 'FAIL'] as const)('is what the specification says: %s', (type) => {
    const event = runEvent({ ...facts, type, ...(type === 'FAIL' ? { error: 'no disk' } : {}) })
    const parsed = v.safeParse(RunEvent, JSON.parse(JSON.stringify(event)))
    expect(parsed.issues).toBe(undefined)
    expect(event['eventType']).toBe(type)
  })

  it('has facets where there is something to say', () => {
    const { outputs, inputs } = v.parse(RunEvent, runEvent(facts))
    expect(inputs[0]).toMatchObject({ facets: {}, inputFacets: {} })
    expect(outputs[0]?.outputFacets.outputStatistics).toMatchObject({ rowCount: 3, size: 512 })
    expect(outputs[0]?.facets.columnLineage?.fields['total']?.inputFields).toEqual([
      {
        namespace: 'file',
        name: '/lake/silver/orders',
        field: 'amount',
        transformations: [{ type: 'DIRECT', subtype: 'AGGREGATION' }],
      },
    ])
  })

  it('tells of checks of an output among the inputs, once', () => {
    const { inputs } = v.parse(RunEvent, runEvent(facts))
    expect(inputs.map(({ name }) => name)).toEqual(['orders', '/lake/gold/totals'])
    expect(inputs[1]?.inputFacets.dataQualityAssertions?.assertions).toEqual([
      { assertion: 'expectColumnValuesToNotBeNull', success: false, column: 'total' },
    ])
    const again = runEvent({ ...facts, inputs: [...facts.inputs, ...facts.outputs] })
    expect(v.parse(RunEvent, again).inputs).toHaveLength(2)
  })
})

describe('foldLineage', () => {
  const origin = (
    table: string,
    column: string,
    kind: 'identity' | 'aggregation' = 'identity',
  ) => ({
    table,
    column,
    kind,
  })
  const model = (name: string, columns: Record<string, ReturnType<typeof origin>[]>) => ({
    model: name,
    reads: [],
    columns: Object.entries(columns).map(([column, from]) => ({ name: column, from })),
    steering: [],
    unresolved: [],
  })

  it('goes through models that are not wanted, to tables and to models that are', () => {
    const folded = foldLineage(
      [
        model('stage', { a: [origin('raw', 'x')], b: [origin('raw', 'y')] }),
        model('inner', { s: [origin('stage', 'a', 'aggregation'), origin('stage', 'b')] }),
        model('dim', { k: [origin('stage', 'a')] }),
        model('mart', { s: [origin('inner', 's')], k: [origin('dim', 'k')], one: [] }),
      ],
      new Set(['dim', 'mart']),
    )
    expect(Object.fromEntries(folded)).toEqual({
      dim: { k: [origin('raw', 'x')] },
      mart: {
        s: [origin('raw', 'x', 'aggregation'), origin('raw', 'y')],
        k: [origin('dim', 'k')],
        one: [],
      },
    })
  })
})
