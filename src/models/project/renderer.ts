import { Environment, Template } from 'nunjucks'
import { SluiceboxError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { projectError, unsupported } from './projectError.ts'
import type { Place } from './projectError.ts'

/** One text with Jinja in it. */
export interface TemplateFile {
  readonly file: string
  readonly text: string
}

/** What the functions of a template are given by the one who renders it. */
export interface TemplateScope {
  ref(name: string): string
  source(source: string, table: string): string
  /** The settings that a model gives itself. */
  config(settings: Readonly<Record<string, Json>>): void
  /** What `{{ this }}` is. */
  readonly self: string
}

export interface Renderer {
  /** Rejects what it can't render with ConfigError, naming file and line. */
  render(template: TemplateFile, scope: TemplateScope): string
}

export interface RendererOptions {
  readonly project: string
  readonly schema: string
  readonly vars: Readonly<Record<string, Json>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Their macros can be called in every template, and in each other. */
  readonly macros: readonly TemplateFile[]
}

const NOT_CALLABLE = /Unable to call `([^`]+)`/
const BLOCK_TAG = /unknown block tag: (\w+)/
const FILTER = /filter not found: (\w+)/

/** Renders the part of Jinja that nunjucks and dbt have in common. */
export function createRenderer(options: RendererOptions): Renderer {
  // `dev` keeps line and cause on what nunjucks throws.
  const environment = new Environment(null, {
    autoescape: false,
    throwOnUndefined: true,
    dev: true,
  })
  const compile = ({ text, file }: TemplateFile) => new Template(text, environment, file, true)
  for (const macro of options.macros) {
    attempt([macro], () => compile(macro))
  }
  return {
    render(template, scope) {
      // nunjucks has no macros of an environment: they stand before each template.
      const files = [...options.macros, template]
      const text = files.map((file) => file.text).join('\n')
      return attempt(files, () =>
        compile({ text, file: template.file })
          .render(names(options, scope, template))
          .trim(),
      )
    },
  }
}

/** What a template may use, besides what nunjucks itself has. */
function names(options: RendererOptions, scope: TemplateScope, { file }: TemplateFile) {
  return {
    True: true,
    False: false,
    None: null,
    this: scope.self,
    execute: true,
    target: { name: 'sluicebox', type: 'duckdb', schema: options.schema },
    is_incremental: () => false,
    ref: (...given: unknown[]) => {
      const words = positional('ref', given, 2, file)
      const [first, second] = words
      if (second === undefined) return scope.ref(first ?? '')
      if (first === options.project) return scope.ref(second)
      throw unsupported({ file }, `ref('${first}', '${second}'), of another package,`)
    },
    source: (...given: unknown[]) => {
      const [source, table] = positional('source', given, 2, file)
      if (source === undefined || table === undefined) {
        throw projectError({ file }, 'source() takes the name of a source and of a table')
      }
      return scope.source(source, table)
    },
    config: (...given: unknown[]) => {
      scope.config(settings(given, file))
      return ''
    },
    var: (name: string, otherwise?: unknown) =>
      known('var', name, options.vars[name], otherwise, file),
    env_var: (name: string, otherwise?: unknown) =>
      known('env_var', name, options.env[name], otherwise, file),
  }
}

function positional(name: string, given: unknown[], most: number, file: string): string[] {
  if (given.length === 0 || given.length > most || !given.every((one) => typeof one === 'string')) {
    throw unsupported({ file }, `${name}() with anything but 1 to ${most} names`)
  }
  return given
}

function settings(given: unknown[], file: string): Record<string, Json> {
  const [object, ...more] = given
  if (typeof object !== 'object' || object === null || more.length > 0) {
    throw unsupported({ file }, 'config() with anything but name=value')
  }
  const { __keywords, ...own } = object as Record<string, Json>
  return own
}

function known(kind: string, name: string, value: unknown, otherwise: unknown, file: string) {
  const found = value ?? otherwise
  if (found !== undefined) return found
  throw projectError({ file }, `${kind}('${name}') is not set and has no default`)
}

/** Runs nunjucks on these files, one behind the other, and says in which of them it failed. */
function attempt<Result>(files: readonly TemplateFile[], work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw explain(files, error as TemplateFailure)
  }
}

/** What nunjucks throws: a line from 1, or from 0 where a called function threw the cause. */
interface TemplateFailure extends Error {
  readonly lineno?: number
  readonly cause?: Error
}

function explain(files: readonly TemplateFile[], failure: TemplateFailure): Error {
  const { cause, lineno } = failure
  if (cause instanceof SluiceboxError) return cause
  const line = lineno === undefined ? undefined : lineno + (cause === undefined ? 0 : 1)
  const message = cause?.message ?? failure.message.replace(/^\(.*\)[^\n]*\n\s*/, '')
  const [, filter] = FILTER.exec(message) ?? []
  if (filter !== undefined) {
    return unsupported(find(files, `\\|\\s*${filter}\\b`), `the filter '${filter}'`)
  }
  const place = locate(files, line)
  const [, callee] = NOT_CALLABLE.exec(message) ?? []
  if (callee !== undefined) {
    return unsupported(place, `${callee.replaceAll(/\["(\w+)"\]/g, '.$1')}()`)
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
  for (const { file, text } of files) {
    const lines = text.split('\n').length
    if (line <= before + lines) return { file, line: line - before }
    before += lines
  }
  return { file: last }
}

/** Where this pattern stands: for errors that carry no line. */
function find(files: readonly TemplateFile[], pattern: string): Place {
  const text = files.map((file) => file.text).join('\n')
  const found = new RegExp(pattern).exec(text)
  return locate(files, found === null ? undefined : text.slice(0, found.index).split('\n').length)
}
