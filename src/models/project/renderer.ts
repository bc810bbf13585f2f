import nunjucks from 'nunjucks'
import type { Json } from '../../core/json.ts'
import { explainFailure } from './explainFailure.ts'
import type { TemplateFailure } from './explainFailure.ts'
import { refuseLoopSets } from './loopSets.ts'
import { installPythonValues } from './pythonValues.ts'
import { standIn } from './relation.ts'
import { templateNames } from './templateNames.ts'
import type { TemplateOptions, TemplateScope } from './templateNames.ts'

/** One text with Jinja in it. */
export interface TemplateFile {
  readonly file: string
  readonly text: string
  /** The line of the file that it begins in. @defaultValue 1 */
  readonly line?: number | undefined
}

export interface Renderer {
  /** Rejects what it can't render with ConfigError, naming file and line. */
  render(template: TemplateFile, scope: TemplateScope): string
  /** A text of a YAML file: it knows variables and the environment alone. */
  renderValue(template: TemplateFile): Json
}

export interface RendererOptions extends TemplateOptions {
  /** Their macros can be called in every template, and in each other. */
  readonly macros: readonly TemplateFile[]
}

/** What was compiled, for as long as a project's macros live: it is rendered again with other variables. */
const compiled = new WeakMap<readonly TemplateFile[], Map<string, nunjucks.Template>>()
const MACRO = /\{%-?\s*(?:macro\s+([^\s(]+)|(?:data_)?test\s+([^\s(]+))/g

/** Renders the part of Jinja that nunjucks and dbt have in common. */
export function createRenderer(options: RendererOptions): Renderer {
  installPythonValues()
  // `dev` keeps line and cause on what nunjucks throws.
  const environment = new nunjucks.Environment(null, {
    autoescape: false,
    throwOnUndefined: true,
    dev: true,
  })
  const templates = compiled.get(options.macros) ?? new Map<string, nunjucks.Template>()
  compiled.set(options.macros, templates)
  const compile = ({ text, file }: TemplateFile): nunjucks.Template => {
    const name = `${file}\n${text}`
    const known = templates.get(name)
    if (known !== undefined) return known
    const template = new nunjucks.Template(text, environment, file, true)
    templates.set(name, template)
    return template
  }
  for (const macro of options.macros) refuseLoopSets(macro)
  const macros = options.macros.map(({ file, text }) => ({
    ...{ file, text: asNunjucks(text), names: namesIn(text) },
  }))
  for (const macro of macros) {
    attempt([macro], () => compile(macro))
  }
  /** The files of macros that a text may call, and of those that these may call. */
  const macrosFor = (text: string): readonly TemplateFile[] => {
    const found = new Set<TemplateFile>()
    const look = (text: string): void => {
      for (const macro of macros) {
        if (found.has(macro) || !macro.names.some((name) => text.includes(name))) continue
        found.add(macro)
        look(macro.text)
      }
    }
    look(text)
    return macros.filter((macro) => found.has(macro))
  }
  const render = (template: TemplateFile, scope: TemplateScope): string => {
    const { file } = template
    const own = { file, text: asNunjucks(template.text), line: template.line }
    refuseLoopSets(template)
    // nunjucks has no macros of an environment: they stand before each template that may call one.
    const files = [...macrosFor(own.text), own]
    const whole = () => compile({ file, text: files.map(({ text }) => text).join('\n') })
    return attempt(files, () =>
      whole()
        .render(templateNames(options, scope, template.file))
        .trim(),
    )
  }
  return {
    render,
    renderValue(template) {
      const text = render(template, NO_SCOPE)
      return /^\s*\{\{[^{}]*\}\}\s*$/.test(template.text) ? native(text) : text
    },
  }
}

const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(MACRO)].map(([, macro, test]) => macro ?? `test_${test}`)

const NO_SCOPE: TemplateScope = {
  ref: (name) => standIn(name),
  source: (_source, table) => standIn(table),
  config: () => {},
  settings: {},
  self: standIn(''),
  incremental: false,
  name: '',
}

/** What is one expression keeps its type, as in dbt. */
function native(text: string): Json {
  if (text === 'true' || text === 'True') return true
  if (text === 'false' || text === 'False') return false
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/** Writes what dbt adds to Jinja in terms of nunjucks; lines stay where they are. */
function asNunjucks(text: string): string {
  return text
    .replaceAll(/\{%(-?)\s*(?:data_)?test\s+(\w+)\s*\(/g, '{%$1 macro test_$2(')
    .replaceAll(/\{%(-?)\s*end(?:data_)?test\s*(-?)%\}/g, '{%$1 endmacro $2%}')
    .replaceAll(/\{%(-?)\s*do\s/g, '{%$1 set _ = ')
}

/** Runs nunjucks on these files, one behind the other, and says in which of them it failed. */
function attempt<Result>(files: readonly TemplateFile[], work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw explainFailure(files, error as TemplateFailure)
  }
}
