const LINE_FEED = 10
const COMMA = /[",\r\n]/

/** What a value has beside its bytes. */
export interface ValueOrigin {
  readonly source: string
  readonly offset: number
  readonly headers?: readonly (readonly [name: string, value: Uint8Array | null])[]
}

/** Whether a value can stand on a line as it is: it is one, and not a blank one. */
export function isLine(value: Uint8Array): boolean {
  return value.byteLength > 0 && !value.includes(LINE_FEED)
}

/**
 * What is written in the place of a value that is no line: one JSON object on one line that holds the
 * value (null for none) and its headers in base64, and says where it came from.
 */
export function rawEnvelope(value: Uint8Array | null, origin: ValueOrigin): Uint8Array {
  const { source, offset, headers = [] } = origin
  const envelope = {
    sluicebox_envelope: 1,
    source,
    offset,
    value: base64(value),
    headers: headers.map(([name, content]) => [name, base64(content)]),
  }
  return Buffer.from(JSON.stringify(envelope))
}

/** The header line of a CSV file, quoted where RFC 4180 wants it. */
export function csvHeader(columns: readonly string[]): Uint8Array {
  const cells = columns.map((name) => (COMMA.test(name) ? `"${name.replaceAll('"', '""')}"` : name))
  return Buffer.from(`${cells.join(',')}\n`)
}

function base64(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
