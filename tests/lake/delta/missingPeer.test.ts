import { expect, test, vi } from 'vitest'
import { ConfigError } from '../../../src/core/errors.ts'
import { loadSnapshot } from '../../../src/lake/delta/loadSnapshot.ts'
import { memoryStore } from '../../../src/lake/memoryStore.ts'

vi.mock('../../../src/lake/delta/arrowParquet.ts', () => ({
  loadArrowParquet: () => Promise.reject(new ConfigError('run npm', { code: 'SBX_MISSING_PEER' })),
}))

test('a package that is missing is no damage to the log', async () => {
  const store = memoryStore()
  const key = `t/_delta_log/${'0'.repeat(20)}.checkpoint.parquet`
  await store.create(key, new TextEncoder().encode('PAR1'))
  await expect(loadSnapshot(store, 't')).rejects.toMatchObject({ code: 'SBX_MISSING_PEER' })
})
