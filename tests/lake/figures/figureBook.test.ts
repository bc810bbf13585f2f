import { tmpdir } from 'node:os'
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { CheckedTable, Figure } from '../../../src/core/figures.ts'
import { figureBook } from '../../../src/lake/figures/figureBook.ts'
import type { KeptFigures } from '../../../src/lake/figures/figureBook.ts'
import { openDatabase } from '../../../src/lake/openDatabase.ts'

type Row = readonly [id: number | null, parent: number | null, amount: number | null]

async function database() {
  const opened = await openDatabase({
    ...{ threads: 1, memoryBytes: 128 * 2 ** 20, spillDirectory: tmpdir(), signal: undefined },
  })
  onTestFinished(() => opened.close())
  const asked: string[] = []
  const query = (sql: string) => {
    asked.push(sql)
    return opened.rows(sql)
  }
  /** Puts rows into a table of this name, which is made anew. */
  const fill = async (name: string, rows: readonly Row[]) => {
    await opened.run(`create or replace table ${name} (id integer, parent integer, amount integer)`)
    if (rows.length === 0) return
    const values = rows.map((row) => `(${row.map(String).join(', ')})`)
    await opened.run(`insert into ${name} values ${values.join(', ')}`)
  }
  return { query, asked, fill }
}

const child = (added?: string): CheckedTable => ({
  ...{ id: 'child', relation: 'child', stamp: null, added },
})
const parent = (added?: string, keeps?: readonly string[]): CheckedTable => ({
  ...{ id: 'parent', relation: 'parent', stamp: null, added, keeps },
})

/** One figure of each kind. */
const figuresOf = (table: CheckedTable, other: CheckedTable): readonly Figure[] => [
  { kind: 'aggregate', table, sql: 'count(*)', merge: 'sum' },
  { kind: 'aggregate', table, sql: 'count(*) filter (where amount < 0)', merge: 'sum' },
  { kind: 'aggregate', table, sql: 'max(amount)', merge: 'max' },
  { kind: 'aggregate', table, sql: 'median(amount)' },
  { kind: 'repeats', table, columns: ['id'] },
  { kind: 'repeats', table, columns: ['id', 'parent'] },
  { kind: 'repeats', table, columns: ['amount'], rows: 'amount > 0' },
  { kind: 'orphans', table, column: 'parent', other, otherColumn: 'id' },
  {
    kind: 'found',
    table,
    query: (from) => `select * from ${from} where amount = 7`,
    isPerRow: true,
  },
  {
    kind: 'found',
    table,
    query: (from) => `select id from ${from} group by id having count(*) > 1`,
    isPerRow: false,
  },
]

const value = fc.option(fc.integer({ min: 0, max: 9 }), { freq: 8 })
const amount = fc.option(fc.integer({ min: -2, max: 9 }))
const row: fc.Arbitrary<Row> = fc.tuple(value, value, amount)
const rows = fc.array(row, { maxLength: 8 })

