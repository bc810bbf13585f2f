import type { JsonObject } from '../../core/json.ts'
import type { TestContext } from './compileTest.ts'
import { cteOf } from './ephemeral.ts'
import { projectError, unsupported } from './projectError.ts'
import type { CompiledModel, CompiledUnitTest } from './projectNodes.ts'
import { standIn } from './relation.ts'
import type { TemplateFile } from './renderer.ts'
import type { Fixture, UnitTest } from './unitTestProperties.ts'

export interface UnitTestContext extends TestContext {
  /** By unique id. */
  readonly models: ReadonlyMap<string, CompiledModel>
}

const INPUT = /^\s*(?:(ref|source)\(\s*(.*?)\s*\)|this)\s*$/

/** A unit test as the model's SQL over stand-ins for all that it reads. */
export function compileUnitTest(test: UnitTest, context: UnitTestContext): CompiledUnitTest {
  const { project, models, render, ctesFor } = context
  const { place, overrides } = test
  const file = project.models.find(({ name }) => name === test.model)
  const model = models.get(`model.${project.name}.${test.model}`)
  if (file === undefined || model === undefined) {
    throw projectError(place, `there is no model '${test.model}' for the test '${test.name}'`)
  }
  const ctes = new Map<string, string>()
  for (const { input } of test.given) ctes.set(keyOf(input, place.file), cteName(input, model.name))
  const needed = (key: string): ReturnType<typeof standIn> => {
    const cte = ctes.get(key)
    if (cte !== undefined) return standIn(cte)
    throw projectError(place, `the model reads ${key}, for which '${test.name}' gives no rows`)
  }
  const { macros, vars, envVars } = overrides
  const rendered = render(withMacros(file, macros), file.config, {
    name: model.name,
    self: ctes.has('this') ? standIn(cteName('this', model.name)) : standIn(model.relation),
    incremental: macros['is_incremental'] === true,
    ref: (name) => needed(`ref('${name}')`),
    source: (source, table) => needed(`source('${source}', '${table}')`),
    ...{ vars, env: envVars },
  })
  const like = (input: string): string => {
    if (keyOf(input, place.file) === 'this') return model.relation
    const one = render({ ...place, text: `select * from {{ ${input} }}` }, file.config)
    const all = ctesFor(one.reads)
    const ephemeral = all.map(([name, query]) => `${name} as (\n${query}\n)`).join(',\n')
    return `(${ephemeral === '' ? '' : `with ${ephemeral} `}${one.sql})`
  }
  const folders = file.fqn.slice(0, -1)
  return {
    uniqueId: `unit_test.${project.name}.${model.name}.${test.name}`,
    ...{ name: test.name, file: place.file, fqn: [...folders, model.name, test.name] },
    ...{ config: test.config, reads: [model.uniqueId], model: model.uniqueId },
    ...{ description: test.description, place, sql: rendered.sql },
    inputs: test.given.map(({ input, rows }) => ({
      cte: cteName(input, model.name),
      input,
      like: like(input),
      rows: withRows(rows, project.fixtures),
    })),
    expect: withRows(test.expect, project.fixtures),
  }
}

/** One spelling for each input. */
function keyOf(input: string, file: string): string {
  const [, kind, names = ''] = INPUT.exec(input) ?? []
  if (kind === undefined) {
    if (input.trim() === 'this') return 'this'
    throw projectError({ file }, `'${input}' is no input: ref('…'), source('…', '…') or this`)
  }
  const words = [...names.matchAll(/['"]([^'"]*)['"]/g)].map(([, word]) => word)
  return `${kind}(${words.map((word) => `'${word}'`).join(', ')})`
}

const cteName = (input: string, model: string): string =>
  cteOf(input.trim() === 'this' ? `${model}__this` : (input.match(/\w+/g) ?? []).join('_'))

/** The model's text behind macros that give what the test says. */
function withMacros({ file, text }: TemplateFile, macros: JsonObject): TemplateFile {
  const own = Object.entries(macros).filter(([name]) => name !== 'is_incremental')
  const before = own.map(([name, value]) => {
    if (name.includes('.')) throw unsupported({ file }, `an override of ${name}`)
    return `{% macro ${name}() %}${String(value)}{% endmacro %}`
  })
  return { file, text: `${before.join('')}${text}` }
}

/** Rows that stand in a file are read from there. */
function withRows(rows: Fixture, files: Readonly<Record<string, TemplateFile>>): Fixture {
  if (rows.fixture === undefined) return rows
  const file = files[rows.fixture]
  if (file === undefined) {
    throw projectError(rows.place, `there is no tests/fixtures/${rows.fixture}.csv or .sql`)
  }
  return { ...rows, rows: file.text }
}
