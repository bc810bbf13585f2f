import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DuckDBInstance } from '@duckdb/node-api'
import { pythonPath } from '../../../scripts/python.ts'
import type { Look } from './postsByDay.ts'

/** Somebody who looks at Gold as others do. */
export interface Reader {
  readonly name: string
  look(): Promise<Look>
  close(): void
}

const FIGURES = `
  select (select generation from newest)::int as generation,
    (select count(*) from every_post)::int as posts, (select sum(id) from every_post)::int as ids,
    (select sum(posts) from daily)::int as daily_posts, (select sum(ids) from daily)::int as daily_ids`

async function openGold(lake: string): Promise<Omit<Reader, 'name'>> {
  const file = join(lake, 'gold/gold.duckdb')
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY', threads: '1' })
  const connection = await instance.connect()
  return {
    look: async () => {
      const [row] = (await connection.runAndReadAll(FIGURES)).getRowObjectsJson()
      return row as unknown as Look
    },
    close: () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** Opens the file anew each time. */
export const freshReader = (lake: string): Reader => ({
  name: 'gold.duckdb, opened each time',
  look: async () => {
    const gold = await openGold(lake)
    try {
      return await gold.look()
    } finally {
      gold.close()
    }
  },
  close: () => {},
})

/** Keeps the file that it opened first. */
export async function patientReader(lake: string): Promise<Reader> {
  return { name: 'gold.duckdb, kept open', ...(await openGold(lake)) }
}

const DELTA = `
import json, os, sys
from deltalake import DeltaTable
import pyarrow.compute as pc

lake = sys.argv[1]
def look():
    folder = os.path.join(lake, 'gold/_versions')
    newest = max(int(name[:-5]) for name in os.listdir(folder) if name.endswith('.json'))
    tables = json.load(open(os.path.join(folder, f'{newest}.json')))['tables']
    read = {name: DeltaTable(os.path.join(lake, table['path']), version=table['version']).to_pyarrow_table()
            for name, table in tables.items()}
    total = lambda table, column: pc.sum(read[table][column]).as_py()
    return {'generation': total('newest', 'generation'), 'posts': len(read['every_post']), 'ids': total('every_post', 'id'),
            'daily_posts': total('daily', 'posts'), 'daily_ids': total('daily', 'ids')}

for _ in sys.stdin:
    try:
        print(json.dumps(look()), flush=True)
    except Exception as error:
        print(json.dumps({'error': repr(error)}), flush=True)
os._exit(0)
`

/** delta-rs, at the versions of all tables that the newest manifest names. */
export async function deltaReader(lake: string): Promise<Reader> {
  const stdio = ['pipe', 'pipe', 'inherit'] as const
  const python = spawn(await pythonPath(), ['-c', DELTA, lake], { stdio: [...stdio] })
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
  return {
    name: 'Delta tables, at the versions of the newest manifest',
    look: async () => {
      python.stdin.write('\n')
      const line = await lines.next()
      const found = JSON.parse(String(line.value)) as Look | { readonly error: string }
      if ('error' in found) throw new Error(found.error)
      return found
    },
    close: () => python.stdin.end(),
  }
}
