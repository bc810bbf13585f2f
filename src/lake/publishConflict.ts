import { CheckpointError } from '../core/errors.ts'
import type { StagedObject } from './objectStore.ts'

/** What to throw where an object of other content stands in the place of the one to be published. */
export function publishConflict(url: string, object: StagedObject): CheckpointError {
  return new CheckpointError(
    `${object.key} in ${url} has other content than the ${object.bytes} bytes with CRC-32 ` +
      `${object.checksum} to be published there: something else wrote into the lake. Nothing was ` +
      'overwritten; move that object away and run again',
    { code: 'SBX_PUBLISH_CONFLICT' },
  )
}
