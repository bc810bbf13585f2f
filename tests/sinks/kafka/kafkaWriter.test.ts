import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { Envelope } from '../../../src/core/unit.ts'
import { kafkaSink } from '../../../src/sinks/kafkaSink.ts'
import { virtualClock } from '../../../src/testing/virtualClock.ts'

test('connects no more once it was closed', async () => {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  const { port } = server.address() as AddressInfo
  const sink = kafkaSink<string>({ brokers: `127.0.0.1:${port}`, topic: 't', key: () => null })
  const writer = await sink.openWriter({
    ...{ node: 'out', task: 'tweets', topology: 't', clock: virtualClock(), runId: 'r' },
    ...{ writer: 0, memoryBytes: 1 << 24, epoch: () => 2, attempt: () => '1-abc' },
  })
  await writer.close()
  writer.write('late', undefined as unknown as Envelope)
  await expect(writer.prepare()).rejects.toThrow(/closed/)
  expect(connections).toBe(0)
  await new Promise((closed) => server.close(closed))
})
