import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startKafka } from '../../scripts/services/startKafka.ts'
import { isMain } from '../../topologies/platform/isMain.ts'
import { runPlatform, temporary } from '../contract/platform.ts'
import { bucketLake, folderLake, type ClusterLake } from './cluster/lakes.ts'
import { startMembers, type Members } from './cluster/members.ts'
import { expectedOf, produce } from './cluster/producer.ts'
import { tally, type Findings } from './cluster/tally.ts'
import { mulberry } from './mulberry.ts'

export interface ClusterLoopOptions {
  /** SIGKILLs of any of three processes. */
  readonly kills: number
  /** Times that one leaves in order and another joins. */
  readonly rebalances: number
  /** Processes frozen past session and lease, then let go. */
  readonly zombies: number
  /** Processes frozen between prepare and commit until others have gone on for some epochs, then let go. */
  readonly midCommits: number
  /** Kills of the broker. */
  readonly brokerKills: number
  /** Kills of the S3 server in the middle of uploads. @defaultValue 0 */
  readonly serverKills?: number
  readonly seed: number
  /** Whose bucket they write to. @defaultValue they write to a folder */
  readonly s3?: 'minio' | 'versitygw'
  say(line: string): void
}

export interface ClusterLoopResult extends Findings {
  readonly records: number
}

const MEMBERS = 3
const EPOCH_MS = 300
/** Records a second; a bucket takes many requests an epoch. */
const RATE = { folder: 1500, bucket: 500 }
/** On a busy machine a broker may miss a heartbeat: that is not what is tested here. */
const BROKER_SESSION_MS = 6_000
/** Past the session (10 s) and the lease (10 s). */
const FROZEN_MS = 13_000
/** How long nothing may be committed before that is a failure: long, for a busy machine. */
const TAKEOVER_MS = 120_000
const PRELOAD = new URL('./stopAtCommit.ts', import.meta.url).href

/**
 * Three processes read a topic into a lake while a producer writes to it, and things happen to them. Then
 * everything that the topic holds must be in the lake, once.
 */
export async function clusterLoop(options: ClusterLoopOptions): Promise<ClusterLoopResult> {
  const { seed, say } = options
  const folder = temporary('cluster')
  const landing = join(folder, 'landing')
  mkdirSync(landing)
  const lake = options.s3 === undefined ? folderLake(folder) : await bucketLake(options.s3)
  const server = await startKafka({ sessionMs: BROKER_SESSION_MS })
  const where = { lake: lake.url, landing, kafka: server.brokers }
  const rate = options.s3 === undefined ? RATE.folder : RATE.bucket
  let members: Members | undefined
  try {
    // The first run makes the topic, and finds nothing in it.
    await runPlatform(argsOf(where), 0, lake.env)
    const producing = await produce(server.brokers, 'tweets', seed, rate)
    members = startMembers({ ...where, count: MEMBERS, epochMs: EPOCH_MS, env: lake.env })
    await members.committed(MEMBERS, TAKEOVER_MS)
    const random = mulberry(seed)
    await happen(options, members, random)
    for (let kill = 1; kill <= options.brokerKills; kill++) {
      await server.kill9()
      await server.restart()
      await members.committed(4, TAKEOVER_MS * 2)
      say(`broker killed and back ${kill}`)
    }
    await killServer(options, lake, members)
    await producing.stop()
    await members.stop()
    // Whatever is left: the last run ends when every partition is at its end.
    const { total } = await runPlatform(argsOf(where), 0, lake.env)
    const expected = await expectedOf(server.brokers, 'tweets', { seed, count: producing.count })
    const uploads = await lake.uploads()
    const files = await lake.folder()
    const found = await tally(files, expected)
    const findings = { ...found, orphans: [...found.orphans, ...uploads] }
    const { read } = total.records
    say(
      `${producing.count} records: ${read} read, ${findings.lost} lost, ${findings.doubled} doubled, ${findings.orphans.length} orphans`,
    )
    const isClean = findings.lost + findings.doubled + findings.orphans.length === 0
    if (isClean) for (const used of [folder, files]) rmSync(used, { recursive: true, force: true })
    else {
      say(`kept for inspection: ${folder} ${files}`)
      members.keepLogs(folder)
    }
    return { records: producing.count, ...findings }
  } catch (error) {
    say(`kept for inspection: ${folder}`)
    members?.keepLogs(folder)
    throw error
  } finally {
    await members?.stop().catch((error: unknown) => say(String(error)))
    await server.stop()
    await lake.stop()
  }
}

