import { compactRaw, openLake } from '../src/index.ts'
import { compact } from '../src/parquet.ts'
import { isTable } from './isTable.ts'
import { lakeCommand, megabytes, runCommand, type LakeOptions } from './maintenance.ts'

interface CompactOptions extends LakeOptions {
  readonly target: number
}

const PATHS = ['bronze/twitter', 'bronze/reddit', 'bronze/youtube', 'silver/posts', 'quarantine']

const HELP = `
A folder with a Delta log is a table: its small files become few, while others read and write it. Any other
folder is Bronze: the files of every hour that is over become few. Without paths: ${PATHS.join(', ')}.

Examples
  npm run compact                                      the platform's lake in ./data/lake
  npm run compact -- --lake s3://company/lake silver/posts
`

const command = lakeCommand<CompactOptions>(
  'compact',
  'Folds the small files of Delta tables and of Bronze into few larger ones',
  (made) =>
    made
      .argument('[paths...]', 'folders in the lake')
      .option('--target <MiB>', 'no file grows beyond it', megabytes, 128 * 2 ** 20)
      .addHelpText('after', HELP),
  async ({ lake, target }, paths) => {
    const store = await openLake(lake)
    const lines: string[] = []
    for (const path of paths.length > 0 ? paths : PATHS) {
      const options = { lake, path, targetBytes: target }
      const isDelta = await isTable(store, path)
      if (!isDelta && !path.startsWith('bronze')) {
        lines.push(`${path}: no table there`)
        continue
      }
      const { filesBefore, filesAfter } = await (isDelta ? compact(options) : compactRaw(options))
      lines.push(`${path}: ${filesBefore} files became ${filesAfter}`)
    }
    return lines
  },
)

await runCommand(command, process.argv.slice(2))
