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
  /** The listener with TLS and SASL, where `user` was given. */
  readonly secure?: {
    readonly brokers: string
    /** The certificate to trust. */
    readonly ca: string
  }
}

export interface StartKafkaOptions {
  /** Heap, MiB. @defaultValue 384 */
  readonly heapMib?: number
  /** Partitions of topics that don't say. @defaultValue 4 */
  readonly partitions?: number
  /** After how long without a heartbeat the broker counts as gone, also for itself, ms. @defaultValue 2000 */
  readonly sessionMs?: number
  /** Opens a second listener, with TLS, for this user alone (SASL plain). Needs openssl. */
  readonly user?: { readonly name: string; readonly password: string }
}

const CLUSTER = 'c2x1aWNlYm94LXRlc3RzMQ'
const READY = 'Kafka Server started'
const run = promisify(execFile)

/** Starts one real broker that is its own controller, with no topics, on a free port. */
export async function startKafka(options: StartKafkaOptions = {}): Promise<KafkaServer> {
  const { heapMib = 384, partitions = 4, sessionMs = 2000, user } = options
  await install('kafka')
  const folder = await serverFolder('kafka')
  const [port, controller, securePort] = (await freePorts(3)) as [number, number, number]
  const properties = join(folder, 'server.properties')
  const usual = brokerProperties({ folder, port, controller, partitions, sessionMs })
  await writeFile(
    properties,
    user === undefined
      ? usual
      : usual + secureProperties(folder, port, controller, securePort, user),
  )
  const secure =
    user === undefined
      ? undefined
      : { brokers: `127.0.0.1:${securePort}`, ca: await makeCertificate(folder) }
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
    ...(secure !== undefined && { secure }),
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

function brokerProperties(broker: {
  readonly folder: string
  readonly port: number
  readonly controller: number
  readonly partitions: number
  readonly sessionMs: number
}): string {
  const { folder, port, controller, partitions, sessionMs } = broker
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
broker.session.timeout.ms=${sessionMs}
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.backoff.ms=500
`
}

/** Adds a listener with TLS and SASL: of properties that stand twice the last one counts. */
function secureProperties(
  folder: string,
  port: number,
  controller: number,
  securePort: number,
  user: NonNullable<StartKafkaOptions['user']>,
): string {
  const plain = `PLAINTEXT://127.0.0.1:${port}`
  const secure = `SASL_SSL://127.0.0.1:${securePort}`
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule'
  return `listeners=${plain},${secure},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=${plain},${secure}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=${module} required user_${user.name}="${user.password}";
ssl.keystore.type=PEM
ssl.keystore.location=${join(folder, 'keystore.pem')}
`
}

/** A certificate for 127.0.0.1, with its key in the broker's key store. */
async function makeCertificate(folder: string): Promise<string> {
  const keyPath = join(folder, 'key.pem')
  const path = join(folder, 'certificate.pem')
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyPath, '-out', path],
  ])
  const certificate = await readFile(path, 'utf8')
  await writeFile(join(folder, 'keystore.pem'), (await readFile(keyPath, 'utf8')) + certificate)
  return certificate
}
