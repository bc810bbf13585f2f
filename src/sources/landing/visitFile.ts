import type { SourceBatch } from '../../core/unit.ts'
import type { DiskFile } from '../../lake/diskIo.ts'
import { identify } from './identify.ts'
import type { Look } from './lookAt.ts'
import { describeKeys, readDocument } from './readDocument.ts'
import { readRecords } from './readRecords.ts'
import { isSystemError, rejectUnreadable, rejectWhole } from './rejectFile.ts'
import { resumeFile } from './resumeFile.ts'
import { runningDigest } from './runningDigest.ts'
import { finishFile, openVisit, type Landing, type Outcome, type Visit } from './visit.ts'

/** Hands over what is new in a file, and says how it was left. */
export async function* visitFile(
  landing: Landing,
  look: Look,
): AsyncGenerator<SourceBatch, Outcome> {
  if (look.problem !== undefined) {
    yield* rejectUnreadable(landing, look, look.problem)
    return 'done'
  }
  let file: DiskFile | undefined
  try {
    file = await landing.disk.open(look.absolute, 'read')
    // What is open now may not be what was looked at.
    const { size, mtimeMs } = await file.stat()
    const settled = landing.settling.isSettled(look.path, size, mtimeMs)
    const visit = openVisit(landing, { ...look, size, mtimeMs }, file, settled)
    const outcome = yield* visitOpen(visit)
    const now = await landing.disk.stat(look.absolute).catch(() => undefined)
    const same = now === undefined || (now.size === size && now.mtimeMs === mtimeMs)
    return same ? outcome : 'young'
  } catch (error) {
    if (!isSystemError(error)) throw error
    // Gone since it was looked at, and with it whatever could be said of it.
    if (error.code !== 'ENOENT') yield* rejectUnreadable(landing, look, error)
    return 'done'
  } finally {
    // What was read was read, whatever closing says.
    await file?.close().catch(() => {})
  }
}

async function* visitOpen(visit: Visit): AsyncGenerator<SourceBatch, Outcome> {
  const { landing, look, file, settled, compressed } = visit
  const { state, digest, nothingNew } = await resumeFile(visit)
  if (nothingNew) {
    if (settled) finishFile(visit, state)
    else if (state.at > 0) landing.index.put(state)
    return settled ? 'done' : 'young'
  }
  if (compressed && !settled) return 'waiting'

  let found = await identify(visit, state)
  if (found?.format === 'document' && settled) {
    const outcome = yield* readDocument(visit, state)
    if (outcome !== 'lines') return outcome
    found = await identify(visit, state, true)
  }
  switch (found?.format) {
    case 'lines':
    case 'csv': {
      const behind = compressed ? runningDigest() : digest
      const outcome = yield* readRecords(visit, state, found, behind)
      if (!compressed) await landing.tails.keep(look.path, file, digest)
      return outcome
    }
    case 'empty':
      if (settled) finishFile(visit, state)
      return settled ? 'done' : 'young'
    case 'damaged': {
      const { damage } = found
      yield* rejectWhole(visit, state, 'broken_record', () => damage)
      return 'done'
    }
    case 'unknown': {
      if (!settled) return 'waiting'
      const detail = describeKeys(found.keys)
      yield* rejectWhole(visit, state, 'unknown_shape', () => detail)
      return 'done'
    }
    case 'document':
    case undefined:
      return 'waiting'
  }
}
