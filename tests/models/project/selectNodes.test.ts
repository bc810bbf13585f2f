import { rmSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../../src/core/errors.ts'
import { compileProject } from '../../../src/models/project/compileProject.ts'
import { readProject } from '../../../src/models/project/readProject.ts'
import { selectNodes } from '../../../src/models/project/selectNodes.ts'
import type { EarlierState, Selection } from '../../../src/models/project/selectNodes.ts'
import { selectableNodes } from '../../../src/models/project/selectable.ts'
import { temporaryProject } from '../projectFolder.ts'

// raw.orders → stg → mid → mart, and side beside them.
const files = {
  'dbt_project.yml': 'name: shop\nmodels: { shop: { marts: { +tags: [daily] } } }',
  'models/staging/stg.sql': "select * from {{ source('raw', 'orders') }}",
  'models/mid.sql': "select * from {{ ref('stg') }} join {{ ref('side') }}",
  'models/side.sql': "{{ config(tags=['slow'], materialized='table') }} select 1",
  'models/marts/mart.sql': "select * from {{ ref('mid') }}",
  'models/schema.yml': `sources: [{ name: raw, tables: [{ name: orders }] }]
models:
  - name: mart
    columns: [{ name: id, data_tests: [unique] }]
  - name: side
    columns: [{ name: id, data_tests: [not_null] }]
`,
}
const root = temporaryProject(files)
afterAll(() => rmSync(root, { recursive: true, force: true }))
const nodes = selectableNodes(compileProject(readProject(root), { schema: 'main', env: {} }))

/** The models that are selected, by their names. */
const chosen = (selection: Selection, earlier?: EarlierState) =>
  [...selectNodes(nodes, selection, earlier)]
    .filter((id) => id.startsWith('model.'))
    .map((id) => id.slice('model.shop.'.length))
    .sort()
const of = (select: string, exclude?: string) => chosen({ select, exclude })

describe('selectNodes', () => {
  it('takes everything where nothing is named', () => {
    expect(chosen({})).toEqual(['mart', 'mid', 'side', 'stg'])
    expect(chosen({ exclude: 'mid' })).toEqual(['mart', 'side', 'stg'])
  })

  it.each([
    ['mid', ['mid']],
    ['+mid', ['mid', 'side', 'stg']],
    ['+mid+', ['mart', 'mid', 'side', 'stg']],
    ['1+mid+1', ['mart', 'mid', 'side', 'stg']],
    ['1+mart', ['mart', 'mid']],
    ['stg+', ['mart', 'mid', 'stg']],
    ['stg+1', ['mid', 'stg']],
    ['@stg', ['mart', 'mid', 'side', 'stg']],
    ['stg side', ['side', 'stg']],
    ['+mid,tag:slow', ['side']],
    ['tag:daily', ['mart']],
    ['path:models/marts', ['mart']],
    ['models/side.sql', ['side']],
    ['shop.marts', ['mart']],
    ['shop.*.mart', ['mart']],
    ['m*', ['mart', 'mid']],
    ['source:raw+', ['mart', 'mid', 'stg']],
    ['source:raw.orders+1', ['stg']],
    ['config.materialized:table', ['side']],
    ['config.tags:daily', ['mart']],
    ['resource_type:seed', []],
    ['tag:nightly', []],
    ['state:modified+', ['mart', 'mid', 'side', 'stg']],
  ])('understands %s', (select, want) => {
    expect(chosen({ select }, () => 'other')).toEqual(want)
  })

  it('leaves out what is excluded, with all that it says', () => {
    expect(of('+mart', 'stg+')).toEqual(['side'])
  })

  it('takes the tests of what is selected along, and tests by their kind', () => {
    expect([...selectNodes(nodes, { select: 'mart' })]).toEqual([
      'model.shop.mart',
      expect.stringMatching(/^test\.shop\.unique_mart_id\./),
    ])
    expect(selectNodes(nodes, { select: 'test_type:generic' }).size).toBe(2)
    expect(selectNodes(nodes, { select: 'test_name:not_null' }).size).toBe(1)
    expect(selectNodes(nodes, { exclude: 'test_type:data' }).size).toBe(5)
  })

  it('compares with an earlier run', () => {
    const states = new Map(nodes.map(({ uniqueId, state }) => [uniqueId, state]))
    states.set('model.shop.mid', 'other')
    states.delete('model.shop.side')
    const earlier: EarlierState = (id) => states.get(id)
    expect(chosen({ select: 'state:modified' }, earlier)).toEqual(['mid', 'side'])
    expect(chosen({ select: 'state:new' }, earlier)).toEqual(['side'])
    expect(chosen({ select: 'state:modified+,tag:daily' }, earlier)).toEqual(['mart'])
    expect(() => of('state:modified')).toThrow('manifest.json')
  })

  it.each([
    ['mids', "nothing is selected by 'mids': no node has this name; is it 'mid'?"],
    ['path:models/mids.sql', "is it 'models/mid.sql'?"],
    ['path:model', "no node has this path; is it 'models'?"],
    ['source:rw', "no node has this source; is it 'raw'?"],
    ['tag:dayly', "no node has this tag; is it 'daily'?"],
    ['+nowhere+', 'look at the files of the project'],
  ])('takes %s for a misspelling', (select, message) => {
    expect(() => of(select)).toThrow(message)
    expect(chosen({ exclude: select })).toEqual(['mart', 'mid', 'side', 'stg'])
  })

  it.each(['exposure:x', 'state:gone'])('refuses %s', (select) => {
    const earlier: EarlierState = () => undefined
    expect(() => chosen({ select }, earlier)).toThrow(ConfigError)
  })
})
