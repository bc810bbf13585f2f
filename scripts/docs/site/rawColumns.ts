import type { CatalogColumn } from './catalog.ts'

interface Node {
  readonly type: string
  readonly pipe?: readonly Node[]
  readonly wrapped?: Node
  readonly item?: Node
  readonly entries?: Readonly<Record<string, Node>>
  readonly kind?: string
  /** Of a schema that is a function. */
  readonly check?: (value: unknown) => boolean
}

/** Numbers in JSON that a schema made of a function may be for; what takes none of them is for text. */
const NUMBERS = [
  ['number', 1.5],
  ['integer', 1_600_000_000],
] as const

function typeOf({ type, check, item }: Node): string {
  if (type === 'array') return `list<${item === undefined ? 'value' : typeOf(item)}>`
  if (type !== 'custom' || check === undefined) return type
  return NUMBERS.find(([, value]) => check(value))?.[0] ?? 'string'
}

const NULLABLE = ['nullable', 'nullish', 'optional']

/** The fields of a raw record, those of inner objects with their path, from its valibot schema. */
export function rawColumns(
  schema: object,
  describe: (path: string) => string,
): readonly CatalogColumn[] {
  const fields = (node: Node, path: string, nullable: boolean): CatalogColumn[] => {
    const start = node.pipe?.[0]
    if (start !== undefined) return fields(start, path, nullable)
    if (NULLABLE.includes(node.type) && node.wrapped) return fields(node.wrapped, path, true)
    if (node.entries !== undefined) {
      return Object.entries(node.entries).flatMap(([name, entry]) =>
        fields(entry, path === '' ? name : `${path}.${name}`, nullable),
      )
    }
    return [
      {
        name: path,
        type: typeOf(node),
        nullable,
        description: describe(path),
        tests: [],
        from: [],
      },
    ]
  }
  return fields(schema as Node, '', false)
}
