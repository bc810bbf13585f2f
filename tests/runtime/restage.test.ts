import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { defineTopology } from '../../src/core/defineTopology.ts'
import { SinkError } from '../../src/core/errors.ts'
import { localStore } from '../../src/lake/localStore.ts'
import { closeLake, presetLake } from '../../src/lake/openLake.ts'
import { decodeJson } from '../../src/operators/decodeJson.ts'
import { run } from '../../src/runtime/run.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'
import { quarantineTable } from '../../src/sinks/delta/quarantineTable.ts'
import { rawFiles } from '../../src/sinks/rawFiles.ts'
import { landingFiles } from '../../src/sources/landingFiles.ts'

const lines = (from: number, count: number): string =>
  Array.from({ length: count }, (_, n) => `{"n":${from + n}}\n`).join('')

/** A landing zone, and a lake whose last epoch is committed and not published. */
async function committed() {
  const home = await mkdtemp(join(tmpdir(), 'sluicebox-restage-'))
  onTestFinished(() => rm(home, { recursive: true }))
  const landing = join(home, 'landing')
  await mkdir(landing)
  const put = async (name: string, content: string | Uint8Array): Promise<void> => {
    await writeFile(join(landing, name), content)
    // Settled: nobody waits for more.
    await utimes(join(landing, name), 1_700_000_000, 1_700_000_000)
  }
  await put('a.ndjson', lines(0, 3000) + '{"n":"no line end"}')
  await put('b.csv', 'n,m\n' + '1,2\n'.repeat(500))
  await put('c.ndjson.gz', gzipSync(lines(5000, 100)))
  await put('d.json', '[{"n":1},{"n":2}]')
  const out = memorySink()
  const build = (lake: string) =>
    defineTopology('files', { rejects: quarantineTable({ lake }) }, (flow) => {
      const raw = flow.source('files', landingFiles({ path: landing }))
      raw.to('bronze', rawFiles({ lake, path: 'bronze', maxFileBytes: 9000 }))
      raw.via('decode', decodeJson()).to('out', out)
      return {}
    })
  const events: string[] = []
  const note = (event: string): void => void events.push(event)
  const logger = { info: note, warn: note, error: note }
  const process = (lake: string) => run(build(lake), { lake, batchBytes: 4096, logger }).done

  const lake = join(home, 'lake')
  const store = localStore(lake)
  const broken = { code: 'SBX_LAKE_IO' } as const
  presetLake(lake, {
    ...store,
    publish: (object) =>
      object.key.startsWith('bronze/')
        ? Promise.reject(new SinkError('the server is gone', broken))
        : store.publish(object),
  })
  await expect(process(lake)).rejects.toMatchObject(broken)
  closeLake(lake)
  const staged = await readdir(join(lake, '_staging/files'))
  expect(staged.length).toBeGreaterThan(4)
  const expire = (): Promise<void> => rm(join(lake, '_staging'), { recursive: true })
  return { home, landing, lake, process, expire, events }
}

const bronze = async (lake: string): Promise<string[]> => {
  const found = await readdir(join(lake, 'bronze'), { recursive: true, withFileTypes: true })
  const files = found.filter((entry) => entry.isFile())
  const all = files.map((file) => readFile(join(file.parentPath, file.name), 'latin1'))
  return (await Promise.all(all)).sort()
}

test('a committed epoch whose staged files are gone is staged again and published', async () => {
  const { home, lake, process, expire, events } = await committed()
  await expire()
  await process(lake)
  expect(events).toContain('restaged')
  const undisturbed = join(home, 'undisturbed')
  await process(undisturbed)
  expect(await bronze(lake)).toEqual(await bronze(undisturbed))
  expect(await readdir(join(lake, '_staging/files')).catch(() => [])).toEqual([])
  expect((await process(lake)).epochs).toBe(0)
})

test('what was appended to the files since then is read as usual', async () => {
  const { home, landing, lake, process, expire } = await committed()
  await expire()
  await appendFile(join(landing, 'b.csv'), '3,4\n')
  await process(lake)
  const undisturbed = join(home, 'undisturbed')
  await process(undisturbed)
  const rows = async (of: string) => (await bronze(of)).join('').split('\n').sort()
  const [got, want] = [await rows(lake), await rows(undisturbed)]
  // One more file, with a header of its own.
  expect(got).toEqual([...want, 'n,m'].sort())
})

test.each(['a.ndjson', 'c.ndjson.gz'])(
  'refuses to go on where %s is gone, and says so',
  async (name) => {
    const { landing, lake, process, expire } = await committed()
    await expire()
    await rm(join(landing, name))
    const refusal = expect(process(lake)).rejects
    await refusal.toMatchObject({ name: 'CheckpointError', code: 'SBX_CHECKPOINT_DAMAGED' })
    await refusal.toThrow(new RegExp(`upload is gone.*${name}`))
  },
)
