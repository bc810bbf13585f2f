import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { install, installedAt } from './install.ts'
import { freePorts, serverFolder, startServer } from './serverProcess.ts'
import type { Server } from './serverProcess.ts'

export interface KafkaServer extends Server {
  /** `host:port`, as clients want it. */
  readonly brokers: string
}

export interface StartKafkaOptions {
  /** Heap, MiB. @defaultValue 384 */
  readonly heapMib?: number
  /** Partitions of topics that don't say. @defaultValue 4 */
  readonly partitions?: number
}

const CLUSTER = 'c2x1aWNlYm94LXRlc3RzMQ'
const READY = 'Kafka Server started'
const run = promisify(execFile)

/** Starts one real broker that is its own controller, with no topics, on a free port. */
export async function startKafka(options: StartKafkaOptions = {}): Promise<KafkaServer> {
  const { heapMib = 384, partitions = 4 } = options
  await install('kafka')
  const folder = await serverFolder('kafka')
  const [port, controller] = (await freePorts(2)) as [number, number]
  const properties = join(folder, 'server.properties')
  await writeFile(properties, brokerProperties(folder, port, controller, partitions))
  await writeFile(join(folder, 'log4j2.properties'), LOGGING)
  const java = [
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-Xshare:auto',
    `-Dlog4j2.configurationFile=file:${join(folder, 'log4j2.properties')}`,
    '-cp',
    join(installedAt('kafka'), '*'),
  ]
  await run('java', [
    '-Xmx256m',
    ...java,
    'kafka.tools.StorageTool',
    ...['format', '-t', CLUSTER, '-c', properties, '--ignore-formatted'],
  ])
  let starts = 0
  const log = join(folder, 'server.log')
  const server = await startServer({
    name: 'kafka',
    folder,
    command: 'java',
    args: [`-Xmx${heapMib}m`, ...java, 'kafka.Kafka', properties],
    isReady: async () => {
      const started = (await readFile(log, 'utf8')).split(READY).length - 1
      return started > starts && (await accepts(port))
    },
  })
  return {
    brokers: `127.0.0.1:${port}`,
    get pid() {
      return server.pid
    },
    stop: server.stop,
    kill9: server.kill9,
    restart: () => {
      starts++
      return server.restart()
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('connect', () => socket.end(() => resolve(true)))
    socket.once('error', () => resolve(false))
  })
}

const LOGGING = `status = warn
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d] %p %m (%c)%n
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
`

function brokerProperties(
  folder: string,
  port: number,
  controller: number,
  partitions: number,
): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(folder, 'data')}
num.partitions=${partitions}
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=2
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
`
}
