/**
 * Loaded before a program: freezes the process right before it commits, once, when it has committed so often
 * before (`SLUICEBOX_FREEZE_AT`). What it has prepared is durable then, and nobody knows of it.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const COMMIT = /_checkpoints\/.*\/twitter-\d+\/\d{12}$/
const { link } = fs.promises
let left = Number(process.env['SLUICEBOX_FREEZE_AT'])

fs.promises.link = async (existing, path) => {
  if (COMMIT.test(String(path)) && left-- === 0) {
    process.stderr.write('frozen before a commit\n')
    process.kill(process.pid, 'SIGSTOP')
  }
  return link(existing, path)
}
syncBuiltinESMExports()
