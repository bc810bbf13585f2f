import type { Json, JsonObject } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import { projectError, unsupported } from './projectError.ts'
import type { Relation } from './relation.ts'

/** What the functions of a template are given by the one who renders it. */
export interface TemplateScope {
  ref(name: string): Relation
  source(source: string, table: string): Relation
  /** The settings that a model gives itself. */
  config(settings: Readonly<Record<string, Json>>): void
  /** The settings as they are, for `config.get`. */
  readonly settings: JsonObject
  /** What `{{ this }}` is. */
  readonly self: Relation
  /** What `is_incremental()` says. */
  readonly incremental: boolean
  /** The node's own name. */
  readonly name: string
  /** Variables and environment over those of the project: of a unit test. */
  readonly vars?: JsonObject
  readonly env?: JsonObject
  /** Further names: the arguments of a generic test. */
  readonly more?: Readonly<Record<string, unknown>>
}

export interface TemplateOptions {
  readonly project: string
  readonly schema: string
  readonly database: string
  readonly vars: JsonObject
  readonly env: Readonly<Record<string, string | undefined>>
  readonly fullRefresh: boolean
  /** The texts of `{% docs %}` blocks by their names, for descriptions. @defaultValue none */
  readonly docs?: Readonly<Record<string, string>> | undefined
}

/** What a template may use, besides what nunjucks itself has. */
export function templateNames(
  options: TemplateOptions,
  scope: TemplateScope,
  file: string,
): Record<string, unknown> {
  const vars: JsonObject = { ...options.vars, ...scope.vars }
  // Not spread: it is mostly the process's own, of which each name is a call.
  const envOf = (name: string): unknown =>
    Object.hasOwn(scope.env ?? {}, name) ? scope.env?.[name] : options.env[name]
  const ref = (...given: unknown[]) => {
    const [first = '', second] = positional('ref', given, 2, file)
    if (second === undefined) return scope.ref(first)
    if (first === options.project) return scope.ref(second)
    throw unsupported(
      { file },
      `ref('${first}', '${second}'), of another package,`,
      'copy that model into this project and use its name alone',
    )
  }
  const source = (...given: unknown[]) => {
    const [group, table] = positional('source', given, 2, file)
    if (group === undefined || table === undefined) {
      throw projectError({ file }, 'source() takes the name of a source and of a table')
    }
    return scope.source(group, table)
  }
  const { schema, database } = options
  return {
    True: true,
    False: false,
    None: null,
    this: scope.self,
    execute: true,
    model: { name: scope.name, config: scope.settings },
    schema,
    database,
    project_name: options.project,
    target: { name: 'sluicebox', type: 'duckdb', schema, database, threads: 1 },
    flags: { FULL_REFRESH: options.fullRefresh },
    is_incremental: () => scope.incremental,
    should_full_refresh: () => options.fullRefresh,
    ref,
    source,
    builtins: { ref, source },
    config: configOf(scope, file),
    var: Object.assign(
      (name: string, otherwise?: unknown) => known('var', name, vars[name], otherwise, file),
      { has_var: (name: string) => vars[name] !== undefined },
    ),
    env_var: (name: string, otherwise?: unknown) =>
      known('env_var', name, envOf(name), otherwise, file),
    doc: (...names: readonly string[]) => docOf(options.docs ?? {}, names, file),
    tojson: (value: unknown) => JSON.stringify(value),
    fromjson: (text: string) => JSON.parse(text) as unknown,
    log: () => '',
    print: () => '',
    exceptions: {
      warn: () => '',
      raise_compiler_error: (message: unknown) => {
        throw projectError({ file }, String(message))
      },
    },
    ...scope.more,
  }
}

/** `doc('name')`, or `doc('project', 'name')`. */
function docOf(docs: Readonly<Record<string, string>>, names: readonly string[], file: string) {
  const name = names.at(-1) ?? ''
  const found = Object.hasOwn(docs, name) ? docs[name] : undefined
  if (found !== undefined) return found
  const near = nearest(name, Object.keys(docs))
  const hint = near === undefined ? '' : `; is it '${near}'?`
  throw projectError({ file }, `doc('${name}'): no .md file has {% docs ${name} %}${hint}`)
}

function configOf(scope: TemplateScope, file: string) {
  const call = (...given: unknown[]) => {
    scope.config(settingsOf(given, file))
    return ''
  }
  return Object.assign(call, {
    get: (name: string, otherwise: unknown = null) => scope.settings[name] ?? otherwise,
    require: (name: string) => known('config.require', name, scope.settings[name], undefined, file),
  })
}

function positional(name: string, given: unknown[], most: number, file: string): string[] {
  if (given.length === 0 || given.length > most || !given.every((one) => typeof one === 'string')) {
    throw unsupported(
      { file },
      `${name}() with anything but 1 to ${most} names`,
      'models have no versions here: give each a name of its own',
    )
  }
  return given
}

function settingsOf(given: unknown[], file: string): Record<string, Json> {
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
