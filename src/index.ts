// Defining a topology
export { defineTopology } from './core/defineTopology.ts'
export { describe, type NodeDescription, type TopologyDescription } from './core/describe.ts'
export { mermaid } from './core/mermaid.ts'
export { days, hours, minutes, seconds } from './core/durations.ts'
export type {
  Flow,
  ModelsHandle,
  SinkHandle,
  Stream,
  TableHandle,
  Topology,
  TopologyNode,
  TopologyOptions,
} from './core/topology.ts'

// Running it
export { run, type PooledRunOptions, type Run } from './runtime/run.ts'
export type { RunOptions } from './runtime/options.ts'
export {
  memoryShares,
  type MemoryOptions,
  type MemoryShares,
} from './runtime/memory/memoryShares.ts'
export type { RejectLimit } from './runtime/rejectLimit.ts'
export type { Progress, RunResult, TaskResult } from './runtime/result.ts'
export type { Ledger, NodeCounts } from './runtime/ledger.ts'

// Telling others of it
export {
  lineageEmitter,
  type LineageEmitter,
  type LineageEmitterOptions,
} from './lineage/openLineage/lineageEmitter.ts'
export { runEvent, type DatasetFacts, type RunFacts } from './lineage/openLineage/runEvent.ts'
export type { ColumnOrigin } from './lineage/origins.ts'

// Keeping what it wrote in shape
export {
  compactRaw,
  type CompactRawOptions,
  type CompactRawResult,
} from './runtime/maintenance/compactRaw.ts'
export { listRawFiles } from './lake/bronze/listRawFiles.ts'

// Sources
export {
  landingFiles,
  type LandingExtension,
  type LandingFilesOptions,
} from './sources/landingFiles.ts'
export { memorySource, type MemorySourceOptions } from './sources/memorySource.ts'
export { simulate, type SimulateOptions } from './sources/simulate.ts'

// Operators
export { decodeCsv } from './operators/decodeCsv.ts'
export { decodeJson } from './operators/decodeJson.ts'
export { decodeShapes, type DecodeShapesOptions, type Shaped } from './operators/decodeShapes.ts'
export { filter } from './operators/filter.ts'
export { flatMap } from './operators/flatMap.ts'
export { map } from './operators/map.ts'
export { project } from './operators/project.ts'
export { projectShapes, type ShapeCases, type ShapedRecord } from './operators/projectShapes.ts'
export { validate, type ValidateOptions } from './operators/validate.ts'
export type { ReasonRule } from './operators/validate/reasonOf.ts'
export { windowDedup, type WindowDedupOptions } from './operators/windowDedup.ts'

// Sinks that need nothing else installed
export { memorySink, type MemorySink } from './sinks/memorySink.ts'
export { rawFiles, type RawFilesOptions } from './sinks/rawFiles.ts'

// Schemas of rows
export { columnsOf } from './core/schema.ts'
export type { StandardSchema } from './core/standardSchema.ts'
export { parseTimestampUs } from './core/timestamp.ts'
export {
  date,
  epochSeconds,
  int32,
  int64,
  timestamp,
  timestampText,
  wholeNumber,
  wholeText,
} from './core/columnSchemas.ts'
export { projection, type Columns, type Projection } from './core/projection/projection.ts'
export {
  constant,
  dayOf,
  dayOfSeconds,
  distinctLower,
  first,
  ingestedAt,
  joined,
  marked,
  microsOf,
  microsOfSeconds,
  separated,
  sourcePosition,
  sum,
  wholeOf,
  type Expression,
  type Field,
  type Fields,
  type Joined,
} from './core/projection/expression.ts'
export type { Column, ColumnType } from './core/columns.ts'
export type { Shape } from './core/shape.ts'

// Writing units of your own
export type { Clock } from './core/clock.ts'
export type { Json, JsonObject } from './core/json.ts'
export type {
  BatchWriter,
  BronzePart,
  Envelope,
  FileClaims,
  KeyBatch,
  Logger,
  Operator,
  Outlet,
  PreparedFile,
  Publisher,
  Rejected,
  SelectingOperator,
  Selector,
  Sink,
  SinkCommit,
  Source,
  SourceBatch,
  SourceContext,
  SourceReader,
  StatelessOperator,
  Table,
  Upkeep,
  UpkeepContext,
  Writer,
  WriterContext,
} from './core/unit.ts'

// Lakes, for sinks and tools of your own
export { openLake } from './lake/openLake.ts'
export type { ObjectInfo, ObjectStore, ObjectWriter } from './lake/objectStore.ts'
export type { StagedObject, StagedWriter } from './lake/objectStore.ts'

// Errors
export {
  CheckpointError,
  ConfigError,
  GateError,
  OperatorError,
  SinkError,
  SluiceboxError,
  SourceError,
} from './core/errors.ts'
