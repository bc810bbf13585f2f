const COMMA = 0x2c
const QUOTE = 0x22

/** A record that breaks the rules of CSV: says where and how. */
export interface CsvFault {
  readonly fault: string
}

/**
 * Cuts one CSV record, without its line end, into its fields. A quote counts at the start of a field
 * alone; elsewhere it is a character, as is a carriage return.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function csvFields(text: string): string[] | CsvFault {
  if (!text.includes('"')) return text.split(',')
  const fields: string[] = []
  for (let at = 0; ; at++) {
    if (text.charCodeAt(at) === QUOTE) {
      const end = closingQuote(text, at + 1)
      if (end === -1) return { fault: `field ${fields.length + 1}: its quote is not closed` }
      const content = text.slice(at + 1, end)
      fields.push(content.includes('"') ? content.replaceAll('""', '"') : content)
      at = end + 1
      if (at < text.length && text.charCodeAt(at) !== COMMA) {
        return { fault: `field ${fields.length}: text follows its closing quote` }
      }
    } else {
      const comma = text.indexOf(',', at)
      const end = comma === -1 ? text.length : comma
      fields.push(text.slice(at, end))
      at = end
    }
    if (at >= text.length) return fields
  }
}

/** The index of the quote that ends the content which begins at `at`, or -1. */
function closingQuote(text: string, at: number): number {
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote === -1 || text.charCodeAt(quote + 1) !== QUOTE) return quote
    at = quote + 2
  }
}
