import { expect, test } from 'vitest'
import { queryBeside } from '../../../src/models/build/queryBeside.ts'
import { database } from '../../quality/database.ts'

const opened = async () => {
  const { query } = await database(
    `attach ':memory:' as gold;
    create table gold.main.sales as select 7 as id;
    create table gold_sales as select 8 as id, 'gold' as colour`,
  )
  return queryBeside(query)
}

test.each([
  'select * from gold.main.sales',
  'select * from gold.sales',
  'from "GOLD".main.sales',
  'select 1 where exists (table gold.main.sales)',
  'with own as (select id from gold.main.sales) select count(*) from own',
  'select count(*) filter (where (id > (select max(id) from gold.main.sales))) from gold_sales',
  'select * from (summarize gold.main.sales)',
  "select * from query_table('go' || 'ld.main.sales')",
  "select * from query('from g' || 'old.main.sales')",
  'select (pivot gold.main.sales on id using count(*))',
  'describe select * from gold.main.sales',
  'create temp table mine as from gold.main.sales',
])('refuses what reads a model: %s', async (sql) => {
  const query = await opened()
  await expect(query(sql)).rejects.toThrow('not made yet')
})

test.each([
  "select id from gold_sales where colour = 'gold'",
  'select gold.id from gold_sales as gold',
  "select id from gold_sales where colour not like '%query(%'",
  'with gold as (from gold_sales) select id from gold',
])('answers what only has its name in it: %s', async (sql) => {
  const query = await opened()
  expect(await query(sql)).toEqual([{ id: 8 }])
})

test('lets tables of its own be made and dropped', async () => {
  const query = await opened()
  await query('create temp table temp_gold as from gold_sales')
  expect(await query('describe select id from temp_gold')).toMatchObject([{ column_name: 'id' }])
  await query('drop table temp_gold')
})
