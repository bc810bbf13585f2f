import { dirname, join } from 'node:path'
import ts from 'typescript'
import { ENTRIES } from '../../scripts/docs/unitTable.ts'
import { root } from './codeBlocks.ts'

/**
 * Type-checks files that are on no disk, as if they lay at their paths, with the project's own settings;
 * 'sluicebox' is its sources.
 *
 * @returns what is wrong, by path
 */
export function typeCheck(files: ReadonlyMap<string, string>): ReadonlyMap<string, string[]> {
  const read = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path))
  const config: unknown = read.config
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const folders = new Set([...files.keys()].map((path) => dirname(path)))
  Object.assign(options, {
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: Object.fromEntries(
      Object.entries(ENTRIES).map(([name, entry]) => [name, [join(root, entry)]]),
    ),
  })
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile, directoryExists } = host
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.readFile = (path) => files.get(path) ?? readFile(path)
  host.directoryExists = (path) => folders.has(path) || (directoryExists?.(path) ?? true)
  host.getSourceFile = (path, ...rest) => {
    const text = files.get(path)
    return text === undefined
      ? getSourceFile(path, ...rest)
      : ts.createSourceFile(path, text, ...(rest.slice(0, 1) as [ts.ScriptTarget]))
  }
  const program = ts.createProgram([...files.keys()], options, host)
  const faults = new Map<string, string[]>()
  for (const path of files.keys()) {
    const source = program.getSourceFile(path)
    const found = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]
    faults.set(
      path,
      found.map(({ messageText, start }) => {
        const line = source!.getLineAndCharacterOfPosition(start ?? 0).line + 1
        return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
      }),
    )
  }
  return faults
}
