import * as v from 'valibot'

// What OpenLineage's specification says of events and facets, written down anew. Unknown keys are refused, so that
// a misspelt one shows.
const uri = v.pipe(v.string(), v.url())
const facet = <Entries extends v.ObjectEntries>(name: string, entries: Entries) =>
  v.strictObject({
    _producer: uri,
    _schemaURL: v.pipe(
      uri,
      v.regex(
        new RegExp(
          `^https://openlineage\\.io/spec/facets/\\d+-\\d+-\\d+/${name}\\.json#/\\$defs/${name}$`,
        ),
      ),
    ),
    ...entries,
  })
const filled = v.pipe(v.string(), v.nonEmpty())
const count = v.pipe(v.number(), v.integer(), v.minValue(0))

const schema = facet('SchemaDatasetFacet', {
  fields: v.array(
    v.strictObject({ name: filled, type: v.optional(filled), description: v.optional(v.string()) }),
  ),
})
const transformation = v.strictObject({
  type: v.picklist(['DIRECT', 'INDIRECT']),
  subtype: v.optional(v.picklist(['IDENTITY', 'TRANSFORMATION', 'AGGREGATION'])),
  description: v.optional(v.string()),
  masking: v.optional(v.boolean()),
})
const columnLineage = facet('ColumnLineageDatasetFacet', {
  fields: v.record(
    filled,
    v.strictObject({
      inputFields: v.array(
        v.strictObject({
          namespace: filled,
          name: filled,
          field: filled,
          transformations: v.optional(v.array(transformation)),
        }),
      ),
    }),
  ),
})
const dataQualityAssertions = facet('DataQualityAssertionsDatasetFacet', {
  assertions: v.array(
    v.strictObject({ assertion: filled, success: v.boolean(), column: v.optional(filled) }),
  ),
})
const outputStatistics = facet('OutputStatisticsOutputDatasetFacet', {
  rowCount: count,
  size: v.optional(count),
})
const errorMessage = facet('ErrorMessageRunFacet', {
  message: v.string(),
  programmingLanguage: filled,
  stackTrace: v.optional(v.string()),
})
const jobType = facet('JobTypeJobFacet', {
  processingType: v.picklist(['BATCH', 'STREAMING', 'SERVICE']),
  integration: filled,
  jobType: v.optional(filled),
})

const dataset = {
  namespace: filled,
  name: filled,
  facets: v.strictObject({
    schema: v.optional(schema),
    columnLineage: v.optional(columnLineage),
  }),
}

/** A run event of OpenLineage 2-0-2. */
export const RunEvent = v.strictObject({
  eventType: v.picklist(['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER']),
  eventTime: v.pipe(v.string(), v.isoTimestamp()),
  producer: uri,
  schemaURL: v.literal('https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent'),
  run: v.strictObject({
    runId: v.pipe(v.string(), v.uuid()),
    facets: v.strictObject({ errorMessage: v.optional(errorMessage) }),
  }),
  job: v.strictObject({
    namespace: filled,
    name: filled,
    facets: v.strictObject({ jobType: v.optional(jobType) }),
  }),
  inputs: v.array(
    v.strictObject({
      ...dataset,
      inputFacets: v.strictObject({ dataQualityAssertions: v.optional(dataQualityAssertions) }),
    }),
  ),
  outputs: v.array(
    v.strictObject({
      ...dataset,
      outputFacets: v.strictObject({ outputStatistics: v.optional(outputStatistics) }),
    }),
  ),
})
export type RunEvent = v.InferOutput<typeof RunEvent>
