import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sockets } from '../../../src/kafka/client/sockets.ts'

const server = createServer((socket) => socket.on('error', () => {}))
const broker = () => ({
  host: '127.0.0.1',
  port: (server.address() as AddressInfo).port,
  onConnect() {},
  ssl: undefined as never,
})
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => void server.close())

test('connects, and ends what is still open when it is closed', async () => {
  const { factory, close } = sockets()
  const closed: string[] = []
  await new Promise<void>((onConnect) => {
    factory({ ...broker(), onConnect }).once('close', () => closed.push('open'))
  })
  // One that is being made has no one to close it in kafkajs.
  const making = factory(broker())
  making.once('close', () => closed.push('making'))
  close()
  await expect.poll(() => closed.sort()).toEqual(['making', 'open'])
})

test('lets nothing be opened afterwards, and says so', async () => {
  const { factory, close } = sockets()
  close()
  const late = factory(broker())
  const [error] = (await once(late, 'error')) as [Error]
  expect(error.message).toMatch(/closed/)
  expect(late.destroyed).toBe(true)
})

test.each([undefined, null, false])('speaks plainly with ssl: %s', (ssl) => {
  const { factory, close } = sockets()
  expect(factory({ ...broker(), ssl: ssl as never })).not.toHaveProperty('encrypted')
  close()
})

test('speaks TLS where it is told to', async () => {
  const { factory, close } = sockets()
  const socket = factory({ ...broker(), ssl: { rejectUnauthorized: true } })
  expect((socket as TLSSocket).encrypted).toBe(true)
  close()
  await new Promise((resolve) => socket.once('close', resolve))
})
