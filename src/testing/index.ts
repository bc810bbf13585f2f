export { testDriver, type PipeOptions, type TestDriver, type TestRecord } from './testDriver.ts'
export { virtualClock, type VirtualClock } from './virtualClock.ts'
