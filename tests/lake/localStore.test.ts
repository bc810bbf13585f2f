import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
} from 'node:fs/promises'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { realDisk } from '../../src/lake/diskIo.ts'
import type { DiskIo } from '../../src/lake/diskIo.ts'
import { localStore } from '../../src/lake/localStore.ts'
import type { ObjectStore } from '../../src/lake/objectStore.ts'
import { probe } from '../../src/lake/probe.ts'
import { processName } from '../../src/lake/processName.ts'
import { objectStoreContract } from './objectStore.contract.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const MIB = 1 << 20

let home: string
let root: string
let count = 0
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluicebox-local-'))
})
afterAll(() => rm(home, { recursive: true }))
beforeEach(() => {
  root = join(home, String(++count), 'lake')
})

objectStoreContract('localStore', {
  open: async () => localStore(await mkdtemp(join(home, 'contract-'))),
  comparesOnSwap: false,
  streamed: { bytes: 96 * MIB, maxHeldBytes: 24 * MIB },
})

test('gives the local path of a key', () => {
  expect(localStore(root).localPath('silver/posts')).toBe(join(root, 'silver/posts'))
})

test('writes nothing before the first write', async () => {
  const store = localStore(root)
  expect(await store.read('a')).toBeUndefined()
  await expect(readdir(root)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('makes its folders again when someone removed them', async () => {
  const store = localStore(root)
  await store.create('a/b', encode('x'))
  await rm(root, { recursive: true })
  expect(await store.create('a/b', encode('y'))).toBe('created')
})

test('keeps staged files under the name of their task, one flat name each', async () => {
  const store = localStore(root)
  const object = await store.stage('feed-tweets', 'bronze/hour=01/x').close()
  expect(object.staged).toBe('_staging/feed-tweets/bronze%2Fhour%3D01%2Fx')
  expect(await readdir(join(root, '_staging/feed-tweets'))).toEqual(['bronze%2Fhour%3D01%2Fx'])
  await store.publish(object)
  expect(await readdir(join(root, '_staging/feed-tweets'))).toEqual([])
})

test.each(['', '_tmp', '.', '..'])('refuses a task with the name %j', (task) => {
  expect(() => localStore(root).stage(task, 'x')).toThrow(
    expect.objectContaining({ code: 'SBX_LAKE_KEY' }),
  )
})

test('refuses a staged name that points elsewhere', async () => {
  const object = { key: 'a', bytes: 1, checksum: 0 }
  const store = localStore(root)
  await expect(store.discard({ ...object, staged: 'silver/a' })).rejects.toMatchObject({
    code: 'SBX_STAGED_NAME',
  })
  await expect(store.publish({ ...object, staged: '_staging/../x' })).rejects.toMatchObject({
    code: 'SBX_LAKE_KEY',
  })
})

test('refuses to publish a file that was cut while it waited', async () => {
  const store = localStore(root)
  const writer = store.stage('task', 'a')
  await writer.write(encode('whole'))
  const object = await writer.close()
  await writeFile(join(root, object.staged), 'who')
  await expect(store.publish(object)).rejects.toMatchObject({ code: 'SBX_PUBLISH_CONFLICT' })
  expect(await store.read('a')).toBeUndefined()
})

test('follows links to folders and files, and ignores what is neither', async () => {
  const store = localStore(root)
  await store.create('a/1', encode('1'))
  await mkdir(join(home, `elsewhere-${count}`))
  await writeFile(join(home, `elsewhere-${count}`, '2'), '2')
  await symlink(join(home, `elsewhere-${count}`), join(root, 'a/linked'))
  await symlink(join(home, 'nowhere'), join(root, 'a/broken'))
  const keys: string[] = []
  for await (const { key } of store.list('a/')) keys.push(key)
  expect(keys).toEqual(['a/1', 'a/linked/2'])
})

test('removes the temporary files of dead processes, and leaves those of others', async () => {
  const names = {
    dead: `${processName.replace(/-\d+-(\d*)$/, '-4194399-$1')}-0123456789abcdef`,
    alive: `${processName}-0123456789abcdef`,
    elsewhere: `another-4194399-0123456789abcdef`,
    ancient: `another-1-0123456789abcdef`,
  }
  const temp = join(root, '_staging/_tmp')
  await mkdir(temp, { recursive: true })
  const ageMs = { dead: 0, alive: 120, elsewhere: 120, ancient: 100_000 }
  for (const [kind, name] of Object.entries(names)) await writeFile(join(temp, name), kind)
  const disk: DiskIo = {
    ...realDisk,
    async stat(path) {
      const kind = Object.entries(names).find(([, name]) => path.endsWith(name))?.[0]
      const found = await realDisk.stat(path)
      if (kind === undefined) return found
      return Object.assign(found, {
        ctimeMs: Date.now() - ageMs[kind as keyof typeof ageMs] * 1000,
      })
    },
  }
  await localStore(root, { disk }).create('a', encode('x'))
  expect((await readdir(temp)).sort()).toEqual([names.alive, names.elsewhere].sort())
})

describe('a disk that fails', () => {
  const failing = (method: keyof DiskIo, code: string): DiskIo => ({
    ...realDisk,
    [method]: async () => {
      throw Object.assign(new Error(`${code}: it failed`), { code })
    },
  })
  const failingFile = (method: 'write' | 'sync', code: string): DiskIo => ({
    ...realDisk,
    open: async (path, mode) => ({
      ...(await realDisk.open(path, mode)),
      [method]: async () => {
        throw Object.assign(new Error(`${code}: it failed`), { code })
      },
    }),
  })
  const storeOn = (disk: DiskIo): ObjectStore => localStore(root, { disk })

  test.each([
    ['ENOSPC', 'SBX_LAKE_FULL', /free space/],
    ['EDQUOT', 'SBX_LAKE_FULL', /quota/],
    ['EROFS', 'SBX_LAKE_READ_ONLY', /mount it writable/],
    ['EACCES', 'SBX_LAKE_DENIED', /grant/],
    ['EMFILE', 'SBX_LAKE_TOO_MANY_FILES', /ulimit -n/],
    ['EIO', 'SBX_LAKE_IO', /it failed/],
  ])('%s names the operation, the path and the remedy', async (system, code, remedy) => {
    const store = storeOn(failing('open', system))
    const failure = expect(store.create('a/b', encode('x'))).rejects
    await failure.toMatchObject({ name: 'SinkError', code })
    await failure.toThrow(remedy)
    await failure.toThrow(`can't create ${join(root, 'a/b')} (${system})`)
    await expect(store.openWriter('a/c').close()).rejects.toMatchObject({ code })
    await expect(store.stage('task', 'a/d').close()).rejects.toMatchObject({ code })
  })

  test.each(['', '/below/it'])('a lake can not be where a file is%s', async (below) => {
    const file = join(home, `file-${++count}`)
    await writeFile(file, '')
    const refusal = expect(localStore(file + below).create('a/b', encode('x'))).rejects
    await refusal.toMatchObject({ name: 'SinkError', code: 'SBX_LAKE_NO_FOLDER' })
    await refusal.toThrow(/a file stands where a folder must be/)
  })

  test.each(['EPERM', 'ENOTSUP', 'ENOSYS', 'EXDEV'])(
    'the probe refuses a file system where links answer %s',
    async (system) => {
      const refusal = expect(probe(storeOn(failing('link', system)))).rejects
      await refusal.toMatchObject({ name: 'ConfigError', code: 'SBX_LAKE_NO_LINKS' })
      await refusal.toThrow(/use an s3:\/\/ lake/)
    },
  )

  test('the probe refuses a disk whose links overwrite', async () => {
    const disk: DiskIo = {
      ...realDisk,
      link: async (from, to) => {
        await rm(to, { force: true })
        await realDisk.link(from, to)
      },
    }
    await expect(probe(storeOn(disk))).rejects.toMatchObject({ code: 'SBX_LAKE_UNSAFE' })
  })

  test.each(['write', 'sync'] as const)(
    'a failed %s leaves no object and no file',
    async (call) => {
      const store = storeOn(failingFile(call, 'ENOSPC'))
      await expect(store.create('a', encode('x'))).rejects.toMatchObject({ code: 'SBX_LAKE_FULL' })
      await expect(store.replace('a', encode('x'))).rejects.toMatchObject({ code: 'SBX_LAKE_FULL' })
      const writer = store.stage('task', 'b')
      await writer.write(encode('x')).catch(() => {})
      await expect(writer.close()).rejects.toMatchObject({ code: 'SBX_LAKE_FULL' })
      await writer.abort()
      expect(await readdir(join(root, '_staging/_tmp'))).toEqual([])
      expect(await readdir(join(root, '_staging/task'))).toEqual([])
    },
  )

  test('a create whose folder could not be synced has an unknown outcome: retryable', async () => {
    let isBroken = false
    const disk: DiskIo = {
      ...realDisk,
      syncFolder: async (path) => {
        if (isBroken && path === root) throw Object.assign(new Error('EIO'), { code: 'EIO' })
        await realDisk.syncFolder(path)
      },
    }
    const store = storeOn(disk)
    await store.create('first', encode('x'))
    isBroken = true
    await expect(store.create('a', encode('x'))).rejects.toMatchObject({ retryable: true })
    isBroken = false
    expect(await store.create('a', encode('x'))).toBe('exists')
  })

  test('a link that was made although it answered EEXIST counts as made', async () => {
    const disk: DiskIo = {
      ...realDisk,
      link: async (from, to) => {
        await realDisk.link(from, to)
        throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' })
      },
    }
    expect(await storeOn(disk).create('a', encode('x'))).toBe('created')
  })

  test('a crash between link and unlink is finished by the next publish', async () => {
    const crashing = storeOn(failing('unlink', 'EIO'))
    const writer = crashing.stage('task', 'a/b')
    await writer.write(encode('x'))
    const object = await writer.close()
    await expect(crashing.publish(object)).rejects.toMatchObject({ retryable: true })
    const store = localStore(root)
    expect(await store.publish(object)).not.toBe('missing')
    expect(await readdir(join(root, '_staging/task'))).toEqual([])
    expect(await store.publish(object)).toBe('already')
  })

  test('syncs every file before it is linked and every folder before it answers', async () => {
    const log: string[] = []
    const say = (what: string, path: string): number =>
      log.push(`${what} ${path.slice(root.length)}`)
    const disk: DiskIo = {
      ...realDisk,
      open: async (path, mode) => {
        const file = await realDisk.open(path, mode)
        return { ...file, sync: () => (say('sync', dirname(path)), file.sync()) }
      },
      link: (from, to) => (say('link', to), realDisk.link(from, to)),
      syncFolder: (path) => (say('folder', path), realDisk.syncFolder(path)),
    }
    const store = storeOn(disk)
    await store.create('a/1', encode('x'))
    log.length = 0
    await store.create('a/2', encode('x'))
    expect(log).toEqual(['sync /_staging/_tmp', 'link /a/2', 'folder /a'])
  })

  test('syncs a folder a few times only where many files close at once', async () => {
    let syncs = 0
    const disk: DiskIo = {
      ...realDisk,
      syncFolder: (path) => (syncs++, realDisk.syncFolder(path)),
    }
    const store = storeOn(disk)
    await store.create('a/0', encode('x'))
    syncs = 0
    await Promise.all(Array.from({ length: 50 }, (_, n) => store.openWriter(`a/${n + 1}`).close()))
    expect(syncs).toBeLessThan(25)
  })
})

describe.skipIf(process.getuid?.() === 0)('permissions', () => {
  test('a folder without write permission is refused by name', async () => {
    await mkdir(root, { recursive: true })
    await chmod(root, 0o555)
    await expect(probe(localStore(root))).rejects.toMatchObject({ code: 'SBX_LAKE_DENIED' })
  })
})

test('reads what it wrote byte by byte', async () => {
  const store = localStore(root)
  await store.create('a', encode('plain'))
  expect(await readFile(join(root, 'a'), 'utf8')).toBe('plain')
})

test('another store leaves an old file alone while it is put in place', async () => {
  const from = 'gold/_versions/3.duckdb'
  const first = localStore(root)
  await first.create(from, encode('version three'))
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400
  await utimes(join(root, from), twoDaysAgo, twoDaysAgo)
  const other = localStore(root)
  const disk: DiskIo = {
    ...realDisk,
    // Its first write removes what dead processes left.
    async syncFile(path) {
      await realDisk.syncFile(path)
      await other.create('_leases/t/1', encode('{}'))
    },
  }
  await localStore(root, { disk }).swap(from, 'gold/gold.duckdb', undefined)
  expect(await readFile(join(root, 'gold/gold.duckdb'), 'utf8')).toBe('version three')
})

describe('a file that is given', () => {
  const given = async (text: string, disk: DiskIo = realDisk) => {
    const path = join(home, `given-${text}-${count}`)
    await writeFile(path, text)
    const store = localStore(root, { disk })
    const how = { isGiven: true, copy: await store.copyAhead!(path) }
    const object = await store.stageFile('gold', `gold/_versions/${text}`, path, how)
    return { store, path, object, key: object.key }
  }
  const temporary = () => readdir(join(root, '_staging/_tmp'))

  test('is moved, not copied', async () => {
    const copied: string[] = []
    const copyFile: DiskIo['copyFile'] = async (from, to) => {
      copied.push(to)
      await realDisk.copyFile(from, to)
    }
    const { store, path, object, key } = await given('one', { ...realDisk, copyFile })
    const { ino } = await stat(join(root, object.staged))
    await store.publish(object)
    expect((await stat(join(root, key))).ino).toBe(ino)
    await expect(stat(path)).rejects.toThrow('ENOENT')
    expect(copied).toEqual([])
  })

  test('is copied where it lies in another file system', async () => {
    const link: DiskIo['link'] = async (from, to) => {
      if (from.includes('given-')) throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' })
      await realDisk.link(from, to)
    }
    const { store, path, object, key } = await given('afar', { ...realDisk, link })
    expect(await store.publish(object)).toBe('published')
    expect(await readFile(join(root, key), 'utf8')).toBe('afar')
    await expect(stat(path)).rejects.toThrow('ENOENT')
    const [copy = ''] = await temporary()
    const { ino } = await stat(join(root, '_staging/_tmp', copy))
    await store.swap(key, 'gold/gold.duckdb', undefined)
    expect((await stat(join(root, 'gold/gold.duckdb'))).ino).toBe(ino)
  })

  test('is digested again where it has changed since it was copied', async () => {
    const path = join(home, `changed-${count}`)
    await writeFile(path, 'one')
    const store = localStore(root)
    const copy = await store.copyAhead!(path)
    await writeFile(path, 'two, longer')
    const object = await store.stageFile('gold', 'gold/a', path, { isGiven: true, copy })
    expect(object).toMatchObject({ bytes: 11, checksum: crc32('two, longer') })
    expect(await temporary()).toEqual([])
  })

  test('is put in place by the copy that was made ahead', async () => {
    const { store, object, key } = await given('one')
    expect(await temporary()).toHaveLength(1)
    await store.publish(object)
    await store.swap(key, 'gold/gold.duckdb', undefined)
    expect(await readFile(join(root, 'gold/gold.duckdb'), 'utf8')).toBe('one')
    expect(await temporary()).toEqual([])
    expect((await stat(join(root, key))).nlink).toBe(1)
  })

  test('is copied anew where something is wrong with that copy', async () => {
    const { store, object, key } = await given('one')
    await store.publish(object)
    const [copy = ''] = await temporary()
    await writeFile(join(root, '_staging/_tmp', copy), 'another')
    await store.swap(key, 'gold/gold.duckdb', undefined)
    expect(await readFile(join(root, 'gold/gold.duckdb'), 'utf8')).toBe('one')
    expect(await temporary()).toEqual([])
  })

  test('leaves no copy behind where it is removed, or another is staged', async () => {
    const { store, object, key } = await given('one')
    await store.publish(object)
    await store.remove(key)
    expect(await temporary()).toEqual([])
    const path = join(home, 'more')
    for (const text of ['two', 'three']) {
      await writeFile(path, text)
      const copy = await store.copyAhead!(path)
      await store.stageFile('gold', text, path, { isGiven: true, copy })
    }
    expect(await temporary()).toHaveLength(1)
  })
})

test('tells a file from another of the same length and time', async () => {
  const store = localStore(root)
  await store.create('a', encode('one'))
  const before = await store.look('a')
  const { mtime } = await stat(join(root, 'a'))
  await writeFile(join(root, 'a'), 'two')
  await utimes(join(root, 'a'), mtime, mtime)
  expect(await store.look('a')).not.toEqual(before)
})

test('leaves nothing beside a file that could not be put in place', async () => {
  const rename = () => Promise.reject(Object.assign(new Error('EIO: no'), { code: 'EIO' }))
  const disk: DiskIo = { ...realDisk, rename }
  const store = localStore(root, { disk })
  await store.create('gold/_versions/1.duckdb', encode('one'))
  await store.create('gold/gold.duckdb', encode('the one before'))
  await expect(
    store.swap('gold/_versions/1.duckdb', 'gold/gold.duckdb', undefined),
  ).rejects.toThrow('put in place')
  expect(await readFile(join(root, 'gold/gold.duckdb'), 'utf8')).toBe('the one before')
  expect(await readdir(join(root, '_staging/_tmp'))).toEqual([])
})

test('gives back what was replaced when the new file is in place', async () => {
  const order: string[] = []
  const disk: DiskIo = {
    ...realDisk,
    rename: async (from, to) => {
      await realDisk.rename(from, to)
      order.push('in place')
    },
    unlink: async (path) => {
      if (path.includes('_tmp')) order.push('given back')
      await realDisk.unlink(path)
    },
  }
  const store = localStore(root, { disk })
  await store.create('gold/_versions/1', encode('one'))
  await store.create('gold/_versions/2', encode('two, longer'))
  await store.swap('gold/_versions/1', 'gold/gold.duckdb', undefined)
  order.length = 0
  await store.swap('gold/_versions/2', 'gold/gold.duckdb', undefined)
  expect(await readFile(join(root, 'gold/gold.duckdb'), 'utf8')).toBe('two, longer')
  await expect.poll(() => readdir(join(root, '_staging/_tmp'))).toEqual([])
  expect(order).toEqual(['in place', 'given back'])
})
