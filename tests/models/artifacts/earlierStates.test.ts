import { describe, expect, it } from 'vitest'
import { earlierStates } from '../../../src/models/artifacts/earlierStates.ts'
import { manifestOf } from '../../../src/models/artifacts/manifest.ts'
import { compileProject } from '../../../src/models/project/compileProject.ts'
import { readProject } from '../../../src/models/project/readProject.ts'
import { selectNodes } from '../../../src/models/project/selectNodes.ts'
import { selectableNodes } from '../../../src/models/project/selectable.ts'
import { projectFolder } from '../projectFolder.ts'

const FILES = {
  'dbt_project.yml': 'name: shop',
  'macros/m.sql':
    '{% macro twice(x) %}{{ plus(x, x) }}{% endmacro %}\n{% macro plus(a, b) %}{{ a }} + {{ b }}{% endmacro %}',
  'models/a.sql': 'select {{ twice(1) }} as n',
  'models/b.sql': "select n from {{ ref('a') }}",
  'models/schema.yml': `models:
  - { name: b, columns: [{ name: n, data_tests: [not_null] }] }
unit_tests:
  - name: adds
    model: b
    given: [{ input: "ref('a')", format: csv, rows: "n\\n1\\n" }]
    expect: { rows: [{ n: 1 }] }
`,
}

/** The manifest of these files as dbt would write it: without our digests, with what calls which macro. */
function theirs(files: Readonly<Record<string, string>>) {
  const project = compileProject(readProject(projectFolder(files)), { schema: 'main', env: {} })
  const manifest = structuredClone(manifestOf(project, { id: '', startedMs: 0, nowMs: 0 })) as never
  const { metadata, nodes, macros, unit_tests } = manifest as Record<string, Record<string, never>>
  delete (metadata as Record<string, unknown>)['env']
  const calls = { macros: ['macro.shop.twice', 'macro.dbt.is_incremental'] }
  Object.assign(nodes!['model.shop.a']!, { depends_on: calls })
  Object.assign(macros!['macro.shop.twice']!, { depends_on: { macros: ['macro.shop.plus'] } })
  Object.assign(unit_tests!['unit_test.shop.b.adds']!, {
    given: [{ input: "ref('a')", format: 'csv', rows: [{ n: '1' }], fixture: null }],
  })
  return { project, manifest }
}

function modified(files: Readonly<Record<string, string>>): string[] {
  const { manifest } = theirs(FILES)
  const { project } = theirs({ ...FILES, ...files })
  const now = manifestOf(project, { id: '', startedMs: 0, nowMs: 0 })
  const nodes = selectableNodes(project)
  const earlier = earlierStates(manifest, now, nodes)
  return [...selectNodes(nodes, { select: 'state:modified' }, earlier)]
    .map((id) => id.split('.').slice(0, 3).join('.'))
    .sort()
}

describe('by a manifest of dbt', () => {
  it.each([
    ['nothing', {}, []],
    ['a model', { 'models/a.sql': 'select 1 as n' }, ['model.shop.a']],
    [
      'a setting',
      {
        'models/b.sql': FILES['models/b.sql'],
        'dbt_project.yml': 'name: shop\nmodels: { +tags: [x] }',
      },
      ['model.shop.a', 'model.shop.b', 'test.shop.not_null_b_n', 'unit_test.shop.b'],
    ],
    [
      'a macro that another one calls',
      { 'macros/m.sql': FILES['macros/m.sql'].replace(' + ', ' - ') },
      ['model.shop.a'],
    ],
    [
      'a unit test',
      { 'models/schema.yml': FILES['models/schema.yml'].replace('[{ n: 1 }]', '[{ n: 2 }]') },
      ['unit_test.shop.b'],
    ],
    ['a new model', { 'models/c.sql': 'select 1 as n' }, ['model.shop.c']],
  ])('finds %s changed', (_what, files, want) => {
    expect(modified(files)).toEqual(want)
  })
})
