import type {
  Assignment,
  GroupContext,
  Source,
  SourceContext,
  SourceReader,
} from '../../src/core/unit.ts'

/** Lists that processes of one test share out among themselves, as a broker's coordinator would. */
export function partitionedSource(lists: readonly (readonly number[])[], kind = 'lists') {
  const members: Member[] = []
  let onRead: (partition: number, position: number) => void = () => {}

  const rebalance = (): void => {
    for (const member of members) member.revoke()
    for (const [at, member] of members.entries()) {
      member.assign(lists.flatMap((_, n) => (n % members.length === at ? [n] : [])))
    }
  }
  const source: Source<number> = {
    ...{ kind: 'source', type: kind, options: {}, ports: [] },
    identity: { kind },
    readsFrom: kind,
    open: () => Promise.reject(new Error('it is read by partitions')),
    async join(context) {
      const joined = member(context, (partition, position) => onRead(partition, position), lists)
      members.push(joined)
      rebalance()
      return {
        partitions: lists.length,
        identity: { kind, partitions: lists.length },
        next: joined.next,
        isAtEnd: (partition, position) => Number(position) >= lists[partition]!.length,
        async leave() {
          joined.revoke()
          members.splice(members.indexOf(joined), 1)
          rebalance()
        },
      }
    },
  }
  return {
    source,
    rebalance,
    onRead(call: typeof onRead): void {
      onRead = call
    },
  }
}

interface Member {
  revoke(): void
  assign(partitions: readonly number[]): void
  next(): Promise<Assignment | undefined>
}

function member(
  { signal }: GroupContext,
  onRead: (partition: number, position: number) => void,
  lists: readonly (readonly number[])[],
): Member {
  let revoked = new AbortController()
  let waiting: Assignment | undefined
  let wake = (): void => {}
  const open = (
    partition: number,
    { restored, signal }: SourceContext,
    isRevoked: AbortSignal,
  ): SourceReader => {
    let position = Number(restored?.inline ?? 0)
    return {
      async read() {
        if (signal.aborted) return undefined
        if (isRevoked.aborted) throw new Error('it is another’s')
        const value = lists[partition]![position]
        if (value === undefined) return undefined
        onRead(partition, position)
        const baseOffset = position++
        return { partition, source: `${partition}`, ingestedAtMs: 0, values: [value], baseOffset }
      },
      position: () => ({ inline: position }),
      close: async () => {},
    }
  }
  signal.addEventListener('abort', () => wake())
  return {
    revoke: () => revoked.abort(),
    assign(partitions) {
      revoked = new AbortController()
      const isRevoked = revoked.signal
      waiting = {
        partitions,
        revoked: isRevoked,
        open: async (partition, context) => open(partition, context, isRevoked),
      }
      wake()
    },
    async next() {
      while (waiting === undefined && !signal.aborted) {
        await new Promise<void>((resolve) => (wake = resolve))
      }
      const taken = waiting
      waiting = undefined
      return signal.aborted ? undefined : taken
    },
  }
}
