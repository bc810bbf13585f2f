// Tables in open formats
export { deltaTable, type DeltaTableOptions } from './sinks/delta/deltaTable.ts'
export { quarantineTable, type QuarantineTableOptions } from './sinks/delta/quarantineTable.ts'
export { parquetFiles, type ParquetFilesOptions } from './sinks/parquetFiles.ts'

// Reading them back
export { readDelta } from './lake/delta/readDelta.ts'

// Keeping them in shape
export { compact, type CompactOptions, type CompactResult } from './runtime/maintenance/compact.ts'
export { vacuum, type VacuumOptions, type VacuumResult } from './runtime/maintenance/vacuum.ts'
