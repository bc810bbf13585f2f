/** `n` seconds in milliseconds. */
export const seconds = (n: number): number => n * 1000
/** `n` minutes in milliseconds. */
export const minutes = (n: number): number => n * 60_000
/** `n` hours in milliseconds. */
export const hours = (n: number): number => n * 3_600_000
/** `n` days of 24 hours in milliseconds. */
export const days = (n: number): number => n * 86_400_000
