import type { ModelsUnit } from '../../src/core/models.ts'
import type { TableHandle } from '../../src/core/topology.ts'
import type { Rejected, StatelessOperator, Table } from '../../src/core/unit.ts'
import { windowDedup } from '../../src/operators/windowDedup.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'

/** A table that nothing is ever written to: these tests define topologies and run none. */
export const table = <Row>(options: Table<Row>['options'] = {}): Table<Row> => ({
  ...memorySink<Row>(),
  kind: 'table',
  type: 'table',
  options,
})

export const models = (reads: Readonly<Record<string, TableHandle>>): ModelsUnit => ({
  kind: 'models',
  type: 'models',
  options: {},
  reads,
  open: () => Promise.reject(new Error('these models are never built')),
})

/** An operator of a user's own with any ports. */
export const branch = <Ports>(
  ...ports: readonly string[]
): StatelessOperator<number, number, Ports> => ({
  kind: 'operator',
  type: 'branch',
  state: 'none',
  expands: 'one',
  options: {},
  ports,
  start: () => (record, outlet) => outlet.emit(record),
})

export const picky = () => branch<{ rejected: Rejected }>('rejected')

export const dedup = () =>
  windowDedup<number>({ key: String, eventTime: (record) => record, windowMs: 1 })
