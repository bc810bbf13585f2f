import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { expect, test } from 'vitest'

import { memoryStore } from '../../src/lake/memoryStore.ts'
import { closeLake, openLake, presetLake } from '../../src/lake/openLake.ts'

test('opens a folder by path and by URL, as one store', async () => {
  const root = await mkdtemp(join(tmpdir(), 'sluicebox-open-'))
  try {
    const store = await openLake(root)
    expect(store.url).toBe(root)
    expect(await openLake(`${root}/`)).toBe(store)
    expect(await openLake(pathToFileURL(root).href)).toBe(store)
  } finally {
    closeLake(root)
    await rm(root, { recursive: true })
  }
})

test('shares a memory lake by its id until it is closed', async () => {
  const store = await openLake('memory:shared')
  await store.create('a', new Uint8Array(1))
  expect(await openLake('memory:shared')).toBe(store)
  expect(await openLake('memory:other')).not.toBe(store)
  closeLake('memory:shared')
  expect(await (await openLake('memory:shared')).read('a')).toBeUndefined()
})

test('keeps memory lakes however many other lakes are opened', async () => {
  const store = await openLake('memory:kept')
  for (let n = 0; n < 100; n++) await openLake(join(tmpdir(), `never-written-${n}`))
  expect(await openLake('memory:kept')).toBe(store)
})

test.each(['', 'gs://bucket/lake', 's3://', 's3:///prefix'])('refuses %j', async (url) => {
  await expect((async () => openLake(url))()).rejects.toMatchObject({
    name: 'ConfigError',
    code: 'SBX_LAKE_URL',
  })
})

test('refuses credentials in an address without showing them', async () => {
  const secret = 'neither-shown-nor-logged'
  const error = await openLake(`s3://key:${secret}@bucket/lake`).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ name: 'ConfigError', code: 'SBX_LAKE_URL' })
  expect(String(error)).toContain('AWS_')
  expect(String(error)).not.toContain(secret)
})

test('answers with a store that was set beforehand', async () => {
  const store = memoryStore('mine')
  presetLake('memory:preset', store)
  expect(await openLake('memory:preset')).toBe(store)
  closeLake('memory:preset')
  expect(await openLake('memory:preset')).not.toBe(store)
})
