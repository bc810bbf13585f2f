import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import { beforeAll, describe, expect, test } from 'vitest'

import type { ObjectInfo, ObjectStore, StagedObject } from '../../src/lake/objectStore.ts'
import { probe } from '../../src/lake/probe.ts'

export interface ContractOptions {
  /** A store nobody else uses; called once. */
  readonly open: () => Promise<ObjectStore>
  /** Whether it knows which task staged what. @defaultValue true */
  readonly knowsTasks?: boolean
  /** Whether `swap` compares what is there with what was seen. @defaultValue true */
  readonly comparesOnSwap?: boolean
  /** How much a streamed object is larger than what may be held of it; absent: not bounded. */
  readonly streamed?: { readonly bytes: number; readonly maxHeldBytes: number }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && new TextDecoder().decode(bytes)

/** What every object store promises; each test works below a prefix of its own. */
export function objectStoreContract(
  name: string,
  { open, knowsTasks = true, comparesOnSwap = true, streamed }: ContractOptions,
): void {
  describe(`${name} keeps the contract of object stores`, () => {
    let store: ObjectStore
    let count = 0
    const fresh = (): string => `contract/${++count}`
    beforeAll(async () => {
      store = await open()
    }, 60_000)

    const keysBelow = async (prefix: string): Promise<string[]> =>
      (await collect(store.list(prefix))).map(({ key }) => key)
    const stagedBelow = async (prefix: string, task: string): Promise<StagedObject[]> =>
      (await collect(store.listStaged(task))).filter(({ key }) => key.startsWith(prefix))
    const stager =
      (lasting: boolean) =>
      async (task: string, key: string, text: string): Promise<StagedObject> => {
        const writer = store.stage(task, key, lasting)
        await writer.write(encode(text))
        return writer.close()
      }
    const stage = stager(false)

    describe('create', () => {
      test('writes an object that can be read', async () => {
        const key = `${fresh()}/a.json`
        expect(await store.create(key, encode('one'))).toBe('created')
        expect(decode(await store.read(key))).toBe('one')
      })

      test('keeps what was written when its buffer is filled anew', async () => {
        const [created, replaced, staged] = [fresh(), fresh(), fresh()]
        const buffer = Buffer.from('one')
        await store.create(created, buffer)
        await store.replace(replaced, buffer)
        const writer = store.stage('task', staged, false)
        await writer.write(buffer)
        buffer.fill('!')
        await store.publish(await writer.close())
        const kept = await Promise.all([created, replaced, staged].map((key) => store.read(key)))
        expect(kept.map(decode)).toEqual(['one', 'one', 'one'])
      })

      test('leaves an existing object as it is', async () => {
        const key = fresh()
        await store.create(key, encode('one'))
        expect(await store.create(key, encode('two'))).toBe('exists')
        expect(decode(await store.read(key))).toBe('one')
      })

      test('lets exactly one of many at once succeed', async () => {
        const key = `${fresh()}/race`
        const racers = Array.from({ length: 8 }, (_, racer) => `racer ${racer}`)
        const answers = await Promise.all(racers.map((racer) => store.create(key, encode(racer))))
        expect(answers.filter((answer) => answer === 'created')).toHaveLength(1)
        expect(decode(await store.read(key))).toBe(racers[answers.indexOf('created')])
      })

      test('lists no trace of those who lost', async () => {
        const prefix = `${fresh()}/`
        await Promise.all(Array.from({ length: 8 }, () => store.create(`${prefix}k`, encode('x'))))
        expect(await keysBelow(prefix)).toEqual([`${prefix}k`])
      })

      test('takes an empty object', async () => {
        const key = fresh()
        await store.create(key, new Uint8Array(0))
        expect(await store.read(key)).toHaveLength(0)
      })

      test('takes back the buffer: what the caller does to it later changes nothing', async () => {
        const key = fresh()
        const bytes = encode('before')
        await store.create(key, bytes)
        bytes.fill(0)
        expect(decode(await store.read(key))).toBe('before')
      })
    })

    describe('replace', () => {
      test('writes over what is there and makes what is not', async () => {
        const key = `${fresh()}/x`
        await store.replace(key, encode('one'))
        await store.replace(key, encode('two'))
        expect(decode(await store.read(key))).toBe('two')
      })

      test('shows readers the whole of the old or the whole of the new', async () => {
        const key = fresh()
        const bodies = ['a', 'b'].map((letter) => encode(letter.repeat(300_000)))
        await store.replace(key, bodies[0] as Uint8Array)
        const writing = (async () => {
          for (let turn = 0; turn < 10; turn++) {
            await store.replace(key, bodies[turn % 2] as Uint8Array)
          }
        })()
        for (let turn = 0; turn < 10; turn++) {
          const seen = (await store.read(key)) as Uint8Array
          expect(seen).toHaveLength(300_000)
          expect(new Set(seen).size).toBe(1)
        }
        await writing
      })
    })

    describe('look and swap', () => {
      const copies = async (...texts: string[]): Promise<string[]> => {
        const prefix = fresh()
        for (const [n, text] of texts.entries()) await store.create(`${prefix}/${n}`, encode(text))
        return [...texts.map((_, n) => `${prefix}/${n}`), `${prefix}/there`]
      }

      test('puts a copy where nothing is, and in the place of what was seen', async () => {
        const [one = '', two = '', there = ''] = await copies('one', 'two, longer')
        expect(await store.look(there)).toBeUndefined()
        expect(await store.swap(one, there, undefined)).toBe('swapped')
        expect(decode(await store.read(there))).toBe('one')
        const seen = await store.look(there)
        expect(await store.swap(two, there, seen)).toBe('swapped')
        expect(decode(await store.read(there))).toBe('two, longer')
        expect(await store.look(there)).not.toEqual(seen)
        expect(decode(await store.read(one))).toBe('one')
      })

      test('says missing where there is nothing to copy, and changes nothing', async () => {
        const [one = '', there = ''] = await copies('one')
        await store.swap(one, there, undefined)
        const seen = await store.look(there)
        expect(await store.swap(`${one}-gone`, there, seen)).toBe('missing')
        expect(await store.look(there)).toEqual(seen)
      })

      test('leaves nothing that waits', async () => {
        const [one = '', there = ''] = await copies('one')
        await store.swap(one, there, undefined)
        await store.swap(one, there, undefined)
        await store.swap(one, `${there}-2`, await store.look(one))
        expect(await stagedBelow(there, 'task')).toEqual([])
      })

      test.skipIf(!comparesOnSwap)(
        'swaps nothing where something else is there by now',
        async () => {
          const [one = '', two = '', three = '', there = ''] = await copies('one', 'two', 'three')
          await store.swap(one, there, undefined)
          expect(await store.swap(two, there, undefined)).toBe('changed')
          const seen = await store.look(there)
          await store.swap(two, there, seen)
          expect(await store.swap(three, there, seen)).toBe('changed')
          expect(decode(await store.read(there))).toBe('two')
          expect(await store.look(there)).toMatchObject({ copyOf: two })
          const many = await Promise.all(
            [one, three].map(async (from) => store.swap(from, there, await store.look(there))),
          )
          expect(many).toContain('swapped')
        },
      )
    })

    test('fetches an object to a local file', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'sluicebox-contract-'))
      try {
        const key = fresh()
        const bytes = randomBytes(3_000_000)
        await store.create(key, bytes)
        expect(await store.fetch(key, join(folder, 'there'))).toBe(true)
        expect(bytes.equals(await readFile(join(folder, 'there')))).toBe(true)
        expect(await store.fetch(`${key}-gone`, join(folder, 'gone'))).toBe(false)
        await expect(store.fetch(key, join(folder, 'there'))).rejects.toThrow(/EEXIST/)
        expect(await readdir(folder)).toEqual(['there'])
      } finally {
        await rm(folder, { recursive: true })
      }
    })

