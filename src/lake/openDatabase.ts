import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { ConfigError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'

/** An embedded database. */
export interface Database {
  run(sql: string): Promise<void>
  /** All rows, as JSON: 64-bit integers and times are text. */
  rows(sql: string): Promise<readonly JsonObject[]>
  /** Another connection to the same database, for a statement beside this one's. */
  connect(): Promise<Database>
  close(): void
}

export interface DatabaseOptions {
  /** @defaultValue in memory */
  readonly databaseFile?: string
  readonly threads: number
  readonly memoryBytes: number
  /** Where it puts what doesn't fit into memory. */
  readonly spillDirectory: string
  /** Gives up what is running. */
  readonly signal: AbortSignal | undefined
}

/** By default its allocator keeps much that nobody uses any more: 100 MB and more in a build. */
const GIVES_BACK = {
  allocator_flush_threshold: '1MiB',
  allocator_bulk_deallocation_flush_threshold: '1MiB',
} as const
/** With less, whoever uses a database saves memory where it can, also at the price of time. */
export const MUCH_MEMORY = 512 * 2 ** 20

/**
 * Opens a DuckDB that knows UTC alone and loads no extension.
 *
 * @throws ConfigError `SBX_MISSING_PEER` where `@duckdb/node-api` is not installed
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { DuckDBInstance } = await import('@duckdb/node-api').catch((cause: unknown) => {
    throw missingPeer(cause)
  })
  const instance: DuckDBInstance = await DuckDBInstance.create(options.databaseFile ?? ':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: String(options.threads),
    memory_limit: `${Math.ceil(options.memoryBytes / 2 ** 20)}MiB`,
    temp_directory: options.spillDirectory,
    ...(options.memoryBytes < MUCH_MEMORY ? GIVES_BACK : {}),
    // Tables are sets: this lets threads write without waiting for each other.
    preserve_insertion_order: 'false',
    // Each thread compresses a row group when it is full. By default five wait for each other, in memory, and what is
    // left of them at the end is compressed by one thread.
    write_buffer_row_group_count: '1',
  })
  const first = await connect(instance, options.signal)
  return {
    ...first,
    close: () => {
      first.close()
      instance.closeSync()
    },
  }
}

async function connect(
  instance: DuckDBInstance,
  signal: AbortSignal | undefined,
): Promise<Database> {
  const connection: DuckDBConnection = await instance.connect()
  const interrupt = () => connection.interrupt()
  signal?.addEventListener('abort', interrupt)
  const checked = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    signal?.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  }
  // A machine with a time zone of its own would shift days.
  await connection.run("set TimeZone = 'UTC'")
  // Several models read the same files, whose footers are read once then.
  await connection.run('set parquet_metadata_cache = true')
  return {
    run: async (sql) => {
      await checked(() => connection.run(sql))
    },
    rows: async (sql) => {
      const reader = await checked(() => connection.runAndReadAll(sql))
      return reader.getRowObjectsJson()
    },
    connect: () => connect(instance, signal),
    close: () => {
      signal?.removeEventListener('abort', interrupt)
      connection.closeSync()
    },
  }
}

function missingPeer(cause: unknown): unknown {
  const isMissing =
    cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'
  if (!isMissing) return cause
  return new ConfigError(
    'SQL needs the package @duckdb/node-api: run `npm install @duckdb/node-api`',
    { code: 'SBX_MISSING_PEER', cause },
  )
}
