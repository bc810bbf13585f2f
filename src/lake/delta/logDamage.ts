import { CheckpointError } from '../../core/errors.ts'

/**
 * A Delta log that can't be used as it is. Nothing was read or changed.
 *
 * @param file key of what is damaged or missing
 */
export function logDamage(
  file: string,
  what: string,
  remedy: string,
  cause?: unknown,
): CheckpointError {
  return new CheckpointError(
    `the Delta log can't be used: ${file} ${what}. Nothing was changed. ${remedy}`,
    { code: 'SBX_DELTA_LOG_DAMAGED', cause },
  )
}
