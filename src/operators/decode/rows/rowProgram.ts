import type { Accept } from '../../validate/schemaNode.ts'
import type { Read } from '../schemaReader.ts'
import type { Leaf } from './leaf.ts'
import type { RowPlan } from './rowPlan.ts'

/** What `readRow` of `assembly/readRow.ts` does for one record, step by step, and what it asks for meanwhile. */
export interface RowProgram {
  /** Steps of four words each; what a step needs of bytes follows it. */
  readonly words: Int32Array
  readonly accepts: readonly Accept[]
  readonly reads: readonly Read[]
}

/** The first word of a step, as in `assembly/readRow.ts`. */
const STEP = {
  end: 0,
  token: 1,
  text: 2,
  time: 3,
  number: 4,
  flag: 5,
  texts: 6,
  value: 7,
  sum: 8,
  ingestedAt: 9,
  position: 10,
  seconds: 11,
  joined: 12,
  marked: 13,
  separated: 14,
  whole: 15,
  field: 16,
  keepText: 17,
  keepTime: 18,
  keepWhole: 19,
} as const
/** The steps that keep the field that was read last. */
const KEPT = { text: 'keepText', time: 'keepTime', whole: 'keepWhole' } as const
const MAY_BE_NULL = 1
const MAY_BE_EMPTY = 2
const TAKES_WHOLE = 4
/** In place of a slot or a check: there is none. */
const NONE = -1
/** Bytes are compared and copied in parts of so many. */
const PART = 16

/** A leaf that a field of CSV can be: all of them are texts. */
export type FieldLeaf = Leaf & { readonly kind: keyof typeof KEPT }

export const isFieldLeaf = (leaf: Leaf | undefined): leaf is FieldLeaf =>
  leaf !== undefined && Object.hasOwn(KEPT, leaf.kind)

/** Writes a program step by step. */
export class ProgramWriter {
  readonly #words: number[] = []
  readonly #accepts: Accept[] = []
  readonly #reads: Read[] = []

  step(name: keyof typeof STEP, ...[a = NONE, b = NONE, c = NONE]: (number | undefined)[]): void {
    this.#words.push(STEP[name], a, b, c)
  }

  /** These bytes must follow. */
  token(text: string): void {
    if (text === '') return
    const bytes = Buffer.from(text)
    this.step('token', bytes.length)
    for (const part of partsOf(bytes)) {
      this.#words.push(...padded(part), ...padded(Buffer.alloc(part.length, 0xff)))
    }
  }

  /** A value as JSON has it, behind the quote or bracket that it begins with. */
  leaf(leaf: Leaf): void {
    this.step(leaf.kind, ...this.#operandsOf(leaf))
  }

  /** The next field of a CSV record, and what it is kept as; undefined: it is dropped. */
  field(leaf: FieldLeaf | undefined, isLast: boolean): void {
    this.step('field', Number(isLast))
    if (leaf !== undefined) this.step(KEPT[leaf.kind], ...this.#operandsOf(leaf))
  }

  /** A value that no column wants, and who reads it. */
  value(read: Read): void {
    this.step('value', this.#reads.push(read) - 1)
  }

  /** What is made of what was read; nothing of the record follows. */
  end({ made, ingestedAtSlot, positionSlot }: RowPlan): RowProgram {
    for (const one of made) {
      switch (one.op) {
        case 'sum':
          this.step('sum', one.of, one.and, one.slot)
          break
        case 'seconds':
          this.step('seconds', one.of, one.microsSlot, one.daySlot)
          break
        case 'joined':
          this.step('joined', one.slot, one.of.length)
          for (const part of one.of) this.#joined(part)
          break
        case 'marked':
        case 'separated':
          this.step(one.op, one.of, one.by.codePointAt(0), one.slot)
      }
    }
    if (ingestedAtSlot !== undefined) this.step('ingestedAt', ingestedAtSlot)
    if (positionSlot !== undefined) this.step('position', positionSlot)
    this.step('end')
    return { words: Int32Array.from(this.#words), accepts: this.#accepts, reads: this.#reads }
  }

  /** A part of a joined text: the slot that has it, or the text itself behind its length. */
  #joined(part: string | number): void {
    if (typeof part === 'number') {
      this.#words.push(part, 0, 0, 0)
      return
    }
    const bytes = Buffer.from(part)
    this.#words.push(NONE, bytes.length, 0, 0)
    for (const one of partsOf(bytes)) this.#words.push(...padded(one))
  }

  #operandsOf(leaf: Leaf): (number | undefined)[] {
    switch (leaf.kind) {
      case 'text':
      case 'number':
      case 'flag':
        return [flagsOf(leaf), leaf.slot, this.#checkOf(leaf)]
      case 'time':
        return [leaf.slot, leaf.microsSlot, leaf.daySlot]
      case 'whole':
        return [leaf.slot, leaf.wholeSlot]
      case 'texts':
        return [leaf.slot, leaf.firstSlot, leaf.lowerSlot]
    }
  }

  #checkOf({ accept }: Leaf): number {
    return accept === undefined ? NONE : this.#accepts.push(accept) - 1
  }
}

const flagsOf = ({ mayBeNull, mayBeEmpty, takesWhole = false }: Leaf): number =>
  (mayBeNull ? MAY_BE_NULL : 0) | (mayBeEmpty ? MAY_BE_EMPTY : 0) | (takesWhole ? TAKES_WHOLE : 0)

const partsOf = (bytes: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / PART) }, (_, part) =>
    bytes.subarray(part * PART, (part + 1) * PART),
  )

/** The words of a part, with zeros behind what there is of it. */
function padded(part: Uint8Array): Int32Array {
  const bytes = new Uint8Array(PART)
  bytes.set(part)
  return new Int32Array(bytes.buffer)
}
