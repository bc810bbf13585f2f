import { CheckpointError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'

/** The next offset to read, as a checkpoint keeps it: text, since JSON's numbers end at 2^53. */
export function positionOf(offset: number): Json {
  return String(offset)
}

/** @throws CheckpointError `SBX_KAFKA_POSITION`: it is no offset */
export function offsetOf(position: Json, node: string): number {
  const offset =
    typeof position === 'string' && /^\d{1,16}$/.test(position) ? Number(position) : NaN
  if (Number.isSafeInteger(offset)) return offset
  throw new CheckpointError(
    `its position ${JSON.stringify(position)} is no Kafka offset: the checkpoint is damaged or was written by another kind of source`,
    { code: 'SBX_KAFKA_POSITION', node },
  )
}
