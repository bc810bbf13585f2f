import type { Stats } from 'node:fs'

/**
 * What a file is known by without being read. Whoever writes to it, or puts another in its place, can set its time but
 * not the time at which its inode was changed.
 */
export const fileTag = ({ size, ino, mtimeMs, ctimeMs }: Stats): string =>
  [size, ino, mtimeMs, ctimeMs].join('-')
