import { expect, it } from 'vitest'
import { testHash } from '../../../src/models/project/testHash.ts'

/** As dbt-core 1.10 has them in its manifest. */
it.each([
  ['unique_shelf_author_id', 'unique', "ref('shelf')", { column_name: 'author_id' }, '50c1ba1565'],
  [
    'relationships_shelf_author_id__id__ref_authors_',
    'relationships',
    "ref('shelf')",
    { column_name: 'author_id', to: "ref('authors')", field: 'id' },
    'ceac3476ad',
  ],
  [
    'accepted_values_shelf_name__Ann__Bob',
    'accepted_values',
    "ref('shelf')",
    { column_name: 'name', values: ['Ann', 'Bob'] },
    '8d7c298a27',
  ],
] as const)('gives %s the id that dbt gives it', (name, test, on, given, hash) => {
  expect(testHash(name, test, on, given)).toBe(hash)
})
