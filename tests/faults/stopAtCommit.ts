/**
 * Loaded before a program: freezes the process right before it commits, once, when it has committed so often
 * before (`SLUICEBOX_FREEZE_AT`). What it has prepared is durable then, and nobody knows of it. On disk a commit
 * is a `link`, on S3 a PUT.
 */
import fs from 'node:fs'
import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'

const COMMIT = /_checkpoints\/.*\/twitter-\d+\/\d{12}$/
const { link } = fs.promises
const { request } = http
let left = Number(process.env['SLUICEBOX_FREEZE_AT'])

function freezeAt(path: string): void {
  if (!COMMIT.test(path) || left-- !== 0) return
  process.stderr.write('frozen before a commit\n')
  process.kill(process.pid, 'SIGSTOP')
}

fs.promises.link = async (existing, path) => {
  freezeAt(String(path))
  return link(existing, path)
}
http.request = ((...args: Parameters<typeof request>) => {
  const [options] = args as readonly unknown[]
  if (typeof options === 'object' && options !== null && 'method' in options) {
    const { method, path } = options as http.RequestOptions
    if (method === 'PUT') freezeAt(decodeURIComponent((path ?? '').split('?', 1)[0]!))
  }
  return request(...args)
}) as typeof request
syncBuiltinESMExports()
