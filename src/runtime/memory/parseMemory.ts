import { ConfigError } from '../../core/errors.ts'

const UNITS: Readonly<Record<string, number>> = {
  ...{ b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
}

/**
 * Reads an amount of memory: `512MB`, `1.5 GiB`, or a number of bytes.
 *
 * @returns whole bytes
 * @throws ConfigError `SBX_OPTION`
 */
export function parseMemory(memory: number | string): number {
  const [, digits = '', unit = ''] =
    /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(String(memory)) ?? []
  const factor = unit === '' ? 1 : UNITS[unit.toLowerCase()]
  const bytes =
    digits === '' || factor === undefined ? Number.NaN : Math.floor(Number(digits) * factor)
  if (Number.isSafeInteger(bytes)) return bytes
  throw new ConfigError(
    `memory must be a size such as 512MB (10⁶ bytes each), 1GiB (2³⁰) or a number of bytes, not '${memory}'`,
    { code: 'SBX_OPTION' },
  )
}
