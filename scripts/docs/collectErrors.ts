import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

const CODE = /^SBX_[A-Z0-9]+(_[A-Z0-9]+)*$/

/** Where the sources speak of one error code. */
export interface FoundCode {
  /** Classes that are constructed with the code as a literal. */
  readonly classes: Set<string>
  /** Below the root, sorted. */
  readonly files: string[]
}

/** Every error code that stands as a string in a folder of sources. */
export function collectErrors(root: string, folder = 'src'): ReadonlyMap<string, FoundCode> {
  const found = new Map<string, FoundCode>()
  for (const path of sourcesBelow(join(root, folder))) {
    const file = relative(root, path)
    const source = ts.createSourceFile(
      path,
      readFileSync(path, 'utf8'),
      ts.ScriptTarget.ES2024,
      true,
    )
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node) && CODE.test(node.text)) {
        const code = found.get(node.text) ?? { classes: new Set(), files: [] }
        found.set(node.text, code)
        if (!code.files.includes(file)) code.files.push(file)
        const name = classOf(node)
        if (name !== undefined) code.classes.add(name)
      }
      ts.forEachChild(node, visit)
    }
    visit(source)
  }
  return found
}

/** The class in `new SinkError(…, { code: 'SBX_…' })`. */
function classOf(code: ts.Node): string | undefined {
  for (let node = code.parent; !ts.isSourceFile(node); node = node.parent) {
    if (!ts.isNewExpression(node)) continue
    const name = node.expression.getText()
    return name.endsWith('Error') && /^[A-Z]/.test(name) ? name : undefined
  }
  return undefined
}

export const sourcesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(({ name }) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