    describe('read and remove', () => {
      test('reads undefined where there is nothing, also below an object', async () => {
        const key = fresh()
        expect(await store.read(key)).toBeUndefined()
        expect(await store.read(`${key}/deeper/still`)).toBeUndefined()
      })

      test('has what was written, and neither folders nor what is staged', async () => {
        const key = `${fresh()}/a`
        await store.create(`${key}/b`, encode('x'))
        const object = await stage('task', `${key}/c`, 'x')
        expect(await store.has(`${key}/b`)).toBe(true)
        expect(await store.has(key)).toBe(false)
        expect(await store.has(object.key)).toBe(false)
        expect(await store.has(`${key}/b/deeper`)).toBe(false)
        await store.discard(object)
      })

      test('removes an object, and does not mind an absent one', async () => {
        const key = `${fresh()}/x`
        await store.create(key, encode('x'))
        await store.remove(key)
        await store.remove(key)
        expect(await store.read(key)).toBeUndefined()
        expect(await store.create(key, encode('again'))).toBe('created')
      })
    })

    describe('list', () => {
      test('gives every object below a prefix, in key order, with its length', async () => {
        const prefix = fresh()
        const names = ['b/2', 'b.txt', 'b/10', 'a', 'b-1/x', 'c/d/e/f', 'c/d=1/ü x.ndjson']
        for (const name of names) await store.create(`${prefix}/${name}`, encode(name))
        await store.create(`${prefix}1/no`, encode('no'))
        const found = await collect(store.list(`${prefix}/`))
        expect(found.map(({ key }) => key)).toEqual(names.map((name) => `${prefix}/${name}`).sort())
        expect(found.map(({ bytes }) => bytes)).toEqual(
          [...names].sort().map((name) => Buffer.byteLength(name)),
        )
        for (const { modifiedMs } of found) {
          expect(Math.abs(Date.now() - modifiedMs)).toBeLessThan(600_000)
        }
      })

      test('gives nothing for a prefix without objects', async () => {
        expect(await keysBelow(`${fresh()}/`)).toEqual([])
      })

      test('refuses a prefix that cuts a segment', async () => {
        await expect(keysBelow('contract')).rejects.toMatchObject({ code: 'SBX_LAKE_KEY' })
      })
    })

