import { EventEmitter } from 'node:events'
import type * as Kafkajs from 'kafkajs'
import { expect, test } from 'vitest'
import { joinGroup } from '../../../src/kafka/client/groupMember.ts'
import { virtualClock } from '../../../src/testing/virtualClock.ts'

const events = {
  HEARTBEAT: 'heartbeat',
  REBALANCING: 'rebalancing',
  GROUP_JOIN: 'join',
  CRASH: 'crash',
}

/** A member whose client says what the test says: a coordinator can't be made to fail at a certain moment. */
async function member() {
  const client = new EventEmitter()
  const consumer = Object.assign(client, {
    events,
    connect: async () => {},
    subscribe: async () => {},
    run: async () => {},
    pause: () => {},
    disconnect: async () => {},
  })
  const heard: string[] = []
  const kafka = { consumer: () => consumer } as unknown as Kafkajs.Kafka
  const kafkajs = { AssignerProtocol: {} } as unknown as typeof Kafkajs
  await joinGroup(
    kafkajs,
    kafka,
    { node: 'tweets', clock: virtualClock() },
    {
      ...{ topic: 't', groupId: 'g', sessionTimeoutMs: 10_000, retryMs: 60_000 },
      onRevoked: () => heard.push('revoked'),
      onAssigned: (partitions) => heard.push(`assigned ${partitions.join(' ')}`),
      onLost: (cause) => heard.push(`lost ${String(cause)}`),
    },
  )
  const join = (partitions: readonly number[]): boolean =>
    client.emit(events.GROUP_JOIN, { payload: { memberAssignment: { t: partitions } } })
  return { heard, join, say: (event: string) => client.emit(event, { payload: {} }) }
}

test('a rebalance revokes what was assigned, and assigns anew', async () => {
  const { heard, join, say } = await member()
  join([0, 1])
  say(events.HEARTBEAT)
  say(events.REBALANCING)
  join([1])
  say(events.HEARTBEAT)
  expect(heard).toEqual(['assigned 0 1', 'revoked', 'assigned 1'])
})

test('where joining anew failed and the coordinator takes heartbeats again, all is as before', async () => {
  const { heard, join, say } = await member()
  join([0, 1])
  say(events.REBALANCING)
  say(events.HEARTBEAT)
  say(events.HEARTBEAT)
  expect(heard).toEqual(['assigned 0 1', 'revoked', 'assigned 0 1'])
})
