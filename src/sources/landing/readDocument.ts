import type { SourceBatch } from '../../core/unit.ts'
import { cutElements } from './cutElements.ts'
import type { FileState } from './fileState.ts'
import { rejectWhole } from './rejectFile.ts'
import { surveyDocument } from './surveyDocument.ts'
import {
  batchFrom,
  contentOf,
  digestUpTo,
  finishFile,
  tooLarge,
  wholeCopy,
  type Outcome,
  type Visit,
} from './visit.ts'

/**
 * Hands over the elements of a JSON document that begins at the state's position, if all of it is JSON.
 *
 * @returns `lines` where it is none and its name says that it may be NDJSON after all.
 */
export async function* readDocument(
  visit: Visit,
  before: FileState,
): AsyncGenerator<SourceBatch, Outcome | 'lines'> {
  const { landing, look, file, extension } = visit
  const { context, shapes, maxRecordBytes, index } = landing
  const first = contentOf(visit, before.at)
  const survey = await surveyDocument(first, look.path, shapes, context.batchBytes)
  await first.close()
  const damage = first.damage()
  if (survey.kind === 'broken') {
    if (damage === undefined && extension !== '.json') return 'lines'
    const { message, offset } = survey.fault
    const detail = (bytes: number) =>
      damage ?? `not JSON: ${message} at byte ${before.at + offset} of ${before.at + bytes}`
    yield* rejectWhole(visit, before, 'broken_record', detail)
    return 'done'
  }
  if (damage !== undefined) {
    yield* rejectWhole(visit, before, 'broken_record', () => damage)
    return 'done'
  }
  if (survey.kind === 'unknown') {
    yield* rejectWhole(visit, before, 'unknown_shape', () => describeKeys(survey.keys))
    return 'done'
  }

  const digest = await digestUpTo(file, look.size)
  let state: FileState = { ...before, raw: digest.bytes, digest: digest.value() }
  if (survey.kind === 'known') {
    const content = contentOf(visit, before.at)
    const cuts = cutElements({
      content,
      path: survey.path,
      skip: before.elements ?? 0,
      batchBytes: context.batchBytes,
      maxRecordBytes,
    })
    try {
      for (;;) {
        const step = await cuts.next()
        if (step.done === true) {
          // The next look finds other bytes there.
          if (!step.value) return 'young'
          break
        }
        const { bytes, bounds, first: number, count, tooLarge: length } = step.value
        const common = { baseOffset: number, shape: survey.shape, bronze: wholeCopy(visit, state) }
        state = { ...state, elements: number + count, copied: true }
        index.put(state)
        yield batchFrom(
          landing,
          look.path,
          length === undefined
            ? { ...common, bytes, bounds, framing: 'bounds' }
            : { ...common, rejects: [tooLarge(length, maxRecordBytes, number, bytes)] },
        )
      }
    } finally {
      await cuts.return(false)
      await content.close()
    }
  }
  finishFile(visit, { ...state, at: before.at + survey.bytes })
  return 'done'
}

const MAX_KEYS = 50

/** What an `unknown_shape` says: the columns or keys that were seen. */
export function describeKeys(keys: readonly string[]): string {
  if (keys.length === 0) return 'no columns or keys were found by which to know the shape'
  const shown = keys.slice(0, MAX_KEYS).map((key) => key.slice(0, 100))
  const more = keys.length > MAX_KEYS ? ` and ${keys.length - MAX_KEYS} more` : ''
  return `no known shape has the columns or keys ${shown.join(', ')}${more}`
}
