import { openLake } from '../src/index.ts'
import { vacuum } from '../src/parquet.ts'
import { isTable } from './isTable.ts'
import { hoursAsMs, lakeCommand, runCommand, type LakeOptions } from './maintenance.ts'

interface VacuumOptions extends LakeOptions {
  readonly retention?: number
  readonly dryRun?: boolean
}

const PATHS = ['silver/posts', 'quarantine']

const HELP = `
Files stay that are younger than the retention (7 days, or as the table says), that a task's newest checkpoint
names, or that an attempt may still commit. Without paths: ${PATHS.join(', ')}.

Examples
  npm run vacuum -- --dry-run                          says what would go
  npm run vacuum -- --lake s3://company/lake silver/posts
`

const command = lakeCommand<VacuumOptions>(
  'vacuum',
  'Deletes files that Delta tables do not hold any more, and old entries of their logs',
  (made) =>
    made
      .argument('[paths...]', 'tables in the lake')
      .option('--retention <hours>', 'how long files stay that a table does not hold', hoursAsMs)
      .option('--dry-run', 'say what would be deleted, and delete nothing')
      .addHelpText('after', HELP),
  async ({ lake, retention, dryRun = false }, paths) => {
    const store = await openLake(lake)
    const lines: string[] = []
    for (const path of paths.length > 0 ? paths : PATHS) {
      if (paths.length === 0 && !(await isTable(store, path))) {
        lines.push(`${path}: no table there`)
        continue
      }
      const age = retention === undefined ? {} : { retentionMs: retention }
      const { deleted, bytes, kept, logFiles } = await vacuum({ lake, path, dryRun, ...age })
      if (dryRun) lines.push(...deleted)
      const what = dryRun ? 'would be deleted' : 'deleted'
      const entries = logFiles > 0 ? `, ${logFiles} old log files` : ''
      lines.push(`${path}: ${deleted.length} files, ${bytes} bytes ${what}${entries}; ${kept} stay`)
    }
    return lines
  },
)

await runCommand(command, process.argv.slice(2))
