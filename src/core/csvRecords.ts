const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22
const COMMA = 0x2c

/** What ends a record outside quotes: a line feed, or in files that have none, a carriage return too. */
export type CsvLineEnd = 'lf' | 'cr'

/** Finds where the records of a CSV text end; to be asked in ascending order. */
export interface CsvRecords {
  /**
   * The index behind the line end of the record that begins at `start`, or -1 where the bytes end first.
   * A quote at the very end of the bytes is taken for a closing one.
   */
  end(start: number): number
}

/**
 * Walks the records of RFC 4180 text: quotes count at the start of a field alone, a doubled one is a
 * character, and line ends inside quotes are data. With `lf` a bare carriage return is data as well.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function csvRecords(bytes: Buffer, lineEnd: CsvLineEnd = 'lf'): CsvRecords {
  const nextQuote = nextIndex(bytes, QUOTE)
  const nextFeed = nextIndex(bytes, LF)
  const nextReturn = lineEnd === 'cr' ? nextIndex(bytes, CR) : () => Infinity

  const lineEndFrom = (at: number): number => {
    const feed = nextFeed(at)
    const carriage = nextReturn(at)
    if (feed < carriage) return feed
    return bytes[carriage + 1] === LF ? carriage + 1 : carriage
  }

  return {
    end(start) {
      let at = start
      for (;;) {
        const lineEndAt = lineEndFrom(at)
        const quote = nextQuote(at)
        if (quote >= lineEndAt) return lineEndAt === Infinity ? -1 : lineEndAt + 1
        const opens = quote === start || bytes[quote - 1] === COMMA
        at = opens ? behindQuoted(bytes, quote + 1) : quote + 1
        if (at === -1) return -1
      }
    },
  }
}

/** The index behind the quote that closes a field whose content begins at `at`, or -1. */
function behindQuoted(bytes: Buffer, at: number): number {
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at)
    if (quote === -1) return -1
    if (bytes[quote + 1] !== QUOTE) return quote + 1
    at = quote + 2
  }
}

/** `indexOf` that remembers its last answer, for questions in ascending order; Infinity for none. */
function nextIndex(bytes: Buffer, byte: number): (from: number) => number {
  let known = -1
  return (from) => {
    if (known < from) {
      known = bytes.indexOf(byte, from)
      if (known === -1) known = Infinity
    }
    return known
  }
}
