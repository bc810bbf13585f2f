import { describe, expect, it } from 'vitest'
import { compileProject } from '../../../src/models/project/compileProject.ts'
import { readProject } from '../../../src/models/project/readProject.ts'
import { projectFolder } from '../projectFolder.ts'

const compile = (files: Readonly<Record<string, string>>, env: Record<string, string> = {}) =>
  compileProject(readProject(projectFolder(files)), { schema: 'main', env })
const sqlOf = (files: Readonly<Record<string, string>>, env?: Record<string, string>) =>
  Object.fromEntries(compile(files, env).models.map(({ name, sql }) => [name, sql]))

describe('compileProject', () => {
  it('puts every model behind those that it reads', () => {
    const { models } = compile({
      'models/a.sql': "select * from {{ ref('z') }} join {{ ref('m') }}",
      'models/m.sql': "select * from {{ ref('z') }}",
      'models/z.sql': 'select 1',
    })
    expect(models.map(({ name }) => name)).toEqual(['z', 'm', 'a'])
  })

  it('publishes public models as tables and keeps the others to the build', () => {
    const { models } = compile({
      'models/a.sql': "{{ config(access='protected', materialized='view') }} select 1",
      'models/b.sql': "{{ config(access='private') }} select 1",
      'models/c.sql': "{{ config(materialized='view') }} select * from {{ ref('a') }}",
      'models/d.sql': "{{ config(access='private', materialized='ephemeral') }} select 1",
    })
    expect(models.map(({ relation, stored, published }) => [relation, stored, published])).toEqual([
      ['"memory"."main"."a"', 'view', false],
      ['"memory"."main"."b"', 'table', false],
      ['"gold"."main"."c"', 'table', true],
      ['__dbt__cte__d', 'ephemeral', false],
    ])
    expect(models[2]?.sql).toBe('select * from "memory"."main"."a"')
  })

  it('renders loops, conditions, variables, macros and comments', () => {
    const files = {
      'dbt_project.yml': 'name: shop\nvars: { days: 7 }',
      'macros/m.sql': '{% macro from_of(name) -%}\nfrom {{ ref(name) }}\n{%- endmacro %}',
      'models/a.sql': 'select 1',
      'models/b.sql':
        "{# no word of this #}{% set columns = ['x', 'y'] %}select {% for column in columns %}{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}, {{ var('days') }}, {{ var('more', 2) }}, '{{ env_var('HOME_TOWN') }}' {{ from_of('a') }}{% if is_incremental() %} where false{% endif %} -- {{ this }} {{ target.type }}",
    }
    expect(sqlOf(files, { HOME_TOWN: 'x' })['b']).toBe(
      'select x, y, 7, 2, \'x\' from "memory"."main"."a" -- "memory"."main"."b" duckdb',
    )
  })

  it('leaves disabled models out', () => {
    const { models } = compile({
      'models/a.sql': 'select 1',
      'models/b.sql': '{{ config(enabled=false) }} select 1',
    })
    expect(models.map(({ name }) => name)).toEqual(['a'])
  })

  it('lists the sources that are read', () => {
    const { sources } = compile({
      'models/a.sql': "select * from {{ source('raw', 'orders') }}",
      'models/schema.yml':
        'sources:\n  - name: raw\n    tables: [{ name: orders }, { name: unread }]',
    })
    expect(sources.map(({ relation }) => relation)).toEqual(['"memory"."source_raw"."orders"'])
  })

  it('compiles tests to queries for failing rows', () => {
    const { tests } = compile({
      'models/a.sql': 'select 1 as id',
      'models/schema.yml': `models:
  - name: a
    data_tests:
      - unique: { arguments: { column_name: id + 1 }, name: its_successor }
    columns:
      - name: id
        tests:
          - unique
          - not_null: { where: id > 0, severity: warn }
          - accepted_values: { values: [1, "it's"], quote: true }
          - accepted_values: { arguments: { values: [1, 2], quote: false } }
          - relationships: { to: ref('a'), field: id }
`,
      'tests/t.sql': "{{ config(severity='warn') }} select * from {{ ref('a') }} where id < 0",
    })
    const shown = tests.map(({ name, file, sql, severity }) => ({ name, file, sql, severity }))
    expect(shown).toMatchSnapshot()
  })

  it.each([
    [
      'models that read each other',
      { 'models/a.sql': "{{ ref('b') }}", 'models/b.sql': "{{ ref('a') }}" },
      'a → b → a',
    ],
    [
      'a model that is not there',
      { 'models/a.sql': "x\n{{ ref('b') }}" },
      "models/a.sql:2: ref('b'): no model",
    ],
    [
      'a source that is not there',
      { 'models/a.sql': "{{ source('r', 's') }}" },
      "source('r', 's') is in no schema.yml",
    ],
    ['a variable that is not set', { 'models/a.sql': "{{ var('x') }}" }, "var('x') is not set"],
    [
      'a name that is not set',
      { 'models/a.sql': 'x\ny\n{{ nothing }}' },
      'models/a.sql:3: a name that is not set',
    ],
    [
      'a test without what it takes',
      {
        'models/a.sql': 'x',
        'models/schema.yml':
          'models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - relationships: { to: a }',
      },
      'models/schema.yml:6: relationships takes',
    ],
    [
      'a misspelt condition of a test',
      {
        'models/a.sql': 'x',
        'models/schema.yml':
          "models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - not_null: { wher: 'id > 1' }",
      },
      "models/schema.yml:6: the test 'not_null' takes no 'wher', but config",
    ],
    [
      'a test of no column',
      { 'models/a.sql': 'x', 'models/schema.yml': 'models:\n  - name: a\n    tests: [unique]' },
      "models/schema.yml:3: the test 'unique' names no column",
    ],
  ])('refuses %s', (_what, files, message) => {
    const act = () => compile(files)
    expect(act).toThrow(message)
    expect(act).toThrow(expect.objectContaining({ code: 'SBX_MODELS_PROJECT' }))
  })

  it.each([
    ["x\n\n{{ dbt_utils.star(ref('a')) }}", 'models/a.sql:3: dbt_utils.star()'],
    ['{{ adapter.dispatch("x") }}', 'models/a.sql:1: adapter.dispatch()'],
    ['x\n{% do rows.append(1) %}', 'models/a.sql:2: rows.append()'],
    ['x\n{% snapshot s %}x{% endsnapshot %}', 'models/a.sql:2: {% snapshot %}'],
    ["x\n\n{{ 'x' | as_native }}", "models/a.sql:3: the filter 'as_native'"],
    ["x\n{% call statement('x') %}y{% endcall %}", 'models/a.sql:2: statement()'],
    ["\n{{ config(pre_hook='x') }}", "models/a.sql:2: the setting 'pre_hook'"],
    ["{{ config(materialized='dynamic') }}", 'models/a.sql:1: materialized: "dynamic"'],
    ["x\n\n{{ ref('other', 'b') }}", "models/a.sql:3: ref('other', 'b')"],
    ["{{ ref('b', v=2) }}", 'models/a.sql:1: ref() with anything but'],
    [
      '{% set first = true %}\n{% for x in [1] %}\n{%- set first = false %}{% endfor %}{{ first }}',
      'models/a.sql:3: {% set first %} in a loop',
    ],
    [
      '{% set first = true %}{% for x in [1] %}{% if first %},{% endif %}\n{% set first = false %}{% endfor %}',
      'models/a.sql:2: {% set first %} in a loop',
    ],
    [
      '{% for a in [1] %}{% set f = 1 %}{% for b in [1] %}{% set f = 0 %}{% endfor %}{{ f }}{% endfor %}',
      'models/a.sql:1: {% set f %} in a loop',
    ],
    [
      '{% macro n(m) %}{% for x in [1] %}{% set m = 2 %}{% endfor %}{{ m }}{% endmacro %}',
      'models/a.sql:1: {% set m %} in a loop',
    ],
    ["\n{{ config(access='public', alias='b') }}", "models/a.sql:2: alias 'b' of a public model"],
    ["{{ config(access='public', schema='b') }}", "models/a.sql:1: schema 'b' of a public model"],
  ])('refuses %s by file, line and name', (sql, message) => {
    const act = () =>
      compile({ 'macros/m.sql': '{% macro m() %}\n1\n{% endmacro %}\n', 'models/a.sql': sql })
    expect(act).toThrow(message)
    expect(act).toThrow(expect.objectContaining({ code: 'SBX_MODELS_UNSUPPORTED' }))
  })

  it('lets a loop set what is its own, and models that are not published have other names', () => {
    const sql =
      "{{ config(access='private', alias='b', schema='c') }}{% for x in [1, 2] %}{% set y = x * 2 %}{{ y }}{% endfor %}"
    expect(compile({ 'models/a.sql': sql }).models[0]!.sql).toBe('24')
    const macros = `{# {% for x in y %}{% set sep = 1 %} #}
{% macro one() %}{% set sep = 1 %}{% endmacro %}
{% macro two(xs) %}{% set all = [] %}{% for x in xs %}{% set sep = x %}{% do all.append(sep) %}{% endfor %}{{ all | join(',') }}{% endmacro %}`
    expect(
      compile({ 'macros/m.sql': macros, 'models/a.sql': '{{ two([1, 2]) }}' }).models[0]!.sql,
    ).toBe('1,2')
  })

  it('refuses macros by which dbt names schemas and models', () => {
    const macro = '\n{% macro generate_schema_name(name, node) %}x{% endmacro %}'
    expect(() => compile({ 'macros/m.sql': macro, 'models/a.sql': 'x' })).toThrow(
      'macros/m.sql:2: the macro generate_schema_name is not supported here; name files',
    )
  })

  it('names the line of schema.yml in which a template fails', () => {
    const yaml =
      'models:\n  - name: a\n    config:\n      tags: [x]\n      severity: "{{ var(\'nothing\') }}"'
    expect(() => compile({ 'models/a.sql': 'x', 'models/schema.yml': yaml })).toThrow(
      "models/schema.yml:5: var('nothing') is not set",
    )
  })

  it('reads descriptions from docs blocks, and properties of singular tests', () => {
    const project = compile({
      'models/a.sql': 'x',
      'models/notes.md': '# Notes\n{% docs a_text %}\nEvery `a`.\n{% enddocs %}',
      'models/schema.yml':
        'models:\n  - { name: a, description: "{{ doc(\'a_text\') }}", columns: [{ name: id, tags: key, tests: [unique] }] }',
      'tests/none.sql': "from {{ ref('a') }}",
      'tests/schema.yml':
        'data_tests: [{ name: none, description: No rows., config: { severity: warn, tags: [slow] } }]',
    })
    expect(project.models[0]!.description).toBe('Every `a`.')
    const [unique, none] = project.tests
    // A test has the tags of its column.
    expect(unique).toMatchObject({ name: 'unique_a_id', config: { tags: ['key'] } })
    expect(none).toMatchObject({
      ...{ name: 'none', description: 'No rows.', severity: 'warn' },
      config: { tags: ['slow'] },
    })
  })

  it.each([
    [
      'models:\n  - name: a\n    description: "{{ doc(\'a_txt\') }}"',
      "models/schema.yml:3: doc('a_txt'): no .md file has {% docs a_txt %}; is it 'a_text'?",
    ],
  ])('refuses %j', (yaml, message) => {
    const files = { 'models/a.sql': 'x', 'models/orders.sql': 'x', 'models/schema.yml': yaml }
    const docs = '{% docs a_text %}A.{% enddocs %}'
    expect(() => compile({ ...files, 'models/notes.md': docs })).toThrow(message)
  })

  it('warns of what is described and is not there, as dbt does', () => {
    const yaml = 'models:\n  - name: a\n  - name: orderss\ndata_tests: [{ name: a }]'
    const files = { 'models/a.sql': 'x', 'models/orders.sql': 'x', 'models/schema.yml': yaml }
    expect(readProject(projectFolder({ 'dbt_project.yml': 'name: p', ...files })).warnings).toEqual(
      [
        "models/schema.yml:3: 'orderss' is described here, and no model or seed has this name; is it 'orders'?",
        "models/schema.yml:4: 'a' is described here, and no singular test has this name",
      ],
    )
  })

  it.each([
    [
      { 'models/n.md': '{% docs a %}1{% enddocs %}\n{% docs a %}2{% enddocs %}' },
      'models/n.md:2: there is another {% docs a %}',
    ],
    [{ 'models/n.md': '{% docs a %}1' }, 'models/n.md: a {% docs %} block has no name or no'],
    [
      { 'tests/none.sql': "{{ config(where='id > 1') }} from {{ ref('a') }}" },
      "tests/none.sql: `where` of the singular test 'none' is not supported here; write the condition",
    ],
  ])('refuses %j', (files, message) => {
    expect(() => compile({ 'models/a.sql': 'x', ...files })).toThrow(message)
  })

  it('says which macro an error is in', () => {
    const macro = '{% macro m() %}\n\n{{ run_query("x") }}{% endmacro %}'
    expect(() => compile({ 'macros/m.sql': macro, 'models/a.sql': 'x\n{{ m() }}' })).toThrow(
      'macros/m.sql:3: run_query()',
    )
    const reading = "{% macro m() %}\n\n{{ var('x') }}{% endmacro %}"
    expect(() => compile({ 'macros/m.sql': reading, 'models/a.sql': 'x\n{{ m() }}' })).toThrow(
      "macros/m.sql:3: var('x') is not set",
    )
  })

  it('refuses a generic test that it does not have', () => {
    const yaml = 'models:\n  - name: a\n    columns:\n      - name: id\n        tests: [positive]'
    expect(() => compile({ 'models/a.sql': 'x', 'models/schema.yml': yaml })).toThrow(
      "models/schema.yml:5: the generic test 'positive' is not supported",
    )
  })
})
