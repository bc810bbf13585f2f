import { execFile } from 'node:child_process'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { modelVersions, rollbackModels } from '../../src/models/rollbackModels.ts'
import { goldShop } from './goldShop.ts'

const TOTALS = 'select customer, amount from totals order by customer'

describe('rollbackModels', () => {
  it('makes the version before a new one, in every table and the database', async () => {
    const shop = await goldShop()
    await shop.order(1, 'ann', 5)
    await shop.build()
    await shop.order(2, 'bob', 7)
    await shop.build()
    const before = await shop.delta('totals')
    expect(await rollbackModels({ lake: shop.lake })).toEqual({ version: 3, rollbackTo: 1 })
    expect(await shop.gold(TOTALS)).toBe('ann,5')
    expect(await shop.delta('totals')).toEqual({ version: before.version + 1, rows: 'ann,5' })
    expect((await modelVersions({ lake: shop.lake })).map((one) => one.rollbackTo)).toEqual([
      1,
      undefined,
      undefined,
    ])
  })

  it('goes forth again to a version that is named', async () => {
    const shop = await goldShop()
    await shop.order(1, 'ann', 5)
    await shop.build()
    await shop.order(2, 'bob', 7)
    await shop.build()
    await rollbackModels({ lake: shop.lake, to: 1 })
    expect(await rollbackModels({ lake: shop.lake, to: 2 })).toEqual({ version: 4, rollbackTo: 2 })
    expect(await shop.gold(TOTALS)).toBe('ann,5 bob,7')
  })

  it('is what the next build goes on from', async () => {
    const shop = await goldShop()
    for (const id of [1, 2, 3]) {
      await shop.order(id, 'ann', id)
      await shop.build()
    }
    await rollbackModels({ lake: shop.lake })
    expect(await shop.gold(TOTALS)).toBe('ann,3')
    await shop.order(4, 'bob', 1)
    const { version } = await shop.build()
    expect(version).toBe(5)
    expect(await shop.gold(TOTALS)).toBe('ann,6 bob,1')
    expect((await shop.delta('totals')).rows).toBe('ann,6 bob,1')
  })

  it('publishes a build behind a rollback that came while it was made', async () => {
    const shop = await goldShop()
    for (const id of [1, 2]) {
      await shop.order(id, 'ann', id)
      await shop.build()
    }
    await shop.order(3, 'ann', 3)
    const publish = await shop.prepare()
    await rollbackModels({ lake: shop.lake })
    await publish()
    expect(await shop.gold(TOTALS)).toBe('ann,6')
    const [newest] = await modelVersions({ lake: shop.lake })
    expect(newest).toMatchObject({ version: 4, epoch: 3 })
  })

  it('writes data files again that are gone', async () => {
    const shop = await goldShop()
    await shop.order(1, 'ann', 5)
    await shop.build()
    const folder = join(shop.lake, 'gold/totals')
    const [old = ''] = (await readdir(folder)).filter((name) => name.endsWith('.parquet'))
    await shop.order(2, 'bob', 7)
    await shop.build()
    await rm(join(folder, old))
    await rollbackModels({ lake: shop.lake })
    expect((await shop.delta('totals')).rows).toBe('ann,5')
  })

  it('refuses what is not kept, and where there is nothing before', async () => {
    const shop = await goldShop()
    await shop.order(1, 'ann', 5)
    await shop.build()
    const refused = { code: 'SBX_MODELS_VERSION' }
    await expect(rollbackModels({ lake: shop.lake })).rejects.toMatchObject(refused)
    await expect(rollbackModels({ lake: shop.lake, to: 9 })).rejects.toThrow(
      'keeps no version 9 to go back to: it has 1',
    )
    expect(await shop.gold(TOTALS)).toBe('ann,5')
  })

  it('is a command, too', async () => {
    const shop = await goldShop()
    for (const id of [1, 2]) {
      await shop.order(id, 'ann', id)
      await shop.build()
    }
    const script = join(import.meta.dirname, '../../scripts/rollback.ts')
    const run = async (...args: string[]) =>
      (await promisify(execFile)(process.execPath, [script, '--lake', shop.lake, ...args])).stdout
    expect(await run()).toBe('version 3 of gold is what version 1 was\n')
    expect(await run('--list')).toMatch(/^3 .*what version 1 was\n2 .*build\n1 .*build\n$/)
  })
})