async function killServer(
  { serverKills = 0, say }: ClusterLoopOptions,
  lake: ClusterLake,
  members: Members,
): Promise<void> {
  for (let kill = 1; kill <= serverKills; kill++) {
    await lake.killServer?.()
    await members.committed(4, TAKEOVER_MS)
    say(`S3 server killed and back ${kill} of ${serverKills}`)
  }
}

async function happen(
  { kills, rebalances, zombies, midCommits, say }: ClusterLoopOptions,
  members: Members,
  random: () => number,
): Promise<void> {
  const any = (): number => Math.floor(random() * MEMBERS)
  for (let kill = 1; kill <= kills; kill++) {
    await delay(random() * 2500)
    await members.kill(any())
    // Every few kills they get the time to share the partitions out anew and to commit.
    if (kill % 3 === 0) await members.committed(2, TAKEOVER_MS)
    say(`killed ${kill} of ${kills}`)
  }
  for (let turn = 1; turn <= rebalances; turn++) {
    await members.replace(any())
    await members.committed(2, TAKEOVER_MS)
    say(`rebalanced ${turn} of ${rebalances}`)
  }
  for (let zombie = 1; zombie <= zombies; zombie++) {
    const frozen = members.freeze(any(), FROZEN_MS)
    await members.committed(4, TAKEOVER_MS)
    await frozen
    await members.committed(2, TAKEOVER_MS)
    say(`frozen and let go ${zombie} of ${zombies}`)
  }
  for (let turn = 1; turn <= midCommits; turn++) {
    const env = { NODE_OPTIONS: `--import=${PRELOAD}`, SLUICEBOX_FREEZE_AT: String(2 + turn) }
    const frozen = members.add(env)
    await frozen.saw('frozen before a commit')
    // Long enough for a takeover, and for what came before it to be retired.
    await delay(FROZEN_MS)
    await members.committed(24, TAKEOVER_MS * 2)
    frozen.kill('SIGCONT')
    await members.committed(8, TAKEOVER_MS)
    say(`frozen before a commit and let go ${turn} of ${midCommits}`)
  }
}

const argsOf = (where: {
  readonly lake: string
  readonly landing: string
  readonly kafka: string
}): string[] => [
  ...['--lake', where.lake, '--landing', where.landing, '--kafka', where.kafka],
  ...['--until', 'silver'],
]

/** `node tests/faults/clusterLoop.ts --cycles 50 [--s3 minio]` */
if (isMain(import.meta.url)) {
  const of = (name: string, preset: number): number => {
    const at = process.argv.indexOf(`--${name}`)
    return at < 0 ? preset : Number(process.argv[at + 1])
  }
  const kills = of('cycles', 50)
  const at = process.argv.indexOf('--s3')
  const s3 = at < 0 ? undefined : process.argv[at + 1]
  if (s3 !== undefined && s3 !== 'minio' && s3 !== 'versitygw') {
    throw new Error('--s3 minio or --s3 versitygw')
  }
  const result = await clusterLoop({
    kills,
    rebalances: of('rebalances', Math.ceil(kills / 5)),
    zombies: of('zombies', Math.ceil(kills / 10)),
    midCommits: of('mid-commits', 1),
    brokerKills: of('broker-kills', 1),
    ...(s3 && { s3, serverKills: of('server-kills', Math.ceil(kills / 10)) }),
    seed: of('seed', 7),
    say: (line) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`),
  })
  process.exitCode = result.lost + result.doubled + result.orphans.length === 0 ? 0 : 1
}
