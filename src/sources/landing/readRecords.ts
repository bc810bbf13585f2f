import type { SourceBatch, SourceReject } from '../../core/unit.ts'
import { cutRecords, type RecordCut } from './cutRecords.ts'
import type { FileState } from './fileState.ts'
import type { Recognised } from './recognise.ts'
import type { RunningDigest } from './runningDigest.ts'
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

type RecordFile = Extract<Recognised, { format: 'lines' | 'csv' }>

/**
 * Hands over the records of an NDJSON or CSV file from the state's position on.
 *
 * @param digest - Of the bytes on disk in front of the position; empty for a `.gz`, which is read from its start.
 */
export async function* readRecords(
  visit: Visit,
  before: FileState,
  recognised: RecordFile,
  digest: RunningDigest,
): AsyncGenerator<SourceBatch, Outcome> {
  const { landing, look, file, settled, compressed } = visit
  const { context, index, maxRecordBytes } = landing
  const { format, shape } = recognised
  const header = recognised.format === 'csv' ? recognised.header : undefined
  let state: FileState = { ...before, format, shape }
  if (header !== undefined && state.at === 0) {
    // Without its line end the header may still grow: it is read again with the first row.
    if (!header.ended) return finishEmpty(visit, before)
    if (!compressed) digest.update(header.bytes)
    state = { ...state, at: header.bytes.length }
  }

  const content = contentOf(visit, state.inside ?? state.at, compressed ? digest : undefined)
  const cuts = cutRecords({
    content,
    at: state.at,
    inside: state.inside,
    framing: format,
    lineEnd: header?.lineEnd ?? 'lf',
    batchBytes: context.batchBytes,
    maxRecordBytes,
    final: () => settled && content.damage() === undefined,
  })
  try {
    for (;;) {
      const step = await cuts.next()
      if (step.done === true) {
        const damage = content.damage()
        if (damage !== undefined) {
          yield* rejectRest(visit, state, damage, step.value.head, step.value.bytes, digest)
          return 'done'
        }
        break
      }
      const cut = step.value
      if (!compressed) digest.update(cut.bytes.subarray(0, cut.taken))
      const batch = batchOf(visit, state, cut, recognised)
      // A piece of a record is there for the raw copy, and a .gz is copied whole.
      const idle = compressed && cut.bounds?.length === 0 && cut.tooLarge === undefined
      const { inside: _, ...rest } = state
      state = {
        ...rest,
        at: state.at + cut.taken,
        raw: digest.bytes,
        digest: digest.value(),
        ...(cut.inside !== undefined && { inside: cut.inside }),
        ...(compressed && !idle && { copied: true as const }),
      }
      index.put(state)
      if (!idle) yield batch
    }
  } finally {
    await cuts.return({ head: new Uint8Array(0), bytes: 0 })
    await content.close()
  }

  if (!compressed && digest.bytes < look.size) return settled ? 'young' : 'waiting'
  if (compressed) await digestUpTo(file, look.size, digest)
  state = { ...state, raw: digest.bytes, digest: digest.value() }
  if (!settled) {
    index.put(state)
    return 'young'
  }
  finishFile(visit, state)
  return 'done'
}

function batchOf(
  visit: Visit,
  state: FileState,
  cut: RecordCut,
  recognised: RecordFile,
): SourceBatch {
  const { landing, look, compressed } = visit
  const { bytes, bounds } = cut
  const header = recognised.format === 'csv' ? recognised.header : undefined
  const extension = recognised.format === 'csv' ? 'csv' : 'ndjson'
  const rejects: SourceReject[] = []
  if (cut.tooLarge !== undefined) {
    const { start, bytes: length, head } = cut.tooLarge
    rejects.push(tooLarge(length(), landing.maxRecordBytes, start, head()))
  }
  return batchFrom(landing, look.path, {
    bytes,
    ...(cut.owned && { owned: true }),
    framing: bounds === undefined ? recognised.format : 'bounds',
    baseOffset: state.at,
    shape: recognised.shape,
    ...(bounds !== undefined && { bounds, offsets: offsetsOf(bounds, state.at) }),
    ...(header !== undefined && { header: header.columns }),
    ...(rejects.length > 0 && { rejects }),
    bronze: compressed
      ? wholeCopy(visit, state)
      : {
          kind: 'append',
          extension,
          ...(header !== undefined && { header: header.bytes }),
          ...(cut.inside !== undefined && { goesOn: true }),
          from: state.at,
          to: state.at + cut.taken,
        },
  })
}

/** Records found by bounds lie at byte offsets all the same. */
function offsetsOf(bounds: Uint32Array, base: number): Float64Array {
  return Float64Array.from({ length: bounds.length / 2 }, (_, record) => base + bounds[record * 2]!)
}

/** What stands behind the last whole record of a damaged `.gz`. */
async function* rejectRest(
  visit: Visit,
  state: FileState,
  damage: string,
  head: Uint8Array,
  bytes: number,
  digest: RunningDigest,
): AsyncGenerator<SourceBatch, void> {
  const { landing, look, file } = visit
  await digestUpTo(file, look.size, digest)
  const bronze = wholeCopy(visit, state)
  const at = state.inside ?? state.at
  finishFile(visit, { ...state, at, raw: digest.bytes, digest: digest.value() })
  yield batchFrom(landing, look.path, {
    baseOffset: at,
    rejects: [
      {
        reason: 'broken_record',
        detail: `${damage}; ${bytes} bytes behind the last whole record could be decompressed`,
        position: String(at),
        raw: head.subarray(0, landing.maxRecordBytes),
      },
    ],
    bronze,
  })
}

function finishEmpty(visit: Visit, state: FileState): Outcome {
  if (!visit.settled) return 'waiting'
  finishFile(visit, state)
  return 'done'
}
