/** Whether a value is fine as it is. */
export type Accept = (value: unknown) => boolean

/** What is read of a valibot schema or action: they are plain objects. */
export interface SchemaNode {
  readonly kind: 'schema' | 'validation' | 'transformation' | 'metadata'
  readonly type: string
  readonly async?: boolean
  readonly pipe?: readonly SchemaNode[]
  readonly wrapped?: SchemaNode
  readonly default?: unknown
  readonly fallback?: unknown
  readonly item?: SchemaNode
  readonly entries?: Readonly<Record<string, SchemaNode>>
  readonly options?: readonly unknown[]
  readonly key?: string
  readonly literal?: unknown
  readonly check?: Accept
  readonly requirement?: unknown
}
