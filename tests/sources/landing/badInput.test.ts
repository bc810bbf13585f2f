import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { SourceError } from '../../../src/core/errors.ts'
import { realDisk, type DiskIo } from '../../../src/lake/diskIo.ts'
import { landingZone } from './landingZone.ts'

const failing = (
  code: string,
  on: { method: 'open' | 'readdir' | 'read'; name: string; after?: number },
): DiskIo => {
  let calls = 0
  const check = (method: string, path: string): void => {
    if (method !== on.method || !path.endsWith(on.name) || calls++ < (on.after ?? 0)) return
    throw Object.assign(new Error(`${code}: injected`), { code, syscall: method })
  }
  return {
    ...realDisk,
    async open(path, mode) {
      check('open', path)
      const file = await realDisk.open(path, mode)
      return {
        ...file,
        async read(into, position) {
          check('read', path)
          return file.read(into, position)
        },
      }
    },
    async readdir(path) {
      check('readdir', path)
      return realDisk.readdir(path)
    },
  }
}

describe('a file that can not be read', () => {
  const unreadable = async () => {
    const zone = await landingZone()
    execFileSync('mkfifo', [join(zone.folder, 'a-pipe.ndjson')])
    await symlink('nowhere.csv', join(zone.folder, 'b-dangling.csv'))
    await symlink('/etc/hostname', join(zone.folder, 'c-outside.csv'))
    await symlink('.', join(zone.folder, 'd-loop'))
    await zone.put('e.ndjson', '1\n')
    await symlink('e.ndjson', join(zone.folder, 'f-inside.ndjson'))
    return zone
  }

  it('is one rejected record, and the rest is read', async () => {
    const zone = await unreadable()
    const run = await zone.read()
    expect(run.texts()).toEqual(['1'])
    expect(run.reasons()).toEqual([
      'unreadable_file a-pipe.ndjson',
      'unreadable_file b-dangling.csv',
      'unreadable_file c-outside.csv',
    ])
    expect(run.rejects.map(({ detail }) => detail.replace(/ \(.*/, ''))).toEqual([
      'it is no regular file',
      'it is a link that leads nowhere',
      'it is a link to outside the landing zone',
    ])
    expect(run.batches.filter(({ rejects }) => rejects).map(({ bronze }) => bronze)).toEqual(
      Array(3).fill({ kind: 'none' }),
    )
    expect(zone.logs.filter((line) => !line.startsWith('landing_unreadable'))).toEqual([
      'landing_skipped d-loop',
      'landing_redelivered f-inside.ndjson',
    ])
  })

  it('is not reported again until it looks different', async () => {
    const zone = await unreadable()
    const restored = await zone.checkpoint(await zone.read())
    const run = await zone.open({}, { restored, mode: 'streaming' })
    await run.drain()
    await zone.advance(500)
    await run.drain()
    expect(run.batches).toEqual([])
    await zone.put('b-dangling.csv/../nowhere.csv', 'id\n7\n')
    await zone.advance(500)
    expect((await run.drain()).texts()).toEqual(['7'])
  })

  it('fails in the middle, and is read on when it can be', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n'.repeat(4000))
    await zone.put('b.ndjson', '2\n')
    const disk = failing('EIO', { method: 'read', name: 'a.ndjson', after: 4 })
    const run = await zone.read({ disk })
    expect(run.reasons()).toEqual(['unreadable_file a.ndjson'])
    const ones = run.records.filter(({ text }) => text === '1').length
    expect(ones).toBeGreaterThan(0)
    expect(ones).toBeLessThan(4000)
    expect(run.texts().at(-1)).toBe('2')
    const again = await zone.read({}, { restored: await zone.checkpoint(run) })
    expect(again.records).toHaveLength(4000 - ones)
    expect(again.rejects).toEqual([])
  })

  it.each(['EACCES', 'EPERM', 'ELOOP'])('may refuse to be opened (%s)', async (code) => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n')
    const run = await zone.read({ disk: failing(code, { method: 'open', name: 'a.ndjson' }) })
    expect(run.reasons()).toEqual(['unreadable_file a.ndjson'])
    const restored = await zone.checkpoint(run)
    const disk = failing(code, { method: 'open', name: 'a.ndjson' })
    expect((await zone.read({ disk }, { restored })).batches).toEqual([])
  })

  it('may be a folder that can not be listed', async () => {
    const zone = await landingZone()
    await zone.put('sub/a.ndjson', '1\n')
    await zone.put('z.ndjson', '2\n')
    const run = await zone.read({ disk: failing('EACCES', { method: 'readdir', name: 'sub' }) })
    expect(run.reasons()).toEqual(['unreadable_file sub'])
    expect(run.texts()).toEqual(['2'])
  })

  it('stops the run where the fault is the machine’s', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n')
    const reading = zone.read({ disk: failing('EMFILE', { method: 'open', name: 'a.ndjson' }) })
    await expect(reading).rejects.toBeInstanceOf(SourceError)
    await expect(reading).rejects.toMatchObject({ code: 'SBX_LANDING_IO', retryable: true })
  })

  it('does not become readable by a name that is not UTF-8', async () => {
    const zone = await landingZone()
    await writeFile(
      Buffer.concat([Buffer.from(`${zone.folder}/`), Buffer.from('ff2e637376', 'hex')]),
      'id\n',
    )
    expect((await zone.read()).reasons()).toEqual(['unreadable_file \ufffd.csv'])
  })

  it('is no folder of that name', async () => {
    const zone = await landingZone()
    await mkdir(join(zone.folder, 'x.csv'))
    await zone.put('x.csv/a.ndjson', '1\n')
    const run = await zone.read()
    expect([run.texts(), run.rejects]).toEqual([['1'], []])
  })
})

