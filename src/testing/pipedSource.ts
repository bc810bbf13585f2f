import { ConfigError } from '../core/errors.ts'
import type { Source, SourceBatch, SourceContext } from '../core/unit.ts'
import type { PipeOptions } from './testDriver.ts'

/** A source that a test fills. */
export interface PipedSource {
  readonly source: Source<unknown, unknown>
  push(records: readonly unknown[], nowMs: number, options: PipeOptions): void
}

/** Stands in for a source: hands over what was pushed, in order; its position is the number of pushes read. */
export function pipedSource(name: string, ports: readonly string[]): PipedSource {
  const batches: SourceBatch[] = []
  let records = 0
  return {
    push(values, nowMs, { partition = 0, shape, header }) {
      batches.push({
        ...(isBytes(values) ? framed(values) : { values }),
        partition,
        source: name,
        ingestedAtMs: nowMs,
        baseOffset: records,
        ...(shape === undefined ? {} : { shape }),
        ...(header === undefined ? {} : { header }),
      })
      records += values.length
    },
    source: Object.freeze({
      kind: 'source',
      type: 'piped',
      options: {},
      ports,
      identity: { kind: 'piped' },
      async open({ restored }: SourceContext) {
        let next = (restored?.inline as number | undefined) ?? 0
        if (next > batches.length) {
          throw new ConfigError(`piped source: position ${next} of ${batches.length}`, {
            code: 'SBX_OPTION',
          })
        }
        return {
          read: async () => batches[next++] ?? void next--,
          position: () => ({ inline: next }),
          async close() {},
        }
      },
    }),
  }
}

const isBytes = (values: readonly unknown[]): values is readonly (string | Uint8Array)[] =>
  values.every((value) => typeof value === 'string' || value instanceof Uint8Array)

/** Text is what a source of bytes would have read. */
function framed(
  values: readonly (string | Uint8Array)[],
): Pick<SourceBatch, 'bytes' | 'framing' | 'bounds'> {
  const parts = values.map((value) => (typeof value === 'string' ? Buffer.from(value) : value))
  const bounds = new Uint32Array(parts.length * 2)
  let at = 0
  parts.forEach((part, index) => {
    bounds[index * 2] = at
    bounds[index * 2 + 1] = at += part.byteLength
  })
  return { bytes: Buffer.concat(parts), framing: 'bounds', bounds }
}
