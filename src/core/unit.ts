// The contracts of sources, operators and sinks: what a unit is given and what it must offer.
export type { Logger } from './logger.ts'
export type { Envelope, Rejected } from './record.ts'
export type {
  Outlet,
  OperatorContext,
  NextCheck,
  StateRoom,
  OnBytes,
  InPlace,
  OnBatch,
  StatelessOperator,
  KeyBatch,
  StateSnapshot,
  StoredState,
  Selector,
  SelectingOperator,
  Operator,
} from './operator.ts'
export type {
  SourceBatch,
  SourceReject,
  SpecialValue,
  BronzePart,
  SourceRange,
  RereadContext,
  SourcePosition,
  SourceContext,
  SourceReader,
  GroupContext,
  Assignment,
  PartitionGroup,
  Source,
} from './source.ts'
export type {
  PreparedFile,
  WriterContext,
  Writer,
  BatchWriter,
  SinkCommit,
  PublisherContext,
  Publisher,
  Published,
  Reread,
  Restaged,
  Sink,
  Table,
} from './sink.ts'
export type { FileClaims, Upkeep, UpkeepContext } from './upkeep.ts'
