/**
 * Loaded before a program: ends the process by SIGKILL at one place, `SLUICEBOX_KILL_AT`: `before` or `after`,
 * the call, which one of those that match, and what its path must match, with blanks in between.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const [when, call, which, pattern] = (process.env['SLUICEBOX_KILL_AT'] ?? '').split(' ')
const path = new RegExp(pattern ?? '')
let left = Number(which)

const kill = (): void => {
  process.kill(process.pid, 'SIGKILL')
}
type Call = (...paths: unknown[]) => Promise<unknown>
const calls = fs.promises as unknown as Record<string, Call>

if (call !== undefined && call !== '') {
  const real = calls[call]!
  calls[call] = async (...args) => {
    // What is made, not what it is made from.
    const target = ['unlink', 'rm', 'utimes'].includes(call) ? args[0] : args[1]
    const isIt = path.test(String(target)) && --left === 0
    if (isIt && when === 'before') kill()
    const result = await real.apply(fs.promises, args)
    if (isIt) kill()
    return result
  }
  syncBuiltinESMExports()
}
