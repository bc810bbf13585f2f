import type { Envelope } from '../../src/core/unit.ts'

/** From where a record was read: `source_position`. */
export const positionOf = ({ source, offset }: Envelope): string => `${source}:${offset}`

/** When a record was read, µs since 1970. */
export const ingestedAt = ({ ingestedAtMs }: Envelope): number => ingestedAtMs * 1000

/** The name of the file that a record is from, without folders and extensions. */
export const fileName = ({ source }: Envelope): string =>
  source.slice(source.lastIndexOf('/') + 1).replace(/\.[a-z]+(\.gz)?$/i, '')
