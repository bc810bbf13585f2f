import { S3Client } from '@aws-sdk/client-s3'
import { s3Retries } from './s3Retries.ts'

const CONNECT_MS = 5_000
const SILENCE_MS = 30_000
/** With pauses of 0.1, 0.2, 0.4 … s, shortened at random: about 8 s. */
const TRIES = 8
/** Once the server has answered: about 30 s, in which it may start again on a busy machine. */
const TRIES_LATER = 14

/**
 * A client set up by the usual variables and files of AWS. Servers other than Amazon's, named by
 * `AWS_ENDPOINT_URL`, need no region and are asked by path unless `AWS_VIRTUAL_HOSTED_STYLE_REQUEST` is
 * `true`. What the server can't do now (5xx, throttling, a broken connection) is tried again.
 */
export function s3Client(): S3Client {
  const isElsewhere = hasOwnEndpoint()
  const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION
  let hasAnswered = false
  const client = new S3Client({
    ...(region !== undefined && { region }),
    ...(region === undefined && isElsewhere && { region: 'us-east-1' }),
    forcePathStyle: isElsewhere && process.env.AWS_VIRTUAL_HOSTED_STYLE_REQUEST !== 'true',
    // One that was never there is rather a wrong address.
    retryStrategy: s3Retries(() => (hasAnswered ? TRIES_LATER : TRIES)),
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
  })
  client.middlewareStack.add(
    (next) => async (request) => {
      const answer = await next(request)
      hasAnswered = true
      return answer
    },
    { step: 'deserialize', priority: 'high', name: 'sluiceboxHasAnswered' },
  )
  return client
}

/** Whether the server is another than Amazon's. */
export function hasOwnEndpoint(): boolean {
  return Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL)
}
