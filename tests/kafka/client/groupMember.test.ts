import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type * as Kafkajs from 'kafkajs'
import { expect, test } from 'vitest'
import { joinGroup } from '../../../src/kafka/client/groupMember.ts'
import { virtualClock } from '../../../src/testing/virtualClock.ts'

const events = {
  HEARTBEAT: 'heartbeat',
  REBALANCING: 'rebalancing',
  GROUP_JOIN: 'join',
  FETCH_START: 'fetch',
  CRASH: 'crash',
}
const AssignerProtocol = {
  MemberMetadata: { encode: () => Buffer.alloc(0) },
  MemberAssignment: {},
}
const SESSION_MS = 10_000
const RETRY_MS = 60_000

/** A member whose client says what the test says: a coordinator can't be made to fail at a certain moment. */
async function member() {
  const clock = virtualClock()
  const clients: EventEmitter[] = []
  const heard: string[] = []
  /** The client sends a request to join. */
  let sendJoin = (): void => {}
  const consumer = ({ partitionAssigners }: Kafkajs.ConsumerConfig): unknown => {
    const [assigner] = partitionAssigners!.map((make) => make({} as never))
    sendJoin = () => void assigner!.protocol({ topics: ['t'] })
    const client = new EventEmitter()
    const number = clients.push(client)
    return Object.assign(client, {
      events,
      connect: async () => {},
      subscribe: async () => {},
      run: async () => {},
      pause: () => {},
      disconnect: async () => void heard.push(`left ${number}`),
    })
  }
  const { leave } = await joinGroup(
    { AssignerProtocol } as unknown as typeof Kafkajs,
    { consumer } as unknown as Kafkajs.Kafka,
    { node: 'tweets', clock },
    {
      ...{ topic: 't', groupId: 'g', sessionTimeoutMs: SESSION_MS, retryMs: RETRY_MS },
      onRevoked: () => heard.push('revoked'),
      onAssigned: (partitions) => heard.push(`assigned ${partitions.join(' ')}`),
      onLost: (cause) => heard.push(`lost ${String(cause)}`),
    },
  )
  const say = (event: string, payload: object = {}, client = clients.at(-1)!): void =>
    void client.emit(event, { payload })
  const join = (partitions: readonly number[]): void =>
    say(events.GROUP_JOIN, { memberAssignment: { t: partitions } })
  const heartbeat = (groupGenerationId: number): void =>
    say(events.HEARTBEAT, { groupGenerationId })
  const settled = async (): Promise<void> => {
    await setImmediate()
    await clock.advance(1_000)
  }
  const sent = (): void => sendJoin()
  return { clock, clients, heard, leave, join, say, heartbeat, settled, sendJoin: sent }
}

test('a rebalance revokes what was assigned, and assigns anew', async () => {
  const { heard, join, say, heartbeat } = await member()
  join([0, 1])
  heartbeat(1)
  say(events.REBALANCING)
  join([1])
  heartbeat(2)
  expect(heard).toEqual(['assigned 0 1', 'revoked', 'assigned 1'])
})

test('where joining anew failed and the coordinator takes heartbeats again, all is as before', async () => {
  const { heard, join, say, heartbeat } = await member()
  join([0, 1])
  heartbeat(1)
  say(events.REBALANCING)
  heartbeat(1)
  heartbeat(1)
  expect(heard).toEqual(['assigned 0 1', 'revoked', 'assigned 0 1'])
})

test('a member of a generation that never told it its partitions joins anew', async () => {
  const { heard, join, say, heartbeat, settled, clients } = await member()
  join([0, 1])
  heartbeat(1)
  say(events.REBALANCING)
  heartbeat(2)
  heartbeat(2)
  await settled()
  expect(clients).toHaveLength(2)
  join([1])
  // What the client that was left says is of no concern.
  say(events.GROUP_JOIN, { memberAssignment: { t: [0] } }, clients[0])
  say(events.CRASH, { error: new Error('late') }, clients[0])
  await settled()
  expect(heard).toEqual(['assigned 0 1', 'revoked', 'left 1', 'assigned 1'])
})

test('a request to join revokes, whatever the reason for it', async () => {
  const { heard, join, sendJoin } = await member()
  sendJoin()
  join([0, 1])
  sendJoin()
  join([0])
  expect(heard).toEqual(['assigned 0 1', 'revoked', 'assigned 0'])
})

test('a session without a heartbeat revokes, and a client that goes on without one is left', async () => {
  const { heard, join, heartbeat, say, clock, settled, clients } = await member()
  join([0, 1])
  heartbeat(1)
  await clock.advance(SESSION_MS)
  say(events.FETCH_START)
  expect(heard).toEqual(['assigned 0 1'])
  await clock.advance(SESSION_MS / 2)
  expect(heard).toEqual(['assigned 0 1', 'revoked'])
  say(events.FETCH_START)
  say(events.FETCH_START)
  await settled()
  expect(clients).toHaveLength(2)
  join([0])
  expect(heard).toEqual(['assigned 0 1', 'revoked', 'left 1', 'assigned 0'])
})

test('a member that was stopped for longer than is tried joins anew, and gives up when that fails for so long', async () => {
  const { heard, join, heartbeat, say, clock, settled, clients } = await member()
  join([0, 1])
  heartbeat(1)
  await clock.advance(10 * RETRY_MS)
  say(events.FETCH_START)
  await settled()
  expect(clients).toHaveLength(2)
  const crash = (): void => say(events.CRASH, { error: passing })
  const passing = Object.assign(new Error('no coordinator'), { retriable: true })
  crash()
  await clock.advance(RETRY_MS / 2)
  expect(clients).toHaveLength(3)
  crash()
  await clock.advance(RETRY_MS / 2)
  crash()
  await settled()
  expect(heard).toEqual(['assigned 0 1', 'revoked', 'left 1', 'lost Error: no coordinator'])
})

test('a member that leaves joins no more', async () => {
  const { join, heartbeat, say, clients, leave, settled } = await member()
  join([0, 1])
  heartbeat(1)
  say(events.REBALANCING)
  await leave()
  heartbeat(2)
  await settled()
  expect(clients).toHaveLength(1)
})
