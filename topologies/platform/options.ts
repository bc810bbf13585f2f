import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'

/** The command line of the platform, as docs and environment name it too. */
export interface PlatformOptions {
  readonly lake: string
  /** Given: read it. Absent: simulate into `./data/landing` and read that. */
  readonly landing: string | undefined
  readonly events: number
  readonly seed: number
  readonly kafka: string | undefined
  readonly mode: 'micro-batch' | 'streaming'
  readonly until: 'silver' | 'gold'
  readonly epoch: number
  readonly goldInterval: number
  readonly parallelism: number | undefined
  readonly memory: string | undefined
  readonly maxRejected: number
  readonly openlineage: string | undefined
  readonly json: boolean
  readonly dropState: readonly string[]
  readonly acceptSource: readonly string[]
}

const HELP = `
Every option can also be set in the environment: SLUICEBOX_LAKE, SLUICEBOX_LANDING, …

Examples
  npm start                                    100,000 simulated events, raw to Gold
  npm start -- --events 1000000 --until silver more of them, only as far as Silver
  npm start -- --landing ./posts               your own files: <landing>/twitter, /reddit, /youtube
  npm start -- --mode streaming                goes on until Ctrl-C, new files are picked up

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a quality gate blocked Gold or an epoch
`

/**
 * Reads the command line.
 *
 * @throws CommanderError with a text for people: an unknown option, an impossible value
 */
export function parseOptions(argv: readonly string[]): PlatformOptions {
  const command = new Command('full')
    .description('Posts from Twitter/X, Reddit and YouTube: raw files to Bronze, Silver and Gold')
    .addOption(
      option(
        '--lake <dir>',
        'where the lake is: a folder or s3://bucket/prefix',
        './data/lake',
      ).argParser(some('a folder or s3://bucket/prefix')),
    )
    .addOption(
      option('--landing <dir>', 'read this landing zone, simulate nothing').argParser(
        some('a path'),
      ),
    )
    .addOption(
      option('--events <n>', 'how many events to simulate', 100_000).argParser(whole(0, 1e12)),
    )
    .addOption(option('--seed <n>', 'which events to simulate', 1).argParser(whole(0, 2 ** 32 - 1)))
    .addOption(option('--kafka <host:port,…>', 'send tweets through this Kafka, topic tweets'))
    .addOption(
      option('--mode <mode>', 'process what is there, or go on', 'micro-batch').choices([
        'micro-batch',
        'streaming',
      ]),
    )
    .addOption(
      option('--until <layer>', 'the last layer to fill', 'gold').choices(['silver', 'gold']),
    )
    .addOption(option('--epoch <ms>', 'how often to commit', 5000).argParser(whole(1, 86_400_000)))
    .addOption(
      option(
        '--gold-interval <s>',
        'how often, at most, Gold is rebuilt in streaming mode',
        30,
      ).argParser(whole(1, 86_400)),
    )
    .addOption(
      option(
        '--parallelism <n>',
        `worker threads (default: as many as fit into --memory, at most ${availableParallelism()}, a core each)`,
      ).argParser(whole(1, 256)),
    )
    .addOption(
      option(
        '--memory <size>',
        'what the process may take, such as 512MB or 1GiB: beyond it, it waits or uses the disk',
      ).argParser(some('a size such as 512MB')),
    )
    .addOption(
      option(
        '--max-rejected <percent>',
        'stop before an epoch of which more was rejected; 100 never stops',
        100,
      ).argParser(whole(0, 100)),
    )
    .addOption(
      option(
        '--openlineage <file or url>',
        'write OpenLineage events to this file, or post them there',
      ).argParser(some('a file or an URL')),
    )
    .addOption(new Option('--json', 'end with one line of JSON on stdout').default(false))
    .addOption(
      list('--drop-state <node>', 'start this stateful node with empty state (repeatable)'),
    )
    .addOption(list('--accept-source <node>', 'accept that this source has changed (repeatable)'))
    .addHelpText('after', HELP)
    .showHelpAfterError('(--help shows all options)')
    .allowExcessArguments(false)
    .exitOverride()
  command.parse(argv, { from: 'user' })
  return command.opts<PlatformOptions>()
}

function option(flags: string, description: string, preset?: string | number): Option {
  const made = new Option(flags, description)
  if (preset !== undefined) made.default(preset)
  return made.env(`SLUICEBOX_${made.attributeName().replace(/[A-Z]/g, '_$&').toUpperCase()}`)
}

const list = (flags: string, description: string): Option =>
  new Option(flags, description)
    .default([])
    .argParser((value, before: string[]) => [...before, value])

const some =
  (what: string) =>
  (value: string): string => {
    if (value !== '') return value
    throw new InvalidArgumentError(`Expected ${what}.`)
  }

const whole =
  (low: number, high: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= low && value <= high) return value
    throw new InvalidArgumentError(`Expected a whole number from ${low} to ${high}.`)
  }
