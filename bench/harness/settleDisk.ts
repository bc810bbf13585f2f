import { spawnSync } from 'node:child_process'

/** Waits until the disk has what was written before, where the system can: whoever runs next pays for itself alone. */
export const settleDisk = (): void => void spawnSync('sync')
