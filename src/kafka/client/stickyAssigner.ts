import type { AssignerProtocol, PartitionAssigner } from 'kafkajs'

/** A member of the group, and the partitions that it says it had. */
export interface Claimant {
  readonly id: string
  readonly owned: readonly number[]
}

const NAME = 'SluiceboxSticky'
const VERSION = 1

/**
 * Shares the partitions out: the members' numbers differ by one at most, and as many partitions as that
 * allows stay where they were. The answer depends on nothing but the claims.
 */
export function assignSticky(
  claimants: readonly Claimant[],
  partitions: number,
): Map<string, number[]> {
  const byClaim = claimants.toSorted(
    (a, b) => b.owned.length - a.owned.length || (a.id < b.id ? -1 : 1),
  )
  const least = Math.floor(partitions / byClaim.length)
  const withOneMore = partitions % byClaim.length
  const free = new Set(Array.from({ length: partitions }, (_, partition) => partition))
  const shares = byClaim.map(({ id, owned }, place) => {
    const quota = least + (place < withOneMore ? 1 : 0)
    const kept: number[] = []
    for (const partition of owned) {
      if (kept.length < quota && free.delete(partition)) kept.push(partition)
    }
    return { id, quota, kept }
  })
  const left = [...free]
  return new Map(
    shares.map(({ id, quota, kept }) => {
      const added = left.splice(0, quota - kept.length)
      return [id, [...kept, ...added].sort((a, b) => a - b)]
    }),
  )
}

/**
 * The assigner that a member brings to its group: it tells the leader what the member owned, and shares
 * out by `assignSticky` where the member is the leader.
 *
 * @param protocol - how Kafka's clients write memberships down
 * @param owned - what this member owns now
 */
export function stickyAssigner(
  { MemberMetadata, MemberAssignment }: typeof AssignerProtocol,
  topic: string,
  owned: () => readonly number[],
): PartitionAssigner {
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: MemberMetadata.encode({
        version: VERSION,
        topics,
        userData: Buffer.from(JSON.stringify(owned())),
      }),
    }),
    async assign({ members }) {
      const claimants = members.map(({ memberId, memberMetadata }) => ({
        id: memberId,
        owned: ownedIn(MemberMetadata.decode(memberMetadata)?.userData),
      }))
      const shares = assignSticky(claimants, cluster.findTopicPartitionMetadata(topic).length)
      return [...shares].map(([memberId, partitions]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: VERSION,
          assignment: { [topic]: partitions },
          userData: Buffer.alloc(0),
        }),
      }))
    },
  })
}

/** What another member wrote is only a wish: where it can't be read there is none. */
function ownedIn(userData: Buffer | undefined): readonly number[] {
  try {
    const owned: unknown = JSON.parse(userData?.toString() ?? '[]')
    return Array.isArray(owned) ? owned.filter((it) => Number.isSafeInteger(it)).map(Number) : []
  } catch {
    return []
  }
}
