// Makes the data catalog, one HTML file: `npm run docs:site -- [--lake data/lake] [--out data/docs]`. Where
// the lake is there, rows, sizes and the last results of the suites are shown.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { suites } from '../../topologies/quality/suites.ts'
import { collectCatalog } from './site/collectCatalog.ts'
import { withLake } from './site/lakeFacts.ts'
import { renderSite } from './site/renderSite.ts'

const { values } = parseArgs({
  options: {
    lake: { type: 'string', default: process.env['SLUICEBOX_LAKE'] ?? 'data/lake' },
    out: { type: 'string', default: 'data/docs' },
  },
})
const { lake, out } = values
const defined = await collectCatalog()
const names = suites.map(({ name }) => name)
const isThere = /^\w+:/.test(lake) || existsSync(lake)
const catalog = isThere ? await withLake(defined, lake, names) : defined
mkdirSync(out, { recursive: true })
const file = join(out, 'index.html')
writeFileSync(file, renderSite(catalog))
const without = `; without rows and results, since there is no lake at ${lake}: \`npm start\` makes one`
console.log(`${file}: ${catalog.tables.length} tables${isThere ? '' : without}`)