    describe('openWriter', () => {
      test('streams pieces into one object with its length and CRC-32', async () => {
        const key = `${fresh()}/part.parquet`
        const writer = store.openWriter(key)
        const piece = encode('hello ')
        await writer.write(piece)
        piece.set(encode('world '))
        await writer.write(piece)
        const whole = encode('hello world ')
        expect(await writer.close()).toEqual({ bytes: 12, checksum: crc32(whole) })
        expect(decode(await store.read(key))).toBe('hello world ')
      })

      test('leaves nothing when it is aborted', async () => {
        const key = `${fresh()}/part`
        const writer = store.openWriter(key)
        await writer.write(encode('half'))
        await writer.abort()
        await writer.abort()
        expect(await store.read(key)).toBeUndefined()
      })

      test('writes an empty object where nothing was written', async () => {
        const key = `${fresh()}/empty`
        expect(await store.openWriter(key).close()).toEqual({ bytes: 0, checksum: 0 })
        expect(await store.read(key)).toHaveLength(0)
      })
    })

    describe.each([false, true])('stage and publish (lasting: %s)', (lasting) => {
      const stage = stager(lasting)

      test('shows a staged object to nobody until it is published', async () => {
        const prefix = fresh()
        const key = `${prefix}/hour=01/x.ndjson`
        const object = await stage('task', key, 'raw')
        expect(object).toMatchObject({ key, bytes: 3, checksum: crc32('raw') })
        expect(await store.read(key)).toBeUndefined()
        expect(await keysBelow(`${prefix}/`)).toEqual([])
        expect((await keysBelow('')).filter((other) => other.startsWith(prefix))).toEqual([])
        expect(await store.publish(object)).toBe('published')
        expect(decode(await store.read(key))).toBe('raw')
        expect(await keysBelow(`${prefix}/`)).toEqual([key])
      })

      test('survives a trip through JSON, as it is kept in checkpoints', async () => {
        const object = await stage('task', `${fresh()}/x`, 'raw')
        const kept = JSON.parse(JSON.stringify(object)) as StagedObject
        expect(kept).toEqual(object)
        expect(await store.publish(kept)).toBe('published')
      })

      test('answers already when it is published again', async () => {
        const object = await stage('task', `${fresh()}/x`, 'raw')
        await store.publish(object)
        expect(await store.publish(object)).toBe('already')
        expect(decode(await store.read(object.key))).toBe('raw')
      })

      test('may be published by two at once', async () => {
        const object = await stage('task', `${fresh()}/x`, 'raw')
        const answers = await Promise.all([store.publish(object), store.publish(object)])
        expect(answers).toContain('published')
        expect(answers).not.toContain('missing')
      })

      test('takes the same content that another attempt published as done', async () => {
        const key = `${fresh()}/x`
        const first = await stage('task-a', key, 'raw')
        const second = await stage('task-b', key, 'raw')
        await store.publish(first)
        expect(await store.publish(second)).toBe('already')
        expect(await stagedBelow(key, 'task-b')).toEqual([])
      })

      test('answers missing where it is neither staged nor published', async () => {
        const object = await stage('task', `${fresh()}/x`, 'raw')
        await store.discard(object)
        expect(await store.publish(object)).toBe('missing')
        expect(await store.read(object.key)).toBeUndefined()
      })

      test.each([
        ['another length', 'other content'],
        ['the same length', 'war'],
      ])('refuses to publish over an object of %s', async (_, content) => {
        const object = await stage('task', `${fresh()}/x`, 'raw')
        await store.create(object.key, encode(content))
        await expect(store.publish(object)).rejects.toMatchObject({
          name: 'CheckpointError',
          code: 'SBX_PUBLISH_CONFLICT',
          retryable: false,
        })
        expect(decode(await store.read(object.key))).toBe(content)
        await store.discard(object)
      })

      test('refuses other content also when nothing is staged any more', async () => {
        const object = await stage('task', `${fresh()}/x`, 'raw')
        await store.discard(object)
        await store.create(object.key, encode('war'))
        await expect(store.publish(object)).rejects.toMatchObject({ code: 'SBX_PUBLISH_CONFLICT' })
      })

      test('publishes an empty object', async () => {
        const key = `${fresh()}/empty`
        const object = await store.stage('task', key).close()
        expect(object).toMatchObject({ bytes: 0, checksum: 0 })
        expect(await store.publish(object)).toBe('published')
        expect(await store.publish(object)).toBe('already')
        expect(await store.read(key)).toHaveLength(0)
      })

      test('leaves nothing when staging is aborted', async () => {
        const prefix = fresh()
        const writer = store.stage('task', `${prefix}/x`)
        await writer.write(encode('half'))
        await writer.abort()
        expect(await stagedBelow(`${prefix}/`, 'task')).toEqual([])
      })

      test('lists what a task has staged, so that it can be discarded', async () => {
        const prefix = fresh()
        const keys = [`${prefix}/a=1/x y`, `${prefix}/b/ü%2F`]
        const objects = await Promise.all(keys.map((key) => stage('lister', key, 'raw')))
        const found = await stagedBelow(`${prefix}/`, 'lister')
        expect(found.map(({ key }) => key).sort()).toEqual(keys)
        for (const object of found) await store.discard(object)
        expect(await stagedBelow(`${prefix}/`, 'lister')).toEqual([])
        for (const object of objects) {
          expect(await store.publish(object)).toBe('missing')
          await store.discard(object)
        }
      })

      test.skipIf(!knowsTasks)('lists nothing that another task has staged', async () => {
        const object = await stage('some-task', `${fresh()}/x`, 'raw')
        expect(await collect(store.listStaged('some'))).toEqual([])
        expect(await collect(store.listStaged('some-task-2'))).toEqual([])
        await store.discard(object)
      })

      test('stages a whole local file', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'sluicebox-contract-'))
        try {
          const bytes = randomBytes(3_000_000)
          await writeFile(join(folder, 'export.json'), bytes)
          const key = `${fresh()}/export.json`
          const object = await store.stageFile('task', key, join(folder, 'export.json'))
          expect(object).toMatchObject({ key, bytes: bytes.length, checksum: crc32(bytes) })
          expect(await store.publish(object)).toBe('published')
          expect(bytes.equals((await store.read(key)) as Uint8Array)).toBe(true)
        } finally {
          await rm(folder, { recursive: true })
        }
      })

      test('stages a file that it is given, and puts it in place', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'sluicebox-contract-'))
        try {
          const there = `${fresh()}/there`
          for (const text of ['one', 'two, longer', 'three']) {
            const [path, key] = [join(folder, 'finished'), fresh()]
            await writeFile(path, text)
            const how = { isGiven: true, copy: await store.copyAhead?.(path) }
            const object = await store.stageFile('task', key, path, how)
            expect(object).toMatchObject({ bytes: text.length, checksum: crc32(encode(text)) })
            expect(await store.publish(object)).toBe('published')
            expect(await store.swap(key, there, await store.look(there))).toBe('swapped')
            expect(decode(await store.read(key))).toBe(text)
            expect(decode(await store.read(there))).toBe(text)
            await rm(path, { force: true })
          }
          expect(await stagedBelow(there, 'task')).toEqual([])
        } finally {
          await rm(folder, { recursive: true })
        }
      })
    })

    test.each(['', '/', '/etc/passwd', 'a//b', 'a/', '../up', 'a/../../up', './a', 'a/.', 'a\\b'])(
      'refuses the key %j',
      async (key) => {
        const refusal = { name: 'ConfigError', code: 'SBX_LAKE_KEY' }
        await expect(store.create(key, encode('x'))).rejects.toMatchObject(refusal)
        await expect(store.replace(key, encode('x'))).rejects.toMatchObject(refusal)
        await expect(store.read(key)).rejects.toMatchObject(refusal)
        await expect(store.remove(key)).rejects.toMatchObject(refusal)
        expect(() => store.openWriter(key)).toThrow(expect.objectContaining(refusal))
        expect(() => store.stage('task', key)).toThrow(expect.objectContaining(refusal))
      },
    )

    test.each(['a\0b', 'a\nb', `${'x'.repeat(256)}/y`, 'x/'.repeat(600) + 'y'])(
      'refuses a key that some store could not hold (%#)',
      async (key) => {
        await expect(store.read(key)).rejects.toMatchObject({ code: 'SBX_LAKE_KEY' })
      },
    )

    test('passes the probe, which leaves nothing', async () => {
      await probe(store)
      expect(await keysBelow('_leases/_probe/')).toEqual([])
    })

    const streaming = test.skipIf(streamed === undefined)
    streaming('streams large objects in bounded memory', { timeout: 120_000 }, async () => {
      const { bytes: total, maxHeldBytes } = streamed as NonNullable<typeof streamed>
      const piece = randomBytes(1 << 20)
      const before = process.memoryUsage()
      let held = 0
      let checksum = 0
      const pour = async (write: (bytes: Uint8Array) => Promise<void>): Promise<void> => {
        for (let done = 0; done < total; done += piece.length) {
          checksum = crc32(piece, checksum)
          await write(piece)
          held = Math.max(held, process.memoryUsage().arrayBuffers - before.arrayBuffers)
        }
      }
      const writer = store.openWriter(`${fresh()}/large`)
      await pour(writer.write)
      expect(await writer.close()).toEqual({ bytes: total, checksum })

      checksum = 0
      const staging = store.stage('task', `${fresh()}/large`)
      await pour(staging.write)
      const object = await staging.close()
      expect(object).toMatchObject({ bytes: total, checksum })
      expect(await store.publish(object)).toBe('published')
      expect(held).toBeLessThan(maxHeldBytes)
      const [info] = await collect<ObjectInfo>(
        store.list(object.key.slice(0, object.key.lastIndexOf('/') + 1)),
      )
      expect(info?.bytes).toBe(total)
    })
  })
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
