import { describe, expect, it } from 'vitest'
import { databaseLayout, publishingLayout } from '../../../src/models/project/layout.ts'
import { DEFAULT_CONFIG } from '../../../src/models/project/nodeConfig.ts'

describe('databaseLayout', () => {
  it('puts schemas behind the one of the target, and takes aliases', () => {
    const layout = databaseLayout('db', 'main')
    expect(String(layout.node('a', DEFAULT_CONFIG))).toBe('"db"."main"."a"')
    const own = { ...DEFAULT_CONFIG, schema: 'marts', alias: 'b"c' }
    expect(String(layout.node('a', own))).toBe('"db"."main_marts"."b""c"')
    expect(String(layout.failures('t'))).toBe('"db"."main_dbt_test__audit"."t"')
  })
})

describe('publishingLayout', () => {
  it('keeps what is public in a catalog of its own', () => {
    const layout = publishingLayout('main')
    const open = { ...DEFAULT_CONFIG, access: 'public' } as const
    expect(String(layout.node('a', open))).toBe('"gold"."main"."a"')
    expect(String(layout.node('a', DEFAULT_CONFIG))).toBe('"memory"."main"."a"')
    expect(layout.isKept({ ...open, materialized: 'ephemeral' })).toBe(false)
  })

  it('keeps incremental models that are not public beside those that are', () => {
    const layout = publishingLayout('main')
    const added = { ...DEFAULT_CONFIG, materialized: 'incremental' } as const
    expect(String(layout.node('a', added))).toBe('"gold"."main_kept"."a"')
    expect([layout.isKept(added), layout.isPublished(added)]).toEqual([true, false])
  })
})
