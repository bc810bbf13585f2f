import { CommanderError } from 'commander'
import { parseOptions, type PlatformOptions } from './options.ts'

const USAGE = 2

/** Reads the command line; help and mistakes end the process here. */
export function readOptions(argv: readonly string[]): PlatformOptions {
  try {
    return parseOptions(argv)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Nothing has begun that would have to be ended.
    process.exit(error.exitCode === 0 ? 0 : USAGE)
  }
}
