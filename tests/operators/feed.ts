import type { Envelope, Outlet, StatelessOperator } from '../../src/core/unit.ts'

/** What an operator made of the records that it was fed. */
export interface Fed<Out> {
  readonly out: Out[]
  readonly rejected: { readonly reason: string; readonly detail: string }[]
  readonly filtered: unknown[]
  repaired: number
}

export const envelopeOf = (part: Partial<Envelope> = {}): Envelope => ({
  source: 'test',
  offset: 0,
  ingestedAtMs: 0,
  shape: '',
  header: undefined,
  raw: () => new Uint8Array(0),
  ...part,
})

/** Runs one operator on its own, without a topology. */
export function feed<In, Out, Ports>(
  operator: StatelessOperator<In, Out, Ports>,
  records: readonly In[],
  envelope: Partial<Envelope> = {},
): Fed<Out> {
  const fed: Fed<Out> = { out: [], rejected: [], filtered: [], repaired: 0 }
  const outlet: Outlet<Out> = {
    emit: (record) => void fed.out.push(record),
    reject: (reason, detail) => void fed.rejected.push({ reason, detail }),
    filter: (record) => void fed.filtered.push(record),
    repaired: () => void fed.repaired++,
  }
  const clock = { now: () => 0, sleep: () => Promise.resolve() }
  const onRecord = operator.start({ node: 'test', clock })
  for (const record of records) onRecord(record, outlet, envelopeOf(envelope))
  return fed
}

export const utf8 = (text: string): Uint8Array => Buffer.from(text)
