import type { Clock } from '../../src/core/clock.ts'
import { frame } from '../../src/core/framing.ts'
import type { Outlet, Rejected, StatelessOperator } from '../../src/core/unit.ts'
import { decodeShapes } from '../../src/operators/decodeShapes.ts'
import { validate } from '../../src/operators/validate.ts'
import { landingFiles } from '../../src/sources/landingFiles.ts'
import type { Post } from '../../topologies/post.ts'
import { postFormats } from '../../topologies/postFormats.ts'
import { envelopeOf } from '../operators/feed.ts'

export type Platform = keyof typeof postFormats

/** What became of the records of one platform's folder, repeats still in it. */
export interface ReadPosts {
  readonly posts: Post[]
  readonly rejected: Pick<Rejected, 'reason' | 'detail' | 'source'>[]
  records: number
  repaired: number
}

/** Reads a folder as the platform does, up to the rows of Silver before the dedup. */
export async function readPosts(platform: Platform, path: string): Promise<ReadPosts> {
  // The files have been there for long: nothing to wait for.
  const clock: Clock = { now: () => Date.now() + 60_000, sleep: () => Promise.resolve() }
  const { shapes, schema, reasons, toPost } = postFormats[platform]
  const result: ReadPosts = { posts: [], rejected: [], records: 0, repaired: 0 }
  let envelope = envelopeOf()
  const steps = [
    decodeShapes({ shapes }),
    validate(schema as Parameters<typeof validate>[0], { reasons }),
    toPost,
  ].map((step) => (step as StatelessOperator<unknown, unknown>).start({ node: platform, clock }))
  const outlets = steps.map((_, at): Outlet<unknown> => ({
    emit: (record) => {
      const next = steps[at + 1]
      if (next === undefined) result.posts.push(record as Post)
      else next(record, outlets[at + 1]!, envelope)
    },
    reject: (reason, detail) =>
      void result.rejected.push({ reason, detail, source: envelope.source }),
    filter: () => {},
    repaired: () => void result.repaired++,
  }))
  const reader = await landingFiles({ path, shapes }).open({
    node: platform,
    clock,
    logger: { info() {}, warn() {}, error() {} },
    signal: new AbortController().signal,
    mode: 'micro-batch',
    batchBytes: 1024 * 1024,
    restored: undefined,
  })
  for (let batch = await reader.read(); batch !== undefined; batch = await reader.read()) {
    const bounds = frame(batch)
    const { bytes = new Uint8Array(0), source, ingestedAtMs, shape = '', header } = batch
    for (let at = 0; at < bounds.length; at += 2) {
      const raw = bytes.subarray(bounds[at], bounds[at + 1])
      const offset = batch.baseOffset + (batch.framing === 'bounds' ? at / 2 : bounds[at]!)
      envelope = { source, offset, ingestedAtMs, shape, header, raw: () => raw }
      result.records++
      steps[0]!(raw, outlets[0]!, envelope)
    }
    for (const { reason, detail } of batch.rejects ?? []) {
      result.records++
      result.rejected.push({ reason, detail, source: batch.source })
    }
  }
  await reader.close()
  return result
}

/** The first of each id, as the dedup lets it through. */
export const firstOfEach = (posts: readonly Post[]): Post[] => [
  ...posts
    .reduce(
      (seen, post) => (seen.has(post.post_id) ? seen : seen.set(post.post_id, post)),
      new Map<string, Post>(),
    )
    .values(),
]

/** The sum of a column, nulls left out. */
export const sum = (
  posts: readonly Post[],
  column: 'likes' | 'shares' | 'comments' | 'impressions' | 'author_followers',
): number => posts.reduce((total, post) => total + Number(post[column] ?? 0), 0)

/** How often each value occurs. */
export function tally(values: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}
