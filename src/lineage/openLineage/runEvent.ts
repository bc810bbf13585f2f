import type { JsonObject } from '../../core/json.ts'
import type { ColumnOrigin } from '../origins.ts'

/** What is said of one dataset that a run reads or writes. */
export interface DatasetFacts {
  /** `file`, `s3://bucket`, `kafka://host:port`. */
  readonly namespace: string
  /** Path, topic or table within it. */
  readonly name: string
  readonly columns?: readonly {
    readonly name: string
    readonly type: string
    readonly description?: string
  }[]
  /** Where its columns come from, by column: `table` is another dataset's name. */
  readonly lineage?: Readonly<
    Record<string, readonly (ColumnOrigin & { readonly namespace: string })[]>
  >
  readonly assertions?: readonly {
    readonly assertion: string
    readonly success: boolean
    readonly column?: string
  }[]
  /** Rows and bytes that are written. */
  readonly written?: { readonly rows: number; readonly bytes?: number }
}

export interface RunFacts {
  readonly type: 'START' | 'COMPLETE' | 'FAIL'
  readonly timeMs: number
  /** A UUID. */
  readonly runId: string
  readonly namespace: string
  readonly job: string
  /** `BATCH` ends by itself, `STREAMING` goes on until it is stopped. */
  readonly processing: 'BATCH' | 'STREAMING'
  readonly inputs: readonly DatasetFacts[]
  readonly outputs: readonly DatasetFacts[]
  /** Why it failed. */
  readonly error?: string
}

const SPEC = 'https://openlineage.io/spec'
const PRODUCER = 'https://www.npmjs.com/package/sluicebox'
const SUBTYPES = {
  identity: 'IDENTITY',
  transformation: 'TRANSFORMATION',
  aggregation: 'AGGREGATION',
} as const

/**
 * A run event of OpenLineage 2-0-2, with the facets schema, columnLineage, dataQualityAssertions,
 * outputStatistics and errorMessage where there is something to say. How expectations went is told of inputs
 * only, as the specification has it: an output that was checked is an input, too.
 *
 * @see https://openlineage.io/spec/2-0-2/OpenLineage.json
 */
export function runEvent({
  type,
  timeMs,
  runId,
  namespace,
  job,
  processing,
  error,
  ...sets
}: RunFacts): JsonObject {
  const failed =
    error === undefined
      ? {}
      : {
          errorMessage: {
            ...facet('1-0-1', 'ErrorMessageRunFacet'),
            message: error,
            programmingLanguage: 'TypeScript',
          },
        }
  const inputs = new Set(sets.inputs.map(({ namespace, name }) => `${namespace} ${name}`))
  const checked = sets.outputs.filter(
    ({ assertions = [], ...set }) =>
      assertions.length > 0 && !inputs.has(`${set.namespace} ${set.name}`),
  )
  return {
    eventType: type,
    eventTime: new Date(timeMs).toISOString(),
    producer: PRODUCER,
    schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    run: { runId, facets: failed },
    job: {
      namespace,
      name: job,
      facets: {
        jobType: {
          ...facet('2-0-3', 'JobTypeJobFacet'),
          processingType: processing,
          integration: 'SLUICEBOX',
          jobType: 'TOPOLOGY',
        },
      },
    },
    inputs: [
      ...sets.inputs.map((dataset) => ({
        ...described(dataset),
        inputFacets: assertionsOf(dataset),
      })),
      ...checked.map((dataset) => ({
        ...{ namespace: dataset.namespace, name: dataset.name, facets: {} },
        inputFacets: assertionsOf(dataset),
      })),
    ],
    outputs: sets.outputs.map((dataset) => {
      const { written } = dataset
      const statistics =
        written === undefined
          ? {}
          : {
              outputStatistics: {
                ...facet('1-0-2', 'OutputStatisticsOutputDatasetFacet'),
                rowCount: written.rows,
                ...(written.bytes === undefined ? {} : { size: written.bytes }),
              },
            }
      return { ...described(dataset), outputFacets: statistics }
    }),
  }
}

function described({ namespace, name, columns, lineage }: DatasetFacts) {
  const schema =
    columns === undefined
      ? {}
      : {
          schema: {
            ...facet('1-1-1', 'SchemaDatasetFacet'),
            fields: columns.map((column) => ({ ...column })),
          },
        }
  const columnLineage =
    lineage === undefined
      ? {}
      : {
          columnLineage: {
            ...facet('1-2-0', 'ColumnLineageDatasetFacet'),
            fields: fieldsOf(lineage),
          },
        }
  return { namespace, name, facets: { ...schema, ...columnLineage } }
}

const fieldsOf = (lineage: NonNullable<DatasetFacts['lineage']>): JsonObject =>
  Object.fromEntries(
    Object.entries(lineage).map(([column, origins]) => [
      column,
      {
        inputFields: origins.map(({ namespace, table, column: field, kind }) => ({
          namespace,
          name: table,
          field,
          transformations: [{ type: 'DIRECT', subtype: SUBTYPES[kind] }],
        })),
      },
    ]),
  )

const assertionsOf = ({ assertions = [] }: DatasetFacts): JsonObject =>
  assertions.length === 0
    ? {}
    : {
        dataQualityAssertions: {
          ...facet('1-0-1', 'DataQualityAssertionsDatasetFacet'),
          assertions: assertions.map((one) => ({ ...one })),
        },
      }

const facet = (version: string, name: string) => ({
  _producer: PRODUCER,
  _schemaURL: `${SPEC}/facets/${version}/${name}.json#/$defs/${name}`,
})
