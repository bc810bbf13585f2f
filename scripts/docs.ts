// Brings the generated parts of the documentation up to date and makes the data catalog (`docs/site.ts`, which says
// what its options are): `npm run docs`. With `--check` it changes nothing and exits 1 where the parts are not.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, mermaid, type Topology } from '../src/index.ts'
import { errorPage } from './docs/errorPage.ts'
import { fillRegions } from './docs/regions.ts'
import { collectCatalog } from './docs/site/collectCatalog.ts'
import { dictionary } from './docs/site/dictionary.ts'
import { ENTRIES, exportedUnits, unitTable, type ExportedUnit } from './docs/unitTable.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

/** Every Markdown file that people read. */
export const documents = (): string[] => [
  ...['README.md', 'CONTRIBUTING.md'],
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file))
    .sort(),
]

/** The documents whose generated parts are not up to date, with what they should be; and what is wrong. */
export async function staleDocuments(): Promise<{
  readonly stale: ReadonlyMap<string, string>
  readonly faults: readonly string[]
}> {
  const { page, faults } = errorPage(root)
  const units = exportedUnits(root)
  const make = async (what: string): Promise<string> => {
    const [kind = '', ...words] = what.split(' ')
    switch (kind) {
      case 'code':
        return codeBlock(words[0]!)
      case 'picture':
        return picture(words[0]!, words[1]!)
      case 'units':
        return unitTable(units, words[0] as ExportedUnit['kind'])
      case 'errors':
        return page
      case 'dictionary':
        return dictionary(await collectCatalog())
      case 'decisions':
        return decisions()
      default:
        throw new Error(`nothing is known to be generated as '${what}'`)
    }
  }
  const stale = new Map<string, string>()
  for (const file of documents()) {
    const text = read(file)
    const filled = await fillRegions(text, make)
    if (filled !== text) stale.set(file, filled)
  }
  return { stale, faults }
}

/** An example as its reader would write it: importing the package. */
function codeBlock(file: string): string {
  const code = Object.entries(ENTRIES).reduce(
    (text, [name, entry]) => text.replaceAll(`'../${entry}'`, `'${name}'`),
    read(file),
  )
  return `\`\`\`ts ${basename(file)}\n${code.trim()}\n\`\`\``
}

/** A topology drawn from its own description; its factory is called with placeholders for settings. */
async function picture(file: string, name: string): Promise<string> {
  const module = (await import(join(root, file))) as Record<string, unknown>
  const build = module[name] as (settings: object) => Topology
  const topology = build({ lake: './lake', landing: './landing' })
  return `\`\`\`mermaid\n${mermaid(describe(topology)).trim()}\n\`\`\``
}

function decisions(): string {
  const files = readdirSync(join(root, 'docs/decisions')).filter((file) => file !== 'README.md')
  return files
    .sort()
    .map((file) => `- [${/^# (.+)$/m.exec(read(`docs/decisions/${file}`))?.[1] ?? file}](${file})`)
    .join('\n')
}

if (import.meta.main) {
  const { stale, faults } = await staleDocuments()
  for (const fault of faults) console.error(fault)
  const check = process.argv.includes('--check')
  for (const [file, text] of stale) {
    if (!check) writeFileSync(join(root, file), text)
    console.error(`${file} ${check ? 'is not up to date: run npm run docs' : 'brought up to date'}`)
  }
  if (faults.length > 0 || (check && stale.size > 0)) process.exitCode = 1
  if (!check) await import('./docs/site.ts')
}
