import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { lineageEmitter } from '../../../src/lineage/openLineage/lineageEmitter.ts'

function logger() {
  const lost: unknown[] = []
  const warn = (event: string, fields?: object): void => {
    if (event === 'lineage_lost') lost.push((fields as { why: string }).why)
  }
  return { lost, info: () => {}, warn, error: () => {} }
}

async function server(answer: RequestListener): Promise<string> {
  const listening = createServer(answer)
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    listening.closeAllConnections()
    listening.close()
  })
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}/api/v1/lineage`
}

describe('to a file', () => {
  it('gives up where none can be', async () => {
    const log = logger()
    const emitter = lineageEmitter({ to: '/proc/nowhere/events.ndjson', logger: log })
    emitter.emit({})
    await emitter.close()
    expect(log.lost).toEqual([expect.stringMatching(/ENOENT|EACCES|EPERM/)])
  })

  it('appends one event a line, in order', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluicebox-test-lineage-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const to = join(folder, 'deep/events.ndjson')
    for (const run of [1, 2]) {
      const emitter = lineageEmitter({ to, logger: logger() })
      for (const n of [1, 2, 3]) emitter.emit({ run, n })
      await emitter.close()
    }
    const lines = (await readFile(to, 'utf8')).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      [1, 2].flatMap((run) => [1, 2, 3].map((n) => ({ run, n }))),
    )
  })

  it('loses what can not be written, and says so', async () => {
    const log = logger()
    const emitter = lineageEmitter({ to: '/dev/null/events', logger: log })
    emitter.emit({ n: 1 })
    await emitter.close()
    expect(log.lost).toEqual([expect.stringMatching(/ENOTDIR|EEXIST/)])
  })
})

describe('to a server', () => {
  it('posts events one after the other, with the headers given', async () => {
    const got: [string | undefined, string | undefined, unknown][] = []
    let under = 0
    const to = await server((request, response) => {
      expect(++under).toBe(1)
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        got.push([request.headers.authorization, request.headers['content-type'], JSON.parse(body)])
        under--
        response.writeHead(201).end()
      })
    })
    const log = logger()
    const emitter = lineageEmitter({ to, logger: log, headers: { authorization: 'Bearer key' } })
    for (const n of [1, 2, 3]) emitter.emit({ n })
    await emitter.close()
    expect(got).toEqual([1, 2, 3].map((n) => ['Bearer key', 'application/json', { n }]))
    expect(log.lost).toEqual([])
  })

  it('never waits longer than the timeout, nor holds more events than it may', async () => {
    const to = await server(() => {})
    const log = logger()
    const emitter = lineageEmitter({ to, logger: log, timeoutMs: 100, maxWaiting: 3 })
    for (let n = 0; n < 5; n++) emitter.emit({ n })
    expect(log.lost).toEqual(['3 events are waiting', '3 events are waiting'])
    const before = performance.now()
    await emitter.close()
    expect(performance.now() - before).toBeLessThan(5000)
    expect(log.lost).toHaveLength(5)
  })

  it.each([
    ['answers with an error', () => server((_, response) => response.writeHead(500).end()), /500/],
    ['is not there', async () => 'http://127.0.0.1:1/', /fetch failed/],
  ])('goes on where it %s', async (_what, start, why) => {
    const log = logger()
    const emitter = lineageEmitter({ to: await start(), logger: log })
    emitter.emit({ n: 1 })
    await emitter.close()
    expect(log.lost).toEqual([expect.stringMatching(why)])
  })
})

it.each([{ to: '' }, { to: 'ftp://host/x' }, { to: 'http://' }, { to: 'x', timeoutMs: 0 }])(
  'refuses %j',
  (wrong) => {
    expect(() => lineageEmitter({ logger: logger(), ...wrong })).toThrow(
      expect.objectContaining({ code: 'SBX_OPTION' }) as Error,
    )
  },
)
