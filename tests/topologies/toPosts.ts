import type { Envelope, StatelessOperator } from '../../src/core/unit.ts'
import { validate } from '../../src/operators/validate.ts'
import type { Post } from '../../topologies/post.ts'
import { postFormats } from '../../topologies/postFormats.ts'
import { feed } from '../operators/feed.ts'
import type { Platform } from './readPosts.ts'

/** Checks one decoded record and maps it: a row, or why there is none. */
export function toPost(
  platform: Platform,
  shape: string,
  data: unknown,
  envelope: Partial<Envelope> = {},
): Post | { readonly reason: string; readonly detail: string } {
  const { schema, reasons, toPost: operator } = postFormats[platform]
  const check = validate(schema as Parameters<typeof validate>[0], { reasons })
  const { out, rejected } = feed(check, [{ shape, data }])
  if (out.length === 0) return rejected[0]!
  return feed(operator as StatelessOperator<unknown, Post>, out, envelope).out[0]!
}

/** A copy with one field changed, given by its path; undefined takes it away. */
export function withField<T>(record: T, path: string, value: unknown): T {
  const copy = structuredClone(record)
  const keys = path.split('.')
  const last = keys.pop()!
  let parent = copy as Record<string, unknown>
  for (const key of keys) parent = parent[key] as Record<string, unknown>
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return copy
}
