import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { start, temporary } from '../contract/platform.ts'

const folder = temporary('usage')
const lake = join(folder, 'lake')
const landing = join(folder, 'landing')

test('an unknown option or an impossible value ends with exit code 2, says what is possible, and touches nothing', async () => {
  const wrong: [args: string[], text: RegExp, env?: Record<string, string>][] = [
    [['--nope'], /unknown option '--nope'/],
    [['--epcoh', '5'], /unknown option '--epcoh'\n\(Did you mean --epoch\?\)/],
    [['more'], /too many arguments/],
    [['--epoch', '0'], /'--epoch <ms>' argument '0' is invalid\. Expected a whole number from 1/],
    [['--epoch', '1.5'], /Expected a whole number from 1 to 86400000/],
    [['--parallelism', 'all'], /'--parallelism <n>' argument 'all' is invalid\. .* from 1 to 256/],
    [['--events', '-1'], /'--events <n>' argument '-1' is invalid/],
    [['--mode', 'batch'], /Allowed choices are micro-batch, streaming/],
    [['--until', 'bronze'], /Allowed choices are silver, gold/],
    [['--landing='], /'--landing <dir>' argument '' is invalid\. Expected a path/],
    [['--memory='], /'--memory <size>' argument '' is invalid\. Expected a size such as 512MB/],
    [['--lake', 's3://'], /SBX_LAKE_URL: .*an S3 lake is s3:\/\/bucket\/prefix/],
    [['--lake', 'http://host/lake'], /SBX_LAKE_URL: .*Give a folder, s3:\/\/bucket\/prefix/],
    [['--accept-source', 'tweets'], /names 'tweets', which is no source.*twitter, reddit, youtube/],
    [[], /value 'soon' from env 'SLUICEBOX_EPOCH' is invalid/, { SLUICEBOX_EPOCH: 'soon' }],
  ]
  for (const [args, text, env] of wrong) {
    const all = ['--landing', landing, '--lake', lake, '--json', ...args]
    const { code, stdout, stderr } = await start(all, env).ended
    expect([args, stderr]).toEqual([args, expect.stringMatching(text)])
    expect([args, code, stdout]).toEqual([args, 2, ''])
  }
  expect([existsSync(lake), existsSync(landing)]).toEqual([false, false])
})
