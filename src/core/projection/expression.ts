import type { Envelope } from '../record.ts'

/** Where a field stands in a record. */
export type Path = readonly string[]

/** What is made of one field. */
export type PathOperation =
  'field' | 'micros' | 'day' | 'secondsMicros' | 'secondsDay' | 'whole' | 'first' | 'distinctLower'

/** Texts one behind the other: those that are always the same, and fields. */
export type JoinedText = readonly (string | Path)[]

/** What an expression does, as data: so that it can be compiled for bytes as well as for objects. */
export type ExpressionNode =
  | { readonly op: PathOperation; readonly of: Path }
  | { readonly op: 'sum'; readonly of: Path; readonly and: Path }
  | { readonly op: 'joined'; readonly of: JoinedText }
  | { readonly op: 'marked' | 'separated'; readonly of: JoinedText; readonly by: string }
  | { readonly op: 'constant'; readonly value: string | number | boolean | null }
  | { readonly op: 'ingestedAt' | 'sourcePosition' }

export const NODE: unique symbol = Symbol('node')
declare const VALUE: unique symbol
declare const IS: unique symbol

/** Says how a column is made of a record; `Value` is what it will be. */
export interface Expression<Value> {
  readonly [NODE]: ExpressionNode
  readonly [VALUE]?: () => Value
}

/** A field of a record, of which more can be made. */
export interface Field<Value> extends Expression<Value> {
  readonly [IS]: 'field'
}

/** What `joined` makes. */
export interface Joined extends Expression<string> {
  readonly [IS]: 'joined'
}

/** The fields of a record as expressions, those of nested objects below them. */
export type Fields<Record> = Field<Record> &
  (Record extends readonly unknown[] | string | number | bigint | boolean | null | undefined
    ? unknown
    : { readonly [Key in keyof Record]-?: Fields<Record[Key]> })

type Text = string | null
type Whole = number | bigint | null

const made = <Value>(node: ExpressionNode): Expression<Value> =>
  Object.freeze({ [NODE]: Object.freeze(node) })

/** The place of a field. */
function pathOf(field: Expression<unknown>, what: string): Path {
  const node = field[NODE]
  if (node.op === 'field') return node.of
  throw new TypeError(`${what} takes a field of the record`)
}

/** The same value in every row. */
export const constant = <const Value extends string | number | boolean | null>(value: Value) =>
  made<Value>({ op: 'constant', value })

/** Microseconds since 1970 UTC of a time that `timestampText()` accepts. */
export const microsOf = (time: Field<string>) =>
  made<number | bigint>({ op: 'micros', of: pathOf(time, 'microsOf') })

/** The UTC day, `YYYY-MM-DD`, of a time that `timestampText()` accepts. */
export const dayOf = (time: Field<string>) => made<string>({ op: 'day', of: pathOf(time, 'dayOf') })

/**
 * Microseconds since 1970 UTC of seconds that `epochSeconds()` accepts: to the nearest, where a number has them (up to
 * the year 2255), beyond that to the nearest second.
 */
export const microsOfSeconds = (seconds: Field<number>) =>
  made<number | bigint>({ op: 'secondsMicros', of: pathOf(seconds, 'microsOfSeconds') })

/** The UTC day, `YYYY-MM-DD`, of seconds that `epochSeconds()` accepts. */
export const dayOfSeconds = (seconds: Field<number>) =>
  made<string>({ op: 'secondsDay', of: pathOf(seconds, 'dayOfSeconds') })

/** The whole number that a text is which `wholeText()` accepts. */
export const wholeOf = (text: Field<string>) =>
  made<number | bigint>({ op: 'whole', of: pathOf(text, 'wholeOf') })

/** The sum of two whole numbers; of what is known, where one is null. */
export const sum = <Value extends Whole>(a: Field<Value>, b: Field<Value>) =>
  made<number | bigint | (null & Value)>({ op: 'sum', of: pathOf(a, 'sum'), and: pathOf(b, 'sum') })

/**
 * Texts one behind the other, such as `joined(post.title, '\n', post.body)`.
 *
 * @param parts - fields of the record, and texts that are the same in every row
 * @throws TypeError for half of a surrogate pair, which has no UTF-8
 */
export const joined = (...parts: readonly (Field<string> | Joined | string)[]): Joined =>
  made<string>({ op: 'joined', of: parts.flatMap((part) => partsOf(part, 'joined')) }) as Joined

/** A letter, digit or underscore would be a part of the words. */
const MARK = /^[!-/:-@[-^`{-~]$/
const SEPARATOR = /^[\0-\x7f]$/

/**
 * The words of a text that follow a mark, such as `#` or `@`: letters A to Z, digits and underscores; in lower case, each
 * once, in order of first appearance.
 *
 * @param mark - one character of ASCII that words don't have
 * @throws TypeError for another mark
 */
export const marked = (text: Field<string> | Joined, mark: string) => {
  if (!MARK.test(mark)) throw noSign('marked', mark, "such as '#', no letter, digit or _")
  return made<string[]>({ op: 'marked', of: partsOf(text, 'marked'), by: mark })
}

/**
 * The parts of a text between separators, such as `a|b`, without those that are empty; in lower case, each once, in
 * order of first appearance.
 *
 * @param separator - one character of ASCII
 * @throws TypeError for another separator
 */
export const separated = (text: Field<string> | Joined, separator: string) => {
  if (!SEPARATOR.test(separator)) throw noSign('separated', separator, "of ASCII, such as '|'")
  return made<string[]>({ op: 'separated', of: partsOf(text, 'separated'), by: separator })
}

const noSign = (what: string, given: string, wanted: string): TypeError =>
  new TypeError(`${what}: ${JSON.stringify(given)} is not one character ${wanted}`)

/** The parts of a text. */
function partsOf(text: Expression<string> | string, what: string): JoinedText {
  if (typeof text !== 'string') {
    const node = text[NODE]
    return node.op === 'joined' ? node.of : [pathOf(text, what)]
  }
  if (text.isWellFormed()) return text === '' ? [] : [text]
  throw new TypeError(`${what}: ${JSON.stringify(text)} has half of a surrogate pair`)
}

/** The first text of a list, null where it is empty. */
export const first = (list: Field<readonly string[]>) =>
  made<Text>({ op: 'first', of: pathOf(list, 'first') })

/** The texts of a list in lower case, each once, in order of first appearance. */
export const distinctLower = (list: Field<readonly string[]>) =>
  made<string[]>({ op: 'distinctLower', of: pathOf(list, 'distinctLower') })

/** When the record was read, µs since 1970 UTC. */
export const ingestedAt = made<number>({ op: 'ingestedAt' })

/** From where the record was read: `<source>:<offset>`. */
export const sourcePosition = made<string>({ op: 'sourcePosition' })

/** Fields that know where they stand: whatever is asked of them is a field below. */
export function fieldsOf<Record>(path: Path = []): Fields<Record> {
  const node: ExpressionNode = Object.freeze({ op: 'field', of: path })
  return new Proxy(Object.freeze({ [NODE]: node }), {
    get: (_, key) =>
      key === NODE ? node : typeof key === 'string' ? fieldsOf([...path, key]) : undefined,
  }) as unknown as Fields<Record>
}

/** Makes the value of a column from a record that is an object. */
export type Evaluate = (record: unknown, envelope: Envelope) => unknown
