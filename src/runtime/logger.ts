import type { Logger } from '../core/unit.ts'

/** Says nothing: what a library does unless it is told where to. */
export const silentLogger: Logger = Object.freeze({ info() {}, warn() {}, error() {} })
