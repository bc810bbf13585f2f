// Asked of `src/operators/decode/rows/rowHost.ts`: what few records need, and a schema's own checks.

export declare function acceptNumber(check: i32, value: f64): i32
export declare function acceptFlag(check: i32, value: i32): i32
export declare function acceptText(check: i32, start: usize, length: usize): i32
/** Reads a number of any notation and gives it to `keepNumber`; answers with the place behind it, or -1. */
export declare function otherNumber(at: usize): i32
/** Reads a value that no column wants; answers with the place behind it, or -1. */
export declare function otherValue(read: i32, at: usize, end: usize): i32
/** Writes a text in lower case; answers with how many bytes it has then. */
export declare function lowerCase(start: usize, length: usize, into: usize): i32