describe('figures of a table that rows were added to', () => {
  it('are those of the whole table, whatever was there and whatever came', async () => {
    const { query, fill } = await database()
    const parents = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(rows, rows, parents, parents, async (before, added, old, more) => {
        const asParents = (ids: readonly number[]): Row[] => ids.map((id) => [id, null, null])
        await fill('child', before)
        await fill('parent', asParents(old))
        const first = figureBook({ query })
        await first.compute(figuresOf(child(), parent()))
        const kept = JSON.parse(JSON.stringify(first.keep())) as KeptFigures

        await fill('child', [...before, ...added])
        await fill('parent', asParents([...old, ...more]))
        await fill('fresh', added)
        await fill('more', asParents(more))
        const whole = await figureBook({ query }).compute(figuresOf(child(), parent()))
        const carried = figureBook({ query, kept })
        const got = await carried.compute(figuresOf(child('fresh'), parent('more')))
        const numbers = (values: readonly unknown[]) =>
          values.map((value) => (value === null ? null : Number(value)))
        expect(numbers(got)).toEqual(numbers(whole))
        // And what is kept of them is what a book would keep that saw everything.
        const other = figureBook({ query })
        await other.compute(figuresOf(child(), parent()))
        // By their keys: what had to be looked at twice comes later.
        const plain = (one: KeptFigures) => {
          const entries = Object.entries(one['child']?.values ?? {})
          const values = numbers(entries.map(([, value]) => value))
          return Object.fromEntries(entries.map(([key], at) => [key, values[at]]))
        }
        expect(plain(carried.keep())).toEqual(plain(other.keep()))
      }),
      { numRuns: 60 },
    )
  }, 30_000)

  const clean: Row[] = [
    [1, 1, 1],
    [2, 1, 2],
  ]
  async function afterClean(added: Row, own: { other?: CheckedTable; table?: CheckedTable } = {}) {
    const { query, fill, asked } = await database()
    await fill('child', clean)
    await fill('parent', [[1, null, null]])
    const first = figureBook({ query })
    await first.compute(figuresOf(child(), parent()))
    await fill('child', [...clean, added])
    await fill('fresh', [added])
    asked.length = 0
    const book = figureBook({ query, kept: first.keep() })
    const { table = child('fresh'), other = parent(undefined, ['id']) } = own
    const mergeable = figuresOf(table, other).filter((figure) => {
      if (figure.kind === 'aggregate') return figure.merge !== undefined
      if (figure.kind === 'found') return figure.isPerRow
      return figure.rows === undefined
    })
    const values = await book.compute(mergeable)
    return { values: values.map(Number), asked }
  }

  it('look at the added rows alone, and at the keys that these have', async () => {
    const { values, asked } = await afterClean([3, 1, 5])
    expect(values).toEqual([3, 0, 5, 0, 0, 0, 0])
    expect(asked).toHaveLength(1)
    expect(asked[0]).not.toMatch(/from child as tested/)
  })

  it('look at the whole table where an added key was there before', async () => {
    const { values, asked } = await afterClean([2, 1, 5])
    expect(values.slice(3)).toEqual([1, 1, 0, 0])
    expect(asked).toHaveLength(2)
    expect(asked[1]).toMatch(/from child as tested/)
  })

  it('look for what they point to among what was added with them, then in the whole other table', async () => {
    const { query, fill, asked } = await database()
    await fill('child', clean)
    await fill('parent', [[1, null, null]])
    const orphans = (added?: string, more?: string): Figure => {
      const other = parent(more)
      return { kind: 'orphans', table: child(added), column: 'parent', other, otherColumn: 'id' }
    }
    const first = figureBook({ query })
    await first.compute([orphans()])
    await fill('parent', [
      [1, null, null],
      [2, null, null],
    ])
    await fill('more', [[2, null, null]])
    const look = async (added: readonly Row[]) => {
      await fill('child', [...clean, ...added])
      await fill('fresh', added)
      asked.length = 0
      const [found] = await figureBook({ query, kept: first.keep() }).compute([
        orphans('fresh', 'more'),
      ])
      return { found: Number(found), times: asked.length }
    }
    expect(await look([[3, 2, 5]])).toEqual({ found: 0, times: 1 })
    expect(asked[0]).not.toContain('from parent')
    const both: Row[] = [
      [3, 2, 5],
      [4, 1, 5],
    ]
    expect(await look(both)).toEqual({ found: 0, times: 2 })
    expect(await look([[3, 9, 5]])).toEqual({ found: 1, times: 3 })
  })

  it('find orphans among the added rows, and everywhere where the other table may have lost rows', async () => {
    expect((await afterClean([3, 9, 5])).values[5]).toBe(1)
    const lost = await afterClean([3, 1, 5], { other: parent() })
    expect(lost.asked[0]).toMatch(/from child as tested where true and "parent"/)
    const replaced = await afterClean([3, 1, 5], { other: parent(undefined, ['id']) })
    expect(replaced.asked[0]).not.toMatch(/from child as tested/)
  })

  it('are those of the whole table where the added rows can not be read', async () => {
    const { values, asked } = await afterClean([3, 1, 5], { table: child('gone') })
    expect(values).toEqual([3, 0, 5, 0, 0, 0, 0])
    expect(asked).toHaveLength(2)
  })

  it('are not carried on where anything but added rows may be different', async () => {
    const { asked } = await afterClean([3, 1, 5], { table: child() })
    expect(asked[0]).toMatch(/from child as tested/)
    expect(asked[0]).not.toContain('fresh')
  })
})

describe('a figure', () => {
  it('is computed once, whoever asks for it', async () => {
    const { query, fill, asked } = await database()
    await fill('child', [[1, 1, 1]])
    await fill('parent', [])
    const book = figureBook({ query })
    const all = figuresOf(child(), parent())
    const first = await book.compute(all)
    expect(asked).toHaveLength(1)
    expect(await book.compute([...all, ...all])).toEqual([...first, ...first])
    expect(asked).toHaveLength(1)
  })

  it('is kept only of tables that have a stamp', async () => {
    const { query, fill } = await database()
    await fill('child', [])
    const book = figureBook({ query })
    const table = { id: 'view', relation: 'child' }
    await book.compute([{ kind: 'aggregate', table, sql: 'count(*)', merge: 'sum' }])
    expect(book.keep()).toEqual({})
  })

  it('is kept of the last state of a table that has moved on in between', async () => {
    const { query, fill } = await database()
    await fill('one', [[1, 1, 1]])
    await fill('two', [
      [1, 1, 1],
      [2, 2, 2],
    ])
    const book = figureBook({ query })
    const rows = (relation: string, stamp: number): Figure => {
      const table = { id: 'orders', relation, stamp }
      return { kind: 'aggregate', table, sql: 'count(*)', merge: 'sum' }
    }
    expect((await book.compute([rows('one', 1), rows('two', 2)])).map(Number)).toEqual([1, 2])
    const { stamp, values } = book.keep()['orders']!
    expect(stamp).toBe(2)
    expect(Object.values(values).map(Number)).toEqual([2])
  })
})
