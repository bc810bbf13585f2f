import { describe as suite, expect, test } from 'vitest'
import { defineTopology } from '../../src/core/defineTopology.ts'
import { describe, redact } from '../../src/core/describe.ts'
import { platform } from './platform.ts'

test('describes every node as plain JSON, in order of definition', () => {
  const description = describe(platform())
  expect(JSON.parse(JSON.stringify(description))).toEqual(description)
  expect(description).toMatchSnapshot()
})

suite('redact', () => {
  test.each([
    'password',
    'PASSWORD',
    'dbPassword',
    'passphrase',
    'passwd',
    'pass',
    'pwd',
    'secret',
    'clientSecret',
    'secretAccessKey',
    'AWS_SECRET_ACCESS_KEY',
    'sessionToken',
    'token',
    'credentials',
    'apiKey',
    'api_key',
    'x-api-key',
    'accessKeyId',
    'privateKey',
    'authorization',
    'auth',
    'cookie',
    'sasl',
    'ssl',
  ])('hides %s', (name) => {
    for (const value of ['hunter2', 5, ['hunter2'], { inner: 'hunter2' }]) {
      expect(redact({ [name]: value })).toEqual({ [name]: '***' })
    }
  })

  test('hides at any depth, in arrays too', () => {
    const options = {
      brokers: ['b1:9092'],
      client: { retry: { retries: 3 }, list: [{ user: 'me', password: 'hunter2' }] },
    }
    expect(redact(options)).toEqual({
      brokers: ['b1:9092'],
      client: { retry: { retries: 3 }, list: [{ user: 'me', password: '***' }] },
    })
  })

  test('shows what only looks alike, and whether a thing is switched on', () => {
    const harmless = {
      author: 'me',
      key: 'id',
      keyColumns: ['id'],
      bypass: 'x',
      signal: 1,
      passed: 2,
      ssl: true,
      password: null,
    }
    expect(redact(harmless)).toEqual(harmless)
  })

  test.each([
    ['s3://AKIA:hunter2@bucket/prefix', 's3://***@bucket/prefix'],
    ['https://token@host/path', 'https://***@host/path'],
    ['mongodb+srv://u:hunter2@host', 'mongodb+srv://***@host'],
    ['http://u:p@ss@host/', 'http://***@host/'],
    ['http://u:@host', 'http://***@host'],
    [
      'kafka://a:hunter2@one:9092,kafka://b:hunter2@two:9092',
      'kafka://***@one:9092,kafka://***@two:9092',
    ],
    ['s3://AKIA:hunt/hunter2@bucket/prefix', 's3://***@bucket/prefix'],
    ['see http://u:hunter2@a and http://v:hunter2@b', 'see http://***@a and http://***@b'],
    ['https://h/x?X-Amz-Signature=hunter2&a=1', 'https://h/x?X-Amz-Signature=***&a=1'],
    ['https://h/x?a=1&access_token=hunter2#top', 'https://h/x?a=1&access_token=***#top'],
    ['https://h/x?sv=1;sig=hunter2', 'https://h/x?sv=1;sig=***'],
  ])('takes the secrets out of %s', (url, shown) => {
    expect(redact({ lake: [url] })).toEqual({ lake: [shown] })
    expect(JSON.stringify(redact(url))).not.toContain('hunter2')
  })

  test.each([
    's3://bucket/prefix',
    'https://host:8080/@user/x?email=a@b.c',
    'me@example.com',
    '/data/lake',
    'a?token=b',
  ])('leaves %s as it is', (text) => {
    expect(redact(text)).toBe(text)
  })

  test('makes JSON of what is none', () => {
    expect(redact({ a: Infinity, b: NaN, c: undefined, d: () => 1, e: 1n })).toEqual({
      a: 'Infinity',
      b: 'NaN',
      c: null,
      d: '[function]',
      e: '[bigint]',
    })
  })
})

test('says which port an input comes from, whatever dots are in names', () => {
  const topology = platform()
  const inputs = describe(topology).nodes.flatMap((node) => node.inputs)
  const names = topology.nodes.map((node) => node.name)
  expect(inputs.every((input) => names.includes(input.split(':')[0]!))).toBe(true)
  expect(inputs).toContain('parity:odd')
  expect(() => defineTopology('a:b', () => ({}))).toThrow("can't be the name")
})
