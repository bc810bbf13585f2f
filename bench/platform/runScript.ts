// DuckDB alone: node runScript.ts <landing> <lake> <threads>
import { mkdir } from 'node:fs/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { duckdbScript } from './duckdbScript.ts'

const [landing = '', lake = '', threads = ''] = process.argv.slice(2)
const instance = await DuckDBInstance.create(':memory:', { threads })
const connection = await instance.connect()
await mkdir(`${lake}/silver`, { recursive: true })
for (const statement of duckdbScript(landing, lake)) await connection.run(statement)
connection.closeSync()
instance.closeSync()
