import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../src/core/errors.ts'
import { readProject } from '../../../src/models/project/readProject.ts'
import { projectFolder } from '../projectFolder.ts'

describe('readProject', () => {
  it('lets inner folders, schema.yml and the model itself override outer settings', () => {
    const root = projectFolder({
      'dbt_project.yml':
        'name: shop\nmodels:\n  shop:\n    +materialized: view\n    marts:\n      +materialized: table\n      +access: public\n      daily:\n        +access: private\n',
      'models/a.sql': 'select 1',
      'models/marts/b.sql': 'select 1',
      'models/marts/daily/c.sql': 'select 1',
      'models/marts/schema.yml':
        'models:\n  - name: b\n    config: { materialized: incremental }\n    access: protected\n',
    })
    const configs = readProject(root).models.map(({ name, config }) => [
      name,
      config.materialized,
      config.access,
    ])
    expect(configs).toEqual([
      ['a', 'view', 'protected'],
      ['b', 'incremental', 'protected'],
      ['c', 'table', 'private'],
    ])
  })

  it('reads seeds, sources, macros, variables and tests', () => {
    const root = projectFolder({
      'dbt_project.yml':
        'name: shop\nvars: { days: 7, shop: { days: 8 } }\nseeds: { shop: { +column_types: { code: varchar } } }\n',
      'models/a.sql': 'select 1',
      'models/schema.yml':
        'sources:\n  - name: raw\n    tables:\n      - name: orders\n        columns: [{ name: id, data_type: bigint }, { name: note }]\nmodels:\n  - name: a\n    columns:\n      - name: id\n        data_tests: [unique, { not_null: { config: { severity: warn, where: id > 1 } } }]\n',
      'macros/m.sql': '{% macro m() %}1{% endmacro %}',
      'seeds/codes.csv': 'code\n001\n',
      'tests/nothing.sql': 'select 1 where false',
    })
    const project = readProject(root)
    expect(project.vars).toEqual({ days: 8 })
    expect(project.seeds).toMatchObject([
      { name: 'codes', config: { columnTypes: { code: 'varchar' } } },
    ])
    expect(project.sources).toMatchObject([
      { source: 'raw', table: 'orders', columns: [{ name: 'id', type: 'bigint' }] },
    ])
    expect(project.macros.map(({ file }) => file)).toEqual(['macros/m.sql'])
    expect(project.singularTests.map(({ name }) => name)).toEqual(['nothing'])
    expect(project.genericTests).toMatchObject([
      { test: 'unique', on: "ref('a')", column: 'id', config: { severity: 'error' } },
      { test: 'not_null', column: 'id', config: { severity: 'warn', where: 'id > 1' } },
    ])
  })

  it.each([
    ['a package', { 'packages.yml': 'packages: []' }, 'packages.yml: a package'],
    ['a snapshot', { 'snapshots/s.sql': 'x' }, 'snapshots/s.sql: a snapshot'],
    ['a model in Python', { 'models/m.py': 'x' }, 'models/m.py: a model in .py'],
    [
      'a hook',
      { 'dbt_project.yml': 'name: shop\non-run-end: x' },
      "dbt_project.yml:2: 'on-run-end'",
    ],
    [
      'a setting',
      {
        'dbt_project.yml': 'name: shop\nmodels:\n  shop:\n    +database: other',
        'models/a.sql': 'x',
      },
      "dbt_project.yml:4: the setting 'database'",
    ],
    [
      'a materialization',
      {
        'dbt_project.yml': 'name: shop\nmodels:\n  +materialized: dynamic_table',
        'models/a.sql': 'x',
      },
      'dbt_project.yml:3: materialized: "dynamic_table"',
    ],
  ])('refuses %s by file, line and name', (_what, files, message) => {
    const root = projectFolder(files)
    expect(() => readProject(root)).toThrow(message)
    expect(() => readProject(root)).toThrow(
      expect.objectContaining({ code: 'SBX_MODELS_UNSUPPORTED' }),
    )
  })

  it.each([
    ['YAML that is none', { 'dbt_project.yml': 'name: [' }, 'dbt_project.yml:1: '],
    ['no name', { 'dbt_project.yml': 'version: 1' }, 'no name'],
    [
      'one name twice',
      { 'models/x/a.sql': '1', 'seeds/a.csv': '1' },
      "seeds/a.csv: 'a' is also the name of models/x/a.sql",
    ],
    [
      'a model without name',
      { 'models/schema.yml': 'models:\n  - description: x' },
      'models/schema.yml:2: this has no name',
    ],
    [
      'a model that is described twice',
      { 'models/schema.yml': 'models:\n  - name: a\n  - name: b\n  - name: a\n' },
      "models/schema.yml:4: 'a' is described in models/schema.yml:2 already",
    ],
    [
      'a unit test that expects nothing',
      { 'models/schema.yml': 'unit_tests:\n  - { name: t, model: a, given: [] }\n' },
      'models/schema.yml:2: a unit test says what it expects',
    ],
    [
      'a list that is none',
      { 'models/schema.yml': 'models: x' },
      'models/schema.yml:1: expected a list',
    ],
  ])('refuses %s', (_what, files, message) => {
    expect(() => readProject(projectFolder(files))).toThrow(message)
  })

  it('refuses a folder that is no project', () => {
    expect(() => readProject('/nowhere')).toThrow(ConfigError)
  })
})
