import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import ts from 'typescript'

/** A unit that the package exports: one factory in one file. */
export interface ExportedUnit {
  readonly name: string
  readonly kind: 'source' | 'operator' | 'sink'
  /** Below the root. */
  readonly file: string
  /** What a user writes in his import. */
  readonly from: string
  /** The text of its docstring, without stars. */
  readonly doc: string
}

/** Entry points of the package, by what a user imports. */
export const ENTRIES: Readonly<Record<string, string>> = {
  sluicebox: 'src/index.ts',
  'sluicebox/kafka': 'src/kafka.ts',
  'sluicebox/parquet': 'src/parquet.ts',
  'sluicebox/duckdb': 'src/duckdb.ts',
  'sluicebox/quality': 'src/quality.ts',
  'sluicebox/testing': 'src/testing/index.ts',
}
const KINDS = { sources: 'source', operators: 'operator', sinks: 'sink', models: 'sink' } as const

const HEADS = { source: 'source', operator: 'operator', sink: 'sink, table, models' } as const

/** Every source, operator and sink that an entry point exports, in the order of the exports. */
export function exportedUnits(root: string): ExportedUnit[] {
  return Object.entries(ENTRIES).flatMap(([from, entry]) =>
    reExports(root, entry).flatMap(({ name, file }) => {
      const kind = KINDS[file.split('/')[1] as keyof typeof KINDS]
      if (kind === undefined || basename(file) !== `${name}.ts`) return []
      return [{ name, kind, file, from, doc: docOf(root, file, name) }]
    }),
  )
}

/** The units of one kind as a Markdown table. */
export function unitTable(units: readonly ExportedUnit[], kind: ExportedUnit['kind']): string {
  const rows = units
    .filter((unit) => unit.kind === kind)
    .map(
      ({ name, file, from, doc }) =>
        `| [\`${name}\`](${file}) | ${firstSentence(doc)} | \`${from}\` |`,
    )
  return [`| ${HEADS[kind]} | what it does | import from |`, '|---|---|---|', ...rows].join('\n')
}

/** Values (not types) that a file passes on. */
function reExports(root: string, entry: string): { name: string; file: string }[] {
  const path = join(root, entry)
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2024)
  return source.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) return []
    const { moduleSpecifier: specifier, exportClause: clause } = statement
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return []
    if (clause === undefined || !ts.isNamedExports(clause)) return []
    const file = join(entry, '..', specifier.text)
    return clause.elements
      .filter((element) => !element.isTypeOnly)
      .map((element) => ({ name: element.name.text, file }))
  })
}

/** The docstring in front of an exported function or constant. */
function docOf(root: string, file: string, name: string): string {
  const text = readFileSync(join(root, file), 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2024, true)
  const isIt = (node: ts.Statement): boolean =>
    ts.isFunctionDeclaration(node)
      ? node.name?.text === name
      : ts.isVariableStatement(node) &&
        node.declarationList.declarations.some(({ name: declared }) => declared.getText() === name)
  const ranges = source.statements
    .filter(isIt)
    .slice(0, 1)
    .flatMap((node) => ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [])
  const comment = ranges
    .map(({ pos, end }) => text.slice(pos, end))
    .findLast((c) => c.startsWith('/**'))
  return (comment ?? '')
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^[ \t]*\* ?/gm, '')
    .trim()
}

const firstSentence = (doc: string): string =>
  (/^.*?[.:](?=\s|$)/s.exec(doc)?.[0] ?? doc)
    .replace(/\s+/g, ' ')
    .replace(/:$/, '.')
    .replaceAll('|', '\\|')
