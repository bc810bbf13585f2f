import type { Action } from './actions.ts'
import { loadArrowParquet } from './arrowParquet.ts'
import { configuredMs, FILE_RETENTION, FILE_RETENTION_MS } from './retention.ts'
import type { Snapshot } from './snapshot.ts'

type Arrow = Awaited<ReturnType<typeof loadArrowParquet>>['arrow']
type Value = null | undefined | boolean | number | string | readonly string[] | object

/**
 * A table's state as one Parquet file, from which readers begin instead of the log's first entry: protocol,
 * metadata, every file, every writer's `txn`, and tombstones that are still in retention.
 *
 * @param nowMs milliseconds since 1970 UTC
 * @returns the bytes of `<version>.checkpoint.parquet` and how many actions are in it
 */
export async function encodeLogCheckpoint(
  snapshot: Snapshot,
  nowMs: number,
): Promise<{ readonly bytes: Uint8Array; readonly actions: number }> {
  const { arrow, parquet } = await loadArrowParquet()
  const kept = configuredMs(snapshot.metadata, FILE_RETENTION, FILE_RETENTION_MS)
  const rows = actionsOf(snapshot, nowMs - kept)
  const columns = Object.entries(columnTypes(arrow)).map(([name, type]) => {
    const values = rows.map((row) => toArrow((row as Record<string, Value>)[name], type))
    return [name, arrow.vectorFromArray(values, type)] as const
  })
  const table = new arrow.Table(Object.fromEntries(columns))
  const { Compression, WriterPropertiesBuilder } = parquet
  const properties = new WriterPropertiesBuilder().setCompression(Compression.ZSTD).build()
  const ipc = arrow.tableToIPC(table, 'stream')
  const bytes = parquet.writeParquet(parquet.Table.fromIPCStream(ipc), properties)
  return { bytes, actions: rows.length }
}

function actionsOf(snapshot: Snapshot, since: number): readonly Action[] {
  const { protocol, metadata, txns, tombstones, files } = snapshot
  return [
    ...(protocol === undefined ? [] : [{ protocol }]),
    ...(metadata === undefined ? [] : [{ metaData: metadata }]),
    ...[...txns.values()].map((txn) => ({ txn })),
    ...[...tombstones.values()]
      .filter((remove) => (remove.deletionTimestamp ?? 0) > since)
      .map((remove) => ({ remove: { ...remove, dataChange: false } })),
    ...[...files.values()].map((add) => ({ add: { ...add, dataChange: false } })),
  ]
}

function columnTypes(arrow: Arrow) {
  const { Bool, Field, Int32, Int64, List, Map_, Struct, Utf8 } = arrow
  const list = () => new List(new Field('element', new Utf8(), true))
  const map = () => {
    const fields = [new Field('key', new Utf8(), false), new Field('value', new Utf8(), true)]
    return new Map_(new Field('key_value', new Struct(fields as never), false) as never)
  }
  const struct = (types: Record<string, unknown>) =>
    new Struct<never>(
      Object.entries(types).map(([name, type]) => new Field(name, type as never, true)),
    )
  return {
    protocol: struct({
      minReaderVersion: new Int32(),
      minWriterVersion: new Int32(),
      readerFeatures: list(),
      writerFeatures: list(),
    }),
    metaData: struct({
      id: new Utf8(),
      name: new Utf8(),
      description: new Utf8(),
      format: struct({ provider: new Utf8(), options: map() }),
      schemaString: new Utf8(),
      partitionColumns: list(),
      createdTime: new Int64(),
      configuration: map(),
    }),
    txn: struct({ appId: new Utf8(), version: new Int64(), lastUpdated: new Int64() }),
    remove: struct({
      path: new Utf8(),
      deletionTimestamp: new Int64(),
      dataChange: new Bool(),
      extendedFileMetadata: new Bool(),
      partitionValues: map(),
      size: new Int64(),
    }),
    add: struct({
      path: new Utf8(),
      partitionValues: map(),
      size: new Int64(),
      modificationTime: new Int64(),
      dataChange: new Bool(),
      stats: new Utf8(),
      tags: map(),
    }),
  }
}

/** The form in which apache-arrow's builders take a value. */
function toArrow(value: Value, type: { readonly children?: unknown }): unknown {
  if (value === null || value === undefined) return null
  const name = String(type)
  if (name === 'Int64') return BigInt(value as number)
  if (name.startsWith('Map<')) return new Map(Object.entries(value as object))
  if (!name.startsWith('Struct<')) return value
  const fields = type.children as readonly { readonly name: string; readonly type: typeof type }[]
  return Object.fromEntries(
    fields.map((field) => [
      field.name,
      toArrow((value as Record<string, Value>)[field.name], field.type),
    ]),
  )
}
