import { ConfigError } from '../../core/errors.ts'
import type { Action } from './actions.ts'
import { columnsWithInvariants } from './deltaSchema.ts'
import type { Snapshot } from './snapshot.ts'

const READER_VERSION = 1
const WRITER_VERSION = 2
/** Versions from which on a table lists its features by name. */
const READER_BY_FEATURES = 3
const WRITER_BY_FEATURES = 7
/** Those of writer version 2: the first is kept, tables that use the second are refused. */
const WRITER_FEATURES = ['appendOnly', 'invariants']

/** Refuses a table that can't be read by the rules of reader version 1. */
export function checkReadable(path: string, { protocol }: Snapshot): void {
  const { minReaderVersion = 0, readerFeatures = [] } = protocol ?? {}
  if (minReaderVersion <= READER_VERSION) return
  if (minReaderVersion === READER_BY_FEATURES && readerFeatures.length === 0) return
  throw refusal(path, `asks for reader version ${minReaderVersion} ${list(readerFeatures)}`)
}

/** Refuses what the table does not allow, and tables that can't be written by the rules of writer version 2. */
export function checkWritable(
  path: string,
  { protocol, metadata }: Snapshot,
  actions: readonly Action[],
): void {
  const { minWriterVersion = 0, writerFeatures = [] } = protocol ?? {}
  const unknown = writerFeatures.filter((feature) => !WRITER_FEATURES.includes(feature))
  const isKnown = minWriterVersion === WRITER_BY_FEATURES && unknown.length === 0
  if (minWriterVersion > WRITER_VERSION && !isKnown) {
    throw refusal(path, `asks for writer version ${minWriterVersion} ${list(unknown)}`)
  }
  const invariants = metadata === undefined ? [] : columnsWithInvariants(metadata.schemaString)
  if (invariants.length > 0) {
    throw refusal(path, `has invariants on ${invariants.join(', ')}, which are not checked here`)
  }
  if (metadata?.configuration?.['delta.appendOnly'] !== 'true') return
  for (const action of actions) {
    if (!('remove' in action) || !action.remove.dataChange) continue
    throw refusal(path, `is append-only (delta.appendOnly), and ${action.remove.path} was to go`)
  }
}

const list = (features: readonly string[]): string =>
  features.length === 0 ? '' : `(${features.join(', ')})`

const refusal = (path: string, what: string): ConfigError =>
  new ConfigError(
    `the Delta table ${path} ${what.trim()}. Sluicebox keeps reader version ${READER_VERSION} and writer version ${WRITER_VERSION}: give it a table of its own, or drop that feature with the tool that set it`,
    { code: 'SBX_DELTA_PROTOCOL' },
  )
