import { SluiceboxError } from '../../core/errors.ts'
import { projectError, unsupported, raisedAt } from './projectError.ts'
import type { Place } from './projectError.ts'
import type { TemplateFile } from './renderer.ts'
import { lineAt } from './templateText.ts'

/** What nunjucks throws: a line from 1, or from 0 where a called function threw the cause. */
export interface TemplateFailure extends Error {
  readonly lineno?: number
  readonly cause?: Error
}

const NOT_CALLABLE = /Unable to call `([^`]+)`/
const BLOCK_TAG = /unknown block tag: (\w+)/
const FILTER = /filter not found: (\w+)/

/** The way round what is called and is not there. */
const WAYS: readonly (readonly [RegExp, string])[] = [
  [/^dbt_utils\.|^dbt_expectations\./, "copy the macro into the project's own macros folder"],
  [/^(adapter|dbt)\./, 'write the SQL for DuckDB itself'],
  [
    /^run_query$|^statement$|^load_result$/,
    'compute it in SQL: in a CTE, or in a model that is read',
  ],
  [/^return$/, 'let the macro write its result out'],
  [
    /^modules\.|^run_started_at$/,
    'give the value as a variable: the same run makes the same tables',
  ],
  [/^namespace$/, 'collect in a list: {% do all.append(x) %}'],
]

/** Says in which of these files, rendered one behind the other, nunjucks failed and why. */
export function explainFailure(files: readonly TemplateFile[], failure: TemplateFailure): Error {
  const { cause, lineno } = failure
  const line = lineno === undefined ? undefined : lineno + (cause === undefined ? 0 : 1)
  if (cause instanceof SluiceboxError)
    return raisedAt(cause, files.at(-1)?.file ?? '', locate(files, line))
  const message = cause?.message ?? failure.message.replace(/^\(.*\)[^\n]*\n\s*/, '')
  const [, filter] = FILTER.exec(message) ?? []
  if (filter !== undefined) {
    return unsupported(find(files, `\\|\\s*${filter}\\b`), `the filter '${filter}'`)
  }
  const place = locate(files, line)
  const [, callee] = NOT_CALLABLE.exec(message) ?? []
  if (callee !== undefined) {
    const name = callee.replaceAll(/\["(\w+)"\]/g, '.$1')
    return unsupported(place, `${name}()`, WAYS.find(([names]) => names.test(name))?.[1])
  }
  const [, tag] = BLOCK_TAG.exec(message) ?? []
  if (tag !== undefined) return unsupported(place, `{% ${tag} %}`)
  if (message.startsWith('attempted to output null')) {
    return projectError(place, 'a name that is not set, or is null, is written out', failure)
  }
  return projectError(place, message, failure)
}

/** The file and its line that this line of all files together is. */
function locate(files: readonly TemplateFile[], line: number | undefined): Place {
  const last = files.at(-1)?.file ?? ''
  if (line === undefined) return { file: last }
  let before = 0
  for (const { file, text, line: first = 1 } of files) {
    const lines = text.split('\n').length
    if (line <= before + lines) return { file, line: first - 1 + line - before }
    before += lines
  }
  return { file: last }
}

/** Where this pattern stands: for errors that carry no line. */
function find(files: readonly TemplateFile[], pattern: string): Place {
  const text = files.map((file) => file.text).join('\n')
  const found = new RegExp(pattern).exec(text)
  return locate(files, found === null ? undefined : lineAt(text, found.index))
}