describe('a record over the limit', () => {
  const long = `{"text":"${'x'.repeat(5000)}"}`

  it.each([
    ['lines', 'a.ndjson', `1\n${long}\n2\n`, ['1', '2'], '2'],
    ['the last line', 'a.ndjson', `1\n${long}`, ['1'], '2'],
    ['compressed lines', 'a.ndjson.gz', gzipSync(`1\n${long}\n2`), ['1', '2'], '2'],
    ['rows', 'a.csv', `text\n1\n"${long.replaceAll('"', '""')}\n"\n2\n`, ['1', '2'], '7'],
    ['elements', 'a.json', `[1,${long},2]`, ['1', '2'], '1'],
    ['the only line', 'a.ndjson', `${long}`, [], '0'],
  ])('among %s is turned down with its beginning', async (_, name, content, texts, position) => {
    const zone = await landingZone()
    await zone.put(name, content)
    const run = await zone.read({ maxRecordBytes: 100 }, { batchBytes: 64 })
    expect(run.texts()).toEqual(texts)
    expect(run.rejects).toMatchObject([{ reason: 'too_large', position }])
    expect(run.rejects[0]?.detail).toMatch(/^50\d\d bytes, .*first 100/)
    expect(run.rejects[0]?.raw).toHaveLength(100)
    expect(long.replaceAll('"', '')).toContain(
      Buffer.from(run.rejects[0]!.raw).toString().replaceAll('"', ''),
    )
  })

  it('is in the raw copy whole', async () => {
    const zone = await landingZone()
    const content = `1\n${long}\n2\n`
    await zone.put('a.ndjson', content)
    const { batches } = await zone.read({ maxRecordBytes: 100 }, { batchBytes: 64 })
    expect(Buffer.concat(batches.map(({ bytes }) => bytes!)).toString()).toBe(content)
    expect(batches.every(({ bronze }) => bronze?.kind === 'append')).toBe(true)
    const unended = batches.filter(({ bronze }) => bronze?.kind === 'append' && bronze.goesOn)
    expect(unended).toEqual(batches.filter(({ bytes }) => bytes!.at(-1) !== 0x0a))
    expect(unended.length).toBeGreaterThan(1)
  })

  it('of 50 MB is read in little memory', async () => {
    const zone = await landingZone()
    const line = Buffer.alloc(50 * 1024 * 1024, 'x')
    await zone.put('a.ndjson', Buffer.concat([Buffer.from('1\n'), line, Buffer.from('\n2\n')]))
    const run = await zone.read({}, { batchBytes: 1024 * 1024 })
    expect(run.texts()).toEqual(['1', '2'])
    expect(run.rejects[0]?.raw).toHaveLength(16 * 1024 * 1024)
    expect(run.rejects[0]?.detail).toContain(String(line.length))
    expect(Math.max(...run.batches.map(({ bytes }) => bytes!.length))).toBeLessThan(
      40 * 1024 * 1024,
    )
  })
})

