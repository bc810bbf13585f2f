/**
 * Loaded before a program: every thread of it writes down what its heap holds, one JSON line a second, to the
 * file named by `SLUICEBOX_MEMORY_LOG`.
 */
import { appendFileSync } from 'node:fs'
import { threadId } from 'node:worker_threads'

const EVERY_MS = 1000
const path = process.env['SLUICEBOX_MEMORY_LOG']!

setInterval(() => {
  const { heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage()
  const line = { thread: threadId, heapUsed, heapTotal, external, arrayBuffers }
  appendFileSync(path, JSON.stringify(line) + '\n')
}, EVERY_MS).unref()
