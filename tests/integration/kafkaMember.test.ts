import { connect } from 'node:net'
import kafkajs from 'kafkajs'
import type { Cluster } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isInstalled } from '../../scripts/services/install.ts'
import { startKafka } from '../../scripts/services/startKafka.ts'
import type { KafkaServer } from '../../scripts/services/startKafka.ts'
import { joinGroup } from '../../src/kafka/client/groupMember.ts'
import { loadKafkajs } from '../../src/kafka/client/loadKafkajs.ts'
import { systemClock } from '../../src/runtime/systemClock.ts'

/** Numbers of requests, as Kafka's protocol has them. */
const FIND_COORDINATOR = 10
const SYNC_GROUP = 14
const API_KEY_AT = 4
const quiet = { logLevel: kafkajs.logLevel.NOTHING }
let server: KafkaServer

describe.skipIf(!isInstalled('kafka'))('a member of a group', () => {
  beforeAll(async () => {
    server = await startKafka()
    const admin = new kafkajs.Kafka({ brokers: [server.brokers], ...quiet }).admin()
    await admin.connect()
    const numPartitions = 2
    const topics = ['sync', 'dropped'].map((topic) => ({ topic, numPartitions }))
    await admin.createTopics({ topics })
    await admin.disconnect()
  })
  afterAll(() => server.stop())

  test('that is not told its partitions reads none, and joins anew', async () => {
    const one = await member('sync')
    await expect.poll(() => one.heard).toEqual(['assigned 0 1'])
    one.breakNext(SYNC_GROUP, 1)
    const two = await member('sync')
    await expect.poll(() => one.broken()).toBe(1)
    await expect.poll(() => [one.heard.at(-1), two.heard.at(-1)].toSorted()).toEqual(HALVES)
    // It held no partition but those that it was given.
    expect(one.heard.slice(0, 2)).toEqual(['assigned 0 1', 'revoked'])
    expect(one.heard.slice(1)).not.toContain('assigned 0 1')
    await Promise.all([one.leave(), two.leave()])
  })

  test('that the coordinator has dropped reads on no more, and joins anew', async () => {
    const one = await member('dropped')
    await expect.poll(() => one.heard).toEqual(['assigned 0 1'])
    // The coordinator is not found for as long as the client looks for it.
    one.breakNext(FIND_COORDINATOR, 8)
    await drop('dropped')
    await expect.poll(() => one.heard.slice(1)).toEqual(['revoked', 'assigned 0 1'])
    expect(one.broken()).toBe(8)
    await one.leave()
  })
})

const HALVES = ['assigned 0', 'assigned 1']

/** A member of a group that has its topic's name. Its next requests of a kind can be made to end their connection. */
async function member(topic: string) {
  let left = { key: -1, times: 0 }
  let broken = 0
  const kafka = new kafkajs.Kafka({
    ...quiet,
    brokers: [server.brokers],
    retry: { retries: 1, initialRetryTime: 100 },
    socketFactory: ({ host, port, onConnect }) => {
      const socket = connect({ host, port }, onConnect)
      const write = socket.write.bind(socket) as (...written: unknown[]) => boolean
      socket.write = (...written: unknown[]): boolean => {
        const [request] = written
        const isNext = Buffer.isBuffer(request) && request.readInt16BE(API_KEY_AT) === left.key
        if (!isNext || left.times === 0) return write(...written)
        left.times--
        broken++
        socket.destroy(new Error('the connection was reset'))
        return false
      }
      return socket
    },
  })
  const heard: string[] = []
  const { leave } = await joinGroup(
    await loadKafkajs(),
    kafka,
    { node: 'tweets', clock: systemClock },
    {
      ...{ topic, groupId: topic, sessionTimeoutMs: 6_000, retryMs: 60_000 },
      onRevoked: () => heard.push('revoked'),
      onAssigned: (partitions) => heard.push(`assigned ${partitions.join(' ')}`),
      onLost: (cause) => heard.push(`lost: ${String(cause)}`),
    },
  )
  const breakNext = (key: number, times: number): void => {
    left = { key, times }
  }
  return { heard, leave, breakNext, broken: () => broken }
}

/** Takes all members out of the group, as the coordinator does where it hears nothing of them. */
async function drop(groupId: string): Promise<void> {
  let cluster: Cluster | undefined
  const kafka = new kafkajs.Kafka({ brokers: [server.brokers], ...quiet })
  const consumer = kafka.consumer({
    groupId: 'unused',
    partitionAssigners: [
      (context) => {
        cluster = context.cluster
        return kafkajs.PartitionAssigners.roundRobin(context)
      },
    ],
  })
  const admin = kafka.admin()
  await Promise.all([consumer.connect(), admin.connect()])
  const { members } = (await admin.describeGroups([groupId])).groups[0]!
  const coordinator = (await cluster!.findGroupCoordinator({ groupId })) as unknown as {
    leaveGroup(who: { readonly groupId: string; readonly memberId: string }): Promise<unknown>
  }
  for (const { memberId } of members) await coordinator.leaveGroup({ groupId, memberId })
  await Promise.all([consumer.disconnect(), admin.disconnect()])
}
