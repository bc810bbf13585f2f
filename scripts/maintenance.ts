import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { SluiceboxError } from '../src/index.ts'

/** What both commands are told. */
export interface LakeOptions {
  readonly lake: string
}

/** A command over a lake, whose `action` returns the lines to print. */
export function lakeCommand<Options extends LakeOptions>(
  name: string,
  description: string,
  configure: (command: Command) => Command,
  action: (options: Options, paths: readonly string[]) => Promise<readonly string[]>,
): Command {
  const lake = new Option('--lake <dir>', 'where the lake is: a folder or s3://bucket/prefix')
    .default('./data/lake')
    .env('SLUICEBOX_LAKE')
  const command = configure(new Command(name).description(description).addOption(lake))
  return command
    .showHelpAfterError('(--help shows all options)')
    .exitOverride()
    .action(async (paths: string[]) => {
      for (const line of await action(command.opts<Options>(), paths)) console.log(line)
    })
}

/** Runs a command; sets the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runCommand(command: Command, argv: readonly string[]): Promise<void> {
  try {
    await command.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2
      return
    }
    const isOurs = error instanceof SluiceboxError
    console.error(isOurs ? `${error.name} ${error.code}: ${error.message}` : error)
    process.exitCode = isOurs && error.name === 'ConfigError' ? 2 : 1
  }
}

export const megabytes = (text: string): number => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= 1 && value <= 4096) return value * 2 ** 20
  throw new InvalidArgumentError('Expected a whole number from 1 to 4096.')
}

export const hoursAsMs = (text: string): number => {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value >= 0 && value <= 1e6) return value * 3_600_000
  throw new InvalidArgumentError('Expected a number of hours, 0 or more.')
}
