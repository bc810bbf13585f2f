import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ConfigError, SourceError } from '../../src/core/errors.ts'
import { landingFiles } from '../../src/sources/landingFiles.ts'
import { landingZone } from './landing/landingZone.ts'

describe('landingFiles', () => {
  it('reads lines, rows and elements, plain and compressed, in name order', async () => {
    const zone = await landingZone()
    await zone.put('c.csv', 'id,text\n1,"x\ny"\n2,z\n')
    await zone.put('b/lines.ndjson.gz', gzipSync('{"a":3}\n{"a":4}'))
    await zone.put('b.ndjson', '{"a":1}\r\n\n{"a":2}\n')
    await zone.put('d.json', '[ {"a": 5}, {"a":6} ]')
    const { records } = await zone.read()
    expect(records.map(({ source, text, offset }) => [source, text, offset])).toEqual([
      ['b.ndjson', '{"a":1}', 0],
      ['b.ndjson', '{"a":2}', 10],
      ['b/lines.ndjson.gz', '{"a":3}', 0],
      ['b/lines.ndjson.gz', '{"a":4}', 8],
      ['c.csv', '1,"x\ny"', 8],
      ['c.csv', '2,z', 16],
      ['d.json', '{"a": 5}', 0],
      ['d.json', '{"a":6}', 1],
    ])
  })

  it('orders names by code points, not by UTF-16', async () => {
    const zone = await landingZone()
    for (const name of ['\u{1f600}', '\uff5e', 'a', 'B', 'é']) {
      await zone.put(`${name}.ndjson`, `${JSON.stringify(name)}\n`)
    }
    const run = await zone.read()
    expect(run.texts()).toEqual(['"B"', '"a"', '"é"', '"\uff5e"', '"\u{1f600}"'])
  })

  it('leaves hidden, unfinished and foreign names alone', async () => {
    const zone = await landingZone()
    for (const name of [
      ...['.a.ndjson', '.hidden/a.ndjson', 'a.ndjson.tmp', 'a.ndjson.part', 'a.txt', 'a.gz'],
      ...['a.ndjson.tmp.gz', 'sub/.x.csv'],
    ]) {
      await zone.put(name, '{"a":1}\n')
    }
    await mkdir(join(zone.folder, 'folder.csv'))
    const run = await zone.read()
    expect(run.batches).toEqual([])
  })

  it('reads the extensions it is told to', async () => {
    const zone = await landingZone()
    await zone.put('a.csv', 'x\n1\n')
    await zone.put('b.ndjson', '{}\n')
    expect((await zone.read({ extensions: ['.csv'] })).texts()).toEqual(['1'])
  })

  it('gives each batch what Bronze needs', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '{"a":1}\n{"a":2}')
    await zone.put('b.csv', '\ufeff"id",text\r\n1,x\r\n2,y')
    await zone.put('c.json', '[1,2]')
    await zone.put('d.ndjson.gz', gzipSync('1\n2\n3\n'))
    const { batches } = await zone.read({}, { batchBytes: 8 })
    const bronze = batches.map(({ source, bytes, bronze }) => [
      source,
      Buffer.from(bytes!).toString(),
      bronze,
    ])
    const header = Uint8Array.from(Buffer.from('\ufeff"id",text\r\n'))
    const copy = (name: string, extension: string, size: number) => ({
      kind: 'copy',
      extension,
      path: join(zone.folder, name),
      size,
    })
    expect(bronze).toEqual([
      ['a.ndjson', '{"a":1}\n', { kind: 'append', extension: 'ndjson', from: 0, to: 8 }],
      ['a.ndjson', '{"a":2}\n', { kind: 'append', extension: 'ndjson', from: 8, to: 15 }],
      ['b.csv', '1,x\r\n', { kind: 'append', extension: 'csv', header, from: 14, to: 19 }],
      ['b.csv', '2,y\n', { kind: 'append', extension: 'csv', header, from: 19, to: 22 }],
      ['c.json', '1,2', copy('c.json', 'json', 5)],
      ['d.ndjson.gz', '1\n2\n3\n', copy('d.ndjson.gz', 'ndjson.gz', 26)],
    ])
    expect(batches[2]?.header).toEqual(['id', 'text'])
  })

  it('copies a compressed file once, however many batches it makes', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson.gz', gzipSync('1\n'.repeat(100)))
    const { batches } = await zone.read({}, { batchBytes: 20 })
    expect(batches.length).toBeGreaterThan(5)
    expect(batches.map(({ bronze }) => bronze?.kind)).toEqual([
      'copy',
      ...batches.slice(1).map(() => 'none'),
    ])
  })

  it('gives every batch a buffer of its own', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '{"a":1}\n'.repeat(500))
    await zone.put('b.json', JSON.stringify(Array.from({ length: 500 }, (_, a) => ({ a }))))
    const { batches } = await zone.read({}, { batchBytes: 100 })
    const buffers = batches.map(({ bytes }) => bytes!.buffer)
    expect(new Set(buffers).size).toBe(batches.length)
    expect(batches.every(({ bytes }) => bytes!.byteLength <= 100)).toBe(true)
    for (const buffer of buffers) structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
  })

  it('reads nothing from empty files and files of a header alone', async () => {
    const zone = await landingZone()
    const contents = { 'a.ndjson': '', 'b.csv': 'id,text\n', 'c.csv': 'id,text', 'd.json': '' }
    for (const [name, content] of Object.entries(contents)) await zone.put(name, content)
    await zone.put('e.json', '[]')
    await zone.put('f.json', 'null')
    await zone.put('g.ndjson', '\n\n')
    await zone.put('h.csv.gz', gzipSync('id,text\n'))
    const run = await zone.read()
    expect([run.records, run.rejects]).toEqual([[], []])
    const restored = await zone.checkpoint(run)
    const again = await zone.read({}, { restored })
    expect(again.batches).toEqual([])
    expect((await again.reader.position()).add).toEqual([])
  })

  it('reads nothing where the folder is missing and the one around it is not', async () => {
    const zone = await landingZone()
    expect((await zone.read({ path: join(zone.folder, 'twitter') })).batches).toEqual([])
  })

  it('says what to do where the landing zone is missing', async () => {
    const zone = await landingZone()
    const path = join(zone.folder, 'missing', 'twitter')
    const reading = zone.read({ path })
    await expect(reading).rejects.toBeInstanceOf(SourceError)
    await expect(reading).rejects.toMatchObject({ code: 'SBX_LANDING_FOLDER', node: 'landing' })
    await expect(reading).rejects.toThrow(/does not exist; make the folder/)
  })

  it('waits for the landing zone while streaming', async () => {
    const zone = await landingZone()
    const path = join(zone.folder, 'missing', 'twitter')
    const run = await zone.open({ path }, { mode: 'streaming' })
    expect(await run.step()).toBe(false)
    await mkdir(path, { recursive: true })
    await writeFile(join(path, 'a.ndjson'), '1\n')
    await zone.advance(500)
    expect((await run.drain()).texts()).toEqual(['1'])
  })

  it('says so where the landing zone is a file', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '')
    await expect(zone.read({ path: join(zone.folder, 'a.ndjson') })).rejects.toThrow(/can't list/)
  })

  it('reads one that is gone before it is opened as if it had never been', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n'.repeat(2000))
    await zone.put('b.ndjson', '2\n')
    const run = await zone.open()
    await run.step()
    await rm(join(zone.folder, 'b.ndjson'))
    await run.drain()
    expect(new Set(run.texts())).toEqual(new Set(['1']))
    expect(run.rejects).toEqual([])
  })

  it('ends at once when it is aborted while it waits', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2', 0)
    const abort = new AbortController()
    const run = await zone.open({}, { signal: abort.signal })
    await run.step()
    zone.later(100, async () => abort.abort())
    const startMs = zone.now()
    expect(await run.step()).toBe(false)
    expect(zone.now() - startMs).toBeLessThan(300)
  })

  it('describes itself without opening anything', () => {
    const source = landingFiles({ path: './landing' })
    expect(source).toMatchObject({
      kind: 'source',
      type: 'landingFiles',
      ports: ['rejected'],
      options: { path: './landing', shapes: null, maxRecordBytes: 16 * 1024 * 1024 },
    })
    expect(Object.isFrozen(source)).toBe(true)
  })

  it.each([
    ['no path', { path: '' }],
    ['no extensions', { path: 'x', extensions: [] }],
    ['an extension that is none', { path: 'x', extensions: ['.xml' as '.csv'] }],
    ['a limit of nothing', { path: 'x', maxRecordBytes: 0 }],
    ['a limit that is no number', { path: 'x', maxRecordBytes: NaN }],
  ])('refuses %s', (_, options) => {
    expect(() => landingFiles(options)).toThrow(ConfigError)
  })
})
