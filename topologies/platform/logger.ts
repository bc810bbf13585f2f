import { pino } from 'pino'
import type { Logger } from '../../src/index.ts'

/**
 * The platform's log: one JSON object a line on stderr. On a terminal, where a progress line tells the
 * same, only warnings and errors are shown; `SLUICEBOX_LOG=debug` shows everything.
 */
export function platformLogger(): Logger {
  const quiet = process.stderr.isTTY ? 'warn' : 'info'
  const log = pino(
    {
      level: process.env['SLUICEBOX_LOG'] ?? quiet,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ fd: 2, sync: true }),
  )
  return {
    info: (event, fields) => log.info({ event, ...fields }),
    warn: (event, fields) => log.warn({ event, ...fields }),
    error: (event, fields) => log.error({ event, ...fields }),
  }
}
