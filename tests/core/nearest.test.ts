import { expect, test } from 'vitest'
import { nearest } from '../../src/core/nearest.ts'

test.each([
  ['ordrs', 'orders'],
  ['Order', 'orders'],
  ['customesr', 'customers'],
  ['payments', undefined],
  ['x', undefined],
])('takes %s for %s', (word, meant) => {
  expect(nearest(word, ['orders', 'customers', 'dim_date'])).toBe(meant)
})
