import type { CatalogColumn } from './catalog.ts'

interface Node {
  readonly type: string
  readonly pipe?: readonly Node[]
  readonly wrapped?: Node
  readonly item?: Node
  readonly entries?: Readonly<Record<string, Node>>
  readonly kind?: string
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
    const type = node.type === 'array' ? `list<${node.item?.type ?? 'value'}>` : node.type
    return [{ name: path, type, nullable, description: describe(path), tests: [], from: [] }]
  }
  return fields(schema as Node, '', false)
}
