import { createHash, createHmac } from 'node:crypto'
import { createServer, request as send } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** What a proxy knows of a request when it decides what to do with it. */
export interface ProxiedRequest {
  readonly method: string
  /** Bucket and key, decoded. */
  readonly path: string
  readonly query: URLSearchParams
  /** `If-None-Match` or `If-Match`, if it is a conditional write. */
  readonly condition: string | undefined
}

/**
 * `pass` it on · `strip` its condition, as a server that ignores conditions would · `swallow` the answer, after
 * the server has given it: the connection breaks · `hang`: likewise, and nobody hears of it · `drop`: nobody
 * hears of it, the server neither · an error of S3 in the server's place.
 */
export type Treatment =
  | 'pass'
  | 'strip'
  | 'swallow'
  | 'hang'
  | 'drop'
  | { readonly status: number; readonly code: string }

export interface S3Proxy {
  readonly endpoint: string
  /** How each request is treated from now on. @defaultValue all pass */
  treat(how: (request: ProxiedRequest) => Treatment): void
  stop(): Promise<void>
}

const CONDITIONS = ['if-none-match', 'if-match']

/** A small proxy in front of a real S3 server, which makes it worse than it is. */
export async function startS3Proxy(
  endpoint: string,
  env: Readonly<Record<string, string>>,
): Promise<S3Proxy> {
  const to = new URL(endpoint)
  let how: (request: ProxiedRequest) => Treatment = () => 'pass'

  const forward = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', endpoint)
    const condition = CONDITIONS.find((name) => name in incoming.headers)
    const treatment = how({
      method: incoming.method ?? '',
      path: decodeURIComponent(url.pathname).slice(1),
      query: url.searchParams,
      condition,
    })
    const pieces: Uint8Array[] = []
    for await (const piece of incoming) pieces.push(piece as Uint8Array)
    if (treatment === 'drop') return
    if (typeof treatment === 'object') {
      const { status, code } = treatment
      outgoing.writeHead(status, { 'content-type': 'application/xml' })
      outgoing.end(`<Error><Code>${code}</Code><Message>says the proxy</Message></Error>`)
      return
    }
    const headers = { ...incoming.headers }
    if (treatment === 'strip' && condition !== undefined) {
      delete headers[condition]
      headers.authorization = signed(incoming, url, headers, env)
    }
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const { hostname, port } = to
      const options = { hostname, port, path: incoming.url, method: incoming.method, headers }
      send(options, resolve).once('error', reject).end(Buffer.concat(pieces))
    })
    if (treatment === 'swallow' || treatment === 'hang') {
      answer.resume()
      await new Promise((ended) => answer.once('end', ended))
      if (treatment === 'swallow') incoming.socket.destroy()
      return
    }
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
    answer.pipe(outgoing)
  }

  const server = createServer((incoming, outgoing) => {
    forward(incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    treat: (next) => (how = next),
    stop: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

/** Signs a request anew whose signed headers have changed (AWS Signature Version 4). */
function signed(
  { method = '', headers: { authorization = '' } }: IncomingMessage,
  url: URL,
  headers: IncomingMessage['headers'],
  env: Readonly<Record<string, string>>,
): string {
  const [, scope = '', names = ''] =
    /Credential=[^/]+\/([^,]+), ?SignedHeaders=([^,]+)/.exec(authorization) ?? []
  const kept = names.split(';').filter((name) => name in headers)
  const query = [...url.searchParams].map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  )
  const canonical = [
    method,
    url.pathname,
    query.sort().join('&'),
    ...kept.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    kept.join(';'),
    headers['x-amz-content-sha256'],
  ].join('\n')
  const sum = createHash('sha256').update(canonical).digest('hex')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sum].join('\n')
  const key = scope
    .split('/')
    .reduce<string | Buffer>(hmac, `AWS4${env['AWS_SECRET_ACCESS_KEY'] ?? ''}`)
  const signature = hmac(key, text).toString('hex')
  return `AWS4-HMAC-SHA256 Credential=${env['AWS_ACCESS_KEY_ID'] ?? ''}/${scope}, SignedHeaders=${kept.join(';')}, Signature=${signature}`
}

const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest()
