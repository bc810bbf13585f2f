import type { ObjectStore } from '../src/index.ts'

/** Whether a folder of a lake has a Delta log. */
export async function isTable(store: ObjectStore, path: string): Promise<boolean> {
  for await (const { key } of store.list(`${path}/_delta_log/`)) {
    if (key.endsWith('.json') || key.endsWith('.parquet')) return true
  }
  return false
}
