import { CheckpointError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import type { FileState } from './fileState.ts'

/** The states of some finished files, as one object beside a checkpoint. */
export interface FileSegment {
  /** Of two segments with the same path the one with the higher number is right. */
  readonly sequence: number
  readonly files: readonly FileState[]
}

/** 1 told files apart by SHA-256. */
const FORMAT_VERSION = 2

/** A line of JSON for each file, behind one that says how many there are. */
export function encodeSegment(sequence: number, files: readonly FileState[]): Uint8Array {
  const head = { formatVersion: FORMAT_VERSION, sequence, files: files.length }
  return Buffer.from([head, ...files].map((line) => `${JSON.stringify(line)}\n`).join(''))
}

/** @throws CheckpointError `SBX_LANDING_POSITION`, by the name of the object */
export function decodeSegment(name: string, bytes: Uint8Array): FileSegment {
  const lines: unknown[] = []
  try {
    for (const line of Buffer.from(bytes).toString().trimEnd().split('\n')) {
      lines.push(JSON.parse(line))
    }
  } catch (cause) {
    throw damaged(`object ${name}`, cause)
  }
  const [head, ...files] = lines
  const { formatVersion, sequence, files: count } = (head ?? {}) as Record<string, unknown>
  if (formatVersion !== FORMAT_VERSION || count !== files.length || typeof sequence !== 'number') {
    throw damaged(`object ${name}`)
  }
  return { sequence, files: files.map((file) => fileState(file, `object ${name}`)) }
}

/** The files in progress, for the checkpoint itself. */
export function encodeInline(files: readonly FileState[]): Json {
  if (files.length === 0) return null
  return { formatVersion: FORMAT_VERSION, files: files as readonly unknown[] as Json[] }
}

/** @throws CheckpointError `SBX_LANDING_POSITION` */
export function decodeInline(inline: Json): readonly FileState[] {
  if (inline === null) return []
  const { formatVersion, files } = inline as { formatVersion?: unknown; files?: unknown }
  if (formatVersion !== FORMAT_VERSION || !Array.isArray(files)) throw damaged('the checkpoint')
  return files.map((file) => fileState(file, 'the checkpoint'))
}

function fileState(value: unknown, where: string): FileState {
  const { path, size, mtimeMs, raw, at } = (value ?? {}) as Record<string, unknown>
  const numbers = [size, mtimeMs, raw, at].every((field) => typeof field === 'number')
  if (typeof path !== 'string' || !numbers) throw damaged(where)
  return value as FileState
}

function damaged(where: string, cause?: unknown): CheckpointError {
  return new CheckpointError(
    `what was read of the landing zone can't be told from ${where}, which is damaged or of a newer version; restore it from a copy, or reset the topology to read everything again`,
    { code: 'SBX_LANDING_POSITION', cause },
  )
}
