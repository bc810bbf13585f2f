import nunjucks from 'nunjucks'
import type { Json } from '../../core/json.ts'
import { explainFailure } from './explainFailure.ts'
import type { TemplateFailure } from './explainFailure.ts'
import { standIn } from './relation.ts'
import { templateNames } from './templateNames.ts'
import type { TemplateOptions, TemplateScope } from './templateNames.ts'

/** One text with Jinja in it. */
export interface TemplateFile {
  readonly file: string
  readonly text: string
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

let uninstall: (() => void) | undefined

/** Renders the part of Jinja that nunjucks and dbt have in common. */
export function createRenderer(options: RendererOptions): Renderer {
  // Lists and mappings get the methods that Python's have.
  uninstall ??= nunjucks.installJinjaCompat()
  // `dev` keeps line and cause on what nunjucks throws.
  const environment = new nunjucks.Environment(null, {
    autoescape: false,
    throwOnUndefined: true,
    dev: true,
  })
  const compile = ({ text, file }: TemplateFile) =>
    new nunjucks.Template(text, environment, file, true)
  const macros = options.macros.map(({ file, text }) => ({ file, text: asNunjucks(text) }))
  for (const macro of macros) {
    attempt([macro], () => compile(macro))
  }
  const render = (template: TemplateFile, scope: TemplateScope): string => {
    // nunjucks has no macros of an environment: they stand before each template.
    const files = [...macros, { file: template.file, text: asNunjucks(template.text) }]
    const text = files.map((file) => file.text).join('\n')
    const whole = compile.bind(undefined, { text, file: template.file })
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