describe('a damaged .gz', () => {
  const lines = Array.from({ length: 3000 }, (_, n) => JSON.stringify({ n, x: n * 7919 }))
  const whole = gzipSync(lines.join('\n'))

  it.each([
    ['cut in the middle', whole.subarray(0, whole.length >> 1)],
    ['cut in its trailer', whole.subarray(0, -3)],
    [
      'followed by what is none',
      Buffer.concat([gzipSync(`${lines[0]}\n{"n"`), Buffer.from('xxx')]),
    ],
    ['with a wrong checksum', Buffer.from(whole).fill(0xff, whole.length - 8, whole.length - 4)],
    [
      'followed by half another',
      Buffer.concat([gzipSync(`${lines[0]}\n`), whole.subarray(0, 900)]),
    ],
  ])('%s gives its whole records and one broken one', async (_, content) => {
    const zone = await landingZone()
    await zone.put('a.ndjson.gz', content)
    const run = await zone.read()
    const { records, rejects } = run
    expect(records.length).toBeGreaterThan(0)
    expect(run.texts().map((text) => JSON.parse(text) as unknown)).toHaveLength(records.length)
    expect(rejects).toHaveLength(1)
    const last = records.at(-1)!
    const behind = last.offset + last.text.length + 1
    expect(rejects[0]).toMatchObject({ reason: 'broken_record', position: String(behind) })
    expect(rejects[0]!.detail).toMatch(/\.gz (ends early|is damaged)/)
    const again = await zone.read({}, { restored: await zone.checkpoint(run) })
    expect(again.batches).toEqual([])
  })

  it('that was cut off gives the rest when it is completed', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson.gz', whole.subarray(0, 5000))
    const run = await zone.read()
    const restored = await zone.checkpoint(run)
    await zone.append('a.ndjson.gz', whole.subarray(5000), 5000)
    const again = await zone.read({}, { restored })
    expect(again.rejects).toEqual([])
    expect([...run.texts(), ...again.texts()]).toEqual(lines)
  })

  it.each([
    ['rows', 'a.csv.gz', gzipSync('id,text\n1,a\n2,"b').subarray(0, -4), ['1,a'], '2,"b'],
    ['a header', 'a.csv.gz', gzipSync('id,text').subarray(0, -4), [], 'id,text'],
    ['a document', 'a.json.gz', gzipSync('[1,2').subarray(0, -4), [], '[1,2'],
    ['a whole document', 'a.json.gz', gzipSync('[1,2]').subarray(0, -4), [], '[1,2]'],
    [
      'nothing',
      'a.ndjson.gz',
      gzipSync('1\n').subarray(0, 10),
      [],
      gzipSync('1\n').subarray(0, 10),
    ],
    ['no .gz at all', 'a.ndjson.gz', '{"a":1}\n', [], '{"a":1}\n'],
  ])('of %s keeps what could be read of the rest', async (_, name, content, texts, raw) => {
    const zone = await landingZone()
    await zone.put(name, content)
    const run = await zone.read()
    expect(run.texts()).toEqual(texts)
    expect(run.reasons()).toEqual([`broken_record ${name}`])
    expect(Buffer.from(run.rejects[0]!.raw)).toEqual(Buffer.from(raw))
  })

  it('is copied for Bronze as it came', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson.gz', whole.subarray(0, 20))
    const { batches } = await zone.read()
    expect(batches.map(({ bronze }) => bronze?.kind)).toEqual(['copy'])
  })
})

describe('bytes that are no JSON or CSV', () => {
  it('are records all the same where they are lines or rows', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', Buffer.from([0x7b, 0xff, 0x00, 0x0a, 0x0d, 0x0a, 0x22, 0x0a]))
    await zone.put('b.csv', Buffer.from('id,text\n1\n2,\xff,3\n', 'latin1'))
    const run = await zone.read()
    expect(run.records).toHaveLength(4)
    expect(run.rejects).toEqual([])
  })

  it.each([
    ['cut off', '[{"a":1},{"a":'],
    ['followed by more', '{\n"a":1}\nmore'],
    ['no JSON at all', 'hello'],
    ['with a wrong element', '[{"a":1},{"a":tru}]'],
  ])('are one broken record where they are a document %s', async (_, content) => {
    const zone = await landingZone()
    await zone.put('a.json', content)
    const run = await zone.read()
    expect(run.texts()).toEqual([])
    expect(run.rejects).toMatchObject([{ reason: 'broken_record', position: '0' }])
    expect(Buffer.from(run.rejects[0]!.raw).toString()).toBe(content)
    expect(run.rejects[0]!.detail).toMatch(/^not JSON: .* at byte \d+ of \d+$/)
    expect(run.batches.map(({ bronze }) => bronze?.kind)).toEqual(['copy'])
  })
})
