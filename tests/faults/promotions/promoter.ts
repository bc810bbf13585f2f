/**
 * A process that promotes Gold again and again: `promoter.ts <lake> <landing> <project> <generations>`. Each
 * generation is one more record and one run; the first goes on with what a life before was at. Tells of each, a
 * line of JSON, which attempt made what the newest version shows.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { modelVersions } from '../../../src/duckdb.ts'
import { run } from '../../../src/index.ts'
import { postsByDay } from './postsByDay.ts'

const [lake = '', landing = '', project = '', generations = ''] = process.argv.slice(2)
const DAYS = 5

for (let n = Math.max(1, readdirSync(landing).length); n <= Number(generations); n++) {
  const file = join(landing, `${String(n).padStart(6, '0')}.ndjson`)
  const date = `2024-06-0${1 + (n % DAYS)}`
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify({ id: n, date })}\n`)
  await run(postsByDay({ lake, landing, project })).done
  const [newest] = await modelVersions({ lake })
  console.log(JSON.stringify({ generation: n, version: newest?.version, attempt: newest?.attempt }))
}
