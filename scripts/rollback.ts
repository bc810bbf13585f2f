import { Command } from 'commander'
import { modelVersions, rollbackModels } from '../src/models/rollbackModels.ts'

// `npm run rollback -- --lake ./data/lake [--to <n>]`: puts an older version of Gold back.

const program = new Command('rollback')
  .description('puts an older version of Gold back; says which there are with --list')
  .option('--lake <dir or s3://bucket/prefix>', 'where the lake is', './data/lake')
  .option('--path <folder>', 'where in the lake the models are', 'gold')
  .option('--to <n>', 'the version, else the build before the newest', Number)
  .option('--list', 'only list the versions that are kept')
  .parse()
const { lake, path, to, list } = program.opts<{
  lake: string
  path: string
  to?: number
  list?: true
}>()

if (list) {
  for (const { version, publishedAt, rollbackTo, tables } of await modelVersions({ lake, path })) {
    const rows = Object.values(tables).reduce((all, table) => all + table.rows, 0)
    const what = rollbackTo === undefined ? 'build' : `what version ${rollbackTo} was`
    console.log(`${version}  ${publishedAt}  ${rows} rows  ${what}`)
  }
} else {
  const done = await rollbackModels({ lake, path, ...(to === undefined ? {} : { to }) })
  console.log(`version ${done.version} of ${path} is what version ${done.rollbackTo} was`)
}
