import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { documents } from '../../scripts/docs.ts'
import { sourcesBelow } from '../../scripts/docs/collectErrors.ts'
import { ENTRIES } from '../../scripts/docs/unitTable.ts'

export const root = join(import.meta.dirname, '../..')

/** A piece of TypeScript that people read. */
export interface CodeBlock {
  /** Where it stands: `README.md:12`. */
  readonly where: string
  /** The document or source that it stands in. */
  readonly document: string
  /** The name that other blocks of the document import it by. */
  readonly file: string
  readonly code: string
  /** Marked with `run`: it does what it says when it is run. */
  readonly runs: boolean
}

const FENCE = /^```ts(?: (?<info>.*))?\n(?<code>[\s\S]*?)^```$/gm
const EXAMPLE = /@example\s*\n \* ```ts\n(?<code>[\s\S]*?) \* ```/g

/** Every ```` ```ts ```` block of every document. A word that ends in `.ts` behind `ts` is its file's name. */
export function documentedBlocks(): CodeBlock[] {
  return documents().flatMap((document) => {
    const text = readFileSync(join(root, document), 'utf8')
    return [...text.matchAll(FENCE)].map(({ index, groups }, n) => {
      const words = (groups!['info'] ?? '').split(' ')
      return {
        where: `${document}:${lineAt(text, index)}`,
        document,
        file: words.find((word) => word.endsWith('.ts')) ?? `block${n}.ts`,
        code: groups!['code']!,
        runs: words.includes('run'),
      }
    })
  })
}

/** Every `@example` of every docstring in `src/`, with imports for what it uses of its file and the package. */
export function docstringExamples(): CodeBlock[] {
  const exported = publicNames()
  return sourcesBelow(join(root, 'src')).flatMap((path) => {
    const text = readFileSync(path, 'utf8')
    const own = [...text.matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)]
    const names = new Map([...exported, ...own.map(([, name]) => [name!, path] as const)])
    return [...text.matchAll(EXAMPLE)].map(({ index, groups }, n) => {
      const code = groups!['code']!.replace(/^ \* ?/gm, '')
      const document = relative(root, path)
      return {
        where: `${document}:${lineAt(text, index)}`,
        document,
        file: `${document.replaceAll('/', '_')}.${n}.ts`,
        code: `${importsFor(code, names)}\n${code}\nexport {}\n`,
        runs: false,
      }
    })
  })
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length

/** What the package exports, with the file of its entry point. */
function publicNames(): Map<string, string> {
  const names = new Map<string, string>()
  for (const entry of Object.values(ENTRIES)) {
    const path = join(root, entry)
    const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2024)
    for (const statement of source.statements) {
      if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) continue
      if (!ts.isNamedExports(statement.exportClause)) continue
      for (const { name } of statement.exportClause.elements) names.set(name.text, path)
    }
  }
  return names
}

function importsFor(code: string, names: ReadonlyMap<string, string>): string {
  const words = new Set(code.match(/\b[A-Za-z]\w*\b/g))
  const declared = new Set(Array.from(code.matchAll(/\bconst (\w+)/g), ([, name]) => name!))
  const lines = [...names]
    .filter(([name]) => words.has(name) && !declared.has(name))
    .map(([name, path]) => `import { ${name} } from '${path}'`)
  if (words.has('v')) lines.push("import * as v from 'valibot'")
  return lines.join('\n')
}

/** The blocks that a document's may import: its own, and what the README has named. */
export function blocksBeside(document: string, blocks: readonly CodeBlock[]): CodeBlock[] {
  const own = blocks.filter((block) => block.document === document)
  const names = new Set(own.map(({ file }) => file))
  const isShared = ({ document: from, file }: CodeBlock): boolean =>
    from === 'README.md' && !file.startsWith('block') && !names.has(file)
  return [...blocks.filter(isShared), ...own]
}

/** Where a block's file would lie if it were one: beside its document. */
export const folderOf = (document: string): string =>
  join(root, dirname(document), `.${document.replaceAll('/', '_')}.blocks`)
