import { unsupported } from './projectError.ts'
import type { TemplateFile } from './renderer.ts'

const TAG = /\{%-?\s*(for|endfor|set)\b\s*([^%=]*)/g

/**
 * In Jinja what a loop sets is gone with each turn; nunjucks lets it change what was set in front of the loop. So
 * that is refused: the same template would be other SQL in dbt.
 *
 * @throws ConfigError `SBX_MODELS_UNSUPPORTED`
 */
export function refuseLoopSets(template: TemplateFile): void {
  const { file, text, line: first = 1 } = template
  const outside = new Set<string>()
  let depth = 0
  for (const { 1: tag, 2: rest = '', index } of text.matchAll(TAG)) {
    if (tag === 'for') depth++
    else if (tag !== 'set') depth--
    else {
      for (const name of rest.split(',').map((one) => one.trim())) {
        if (depth === 0) outside.add(name)
        if (depth === 0 || !outside.has(name)) continue
        const line = first + text.slice(0, index).split('\n').length - 1
        throw unsupported(
          { file, line },
          `{% set ${name} %} in a loop, of a name that was set in front of it,`,
          'Jinja forgets it with each turn: use loop.first or loop.last, or collect in a list with {% do all.append(x) %}',
        )
      }
    }
  }
}
