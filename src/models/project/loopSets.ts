import { unsupported } from './projectError.ts'
import type { TemplateFile } from './renderer.ts'
import { lineAt, withoutComments } from './templateText.ts'

const TAG = /\{%-?\s*(macro|(?:data_)?test|for|set|end(?:macro|(?:data_)?test|for))\b([^%]*)/g
const NAME = /[A-Za-z_]\w*/g

/** What was set in a template, a macro or a loop. */
interface Scope {
  readonly kind: 'text' | 'macro' | 'for'
  readonly begin: number
  readonly names: Set<string>
  /** Set here and in front of it: to be looked for behind its end. */
  readonly leaking: { readonly name: string; readonly index: number }[]
}

/**
 * In Jinja what a loop sets is gone with each turn; nunjucks lets it change what was set in front of the loop. Where
 * that is read again it is refused: the same template would be other SQL in dbt.
 *
 * @throws ConfigError `SBX_MODELS_UNSUPPORTED`
 */
export function refuseLoopSets(template: TemplateFile): void {
  const text = withoutComments(template.text)
  const begin = (kind: Scope['kind'], at: number, names: readonly string[] = []): Scope => {
    return { kind, begin: at, names: new Set(names), leaking: [] }
  }
  const scopes = [begin('text', 0)]
  const endOfMacro = (from: number): number => {
    const end = text.slice(from).search(/\{%-?\s*end(?:macro|(?:data_)?test)\b/)
    return end === -1 ? text.length : from + end
  }
  const isUsed = (name: string, from: number, to: number): boolean =>
    new RegExp(`\\b${name}\\b`).test(text.slice(from, to))
  for (const { 0: whole, 1: tag = '', 2: rest = '', index } of text.matchAll(TAG)) {
    const scope = scopes.at(-1)!
    if (tag === 'for') scopes.push(begin('for', index + whole.length))
    else if (tag === 'endfor' && scope.kind === 'for') {
      scopes.pop()
      const end = endOfMacro(index)
      const leak = scope.leaking.find(({ name }) => isUsed(name, index, end))
      if (leak !== undefined) throw refused(template, leak.name, leak.index)
    } else if (tag.startsWith('end')) scopes.splice(1)
    else if (tag !== 'set') {
      const [, ...parameters] = rest.match(NAME) ?? []
      scopes.splice(1, Infinity, begin('macro', index + whole.length, parameters))
    } else {
      for (const name of rest.split('=', 1)[0]!.match(NAME) ?? []) {
        const outer = scopes.slice(
          scopes.findLastIndex(({ kind }) => kind !== 'for'),
          -1,
        )
        if (scope.kind === 'for' && outer.some(({ names }) => names.has(name))) {
          if (isUsed(name, scope.begin, index)) throw refused(template, name, index)
          scope.leaking.push({ name, index })
        } else scope.names.add(name)
      }
    }
  }
}

function refused({ file, text, line: first = 1 }: TemplateFile, name: string, index: number) {
  const line = first - 1 + lineAt(text, index)
  return unsupported(
    { file, line },
    `{% set ${name} %} in a loop, of a name that was set in front of it and is read again,`,
    'Jinja forgets it with each turn: use loop.first or loop.last, or collect in a list with {% do all.append(x) %}',
  )
}
