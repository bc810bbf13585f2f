import { ConfigError, SinkError, SluiceboxError } from '../core/errors.ts'

interface Remedy {
  readonly code: `SBX_${string}`
  readonly text: string
}

const DENIED: Remedy = {
  code: 'SBX_LAKE_DENIED',
  text: 'access was denied: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do there',
}
const REGION: Remedy = {
  code: 'SBX_LAKE_REGION',
  text: 'the bucket is in another region: set AWS_REGION to its region',
}
const REMEDIES: Readonly<Record<string, Remedy>> = {
  AccessDenied: DENIED,
  Forbidden: DENIED,
  InvalidAccessKeyId: DENIED,
  SignatureDoesNotMatch: DENIED,
  ExpiredToken: DENIED,
  PermanentRedirect: REGION,
  AuthorizationHeaderMalformed: REGION,
  NoSuchBucket: {
    code: 'SBX_LAKE_NO_BUCKET',
    text: 'there is no such bucket: create it, or correct the address of the lake',
  },
  NotImplemented: {
    code: 'SBX_LAKE_UNSAFE',
    text: 'the server can not do that, and exactly-once needs it: use one that honours If-None-Match',
  },
  CredentialsProviderError: {
    code: 'SBX_LAKE_CREDENTIALS',
    text: 'no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  },
}
const BY_CONFIG = new Set(['SBX_LAKE_UNSAFE', 'SBX_LAKE_CREDENTIALS', 'SBX_LAKE_REGION'])

/** The server's word for what went wrong, such as `NoSuchKey`. */
export function s3Code(cause: unknown): string {
  if (!(cause instanceof Error)) return ''
  // What HEAD answers has no body: the SDK then knows the status alone.
  return cause.name === 'Error' && 'code' in cause ? String(cause.code) : cause.name
}

/** The HTTP status of the answer, or undefined where none came. */
export function s3Status(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !('$metadata' in cause)) return undefined
  const { httpStatusCode } = cause.$metadata as { readonly httpStatusCode?: number }
  return httpStatusCode
}

/**
 * What to throw where `action` on `key` failed for good. Without an answer, or with a server's fault, the
 * outcome is unknown: retryable. Only names and texts go into it, never what was sent.
 */
export function s3Error(action: string, url: string, key: string, cause: unknown): SluiceboxError {
  if (cause instanceof SluiceboxError) return cause
  const name = s3Code(cause)
  const status = s3Status(cause)
  const text = cause instanceof Error ? cause.message : String(cause)
  const what = `can't ${action} ${key} in ${url} (${[name, status].filter(Boolean).join(', ')})`
  const remedy = REMEDIES[name]
  const kept = new Error(text)
  kept.name = name
  if (remedy !== undefined) {
    const options = { code: remedy.code, cause: kept }
    const message = `${what}: ${remedy.text}`
    return BY_CONFIG.has(remedy.code)
      ? new ConfigError(message, options)
      : new SinkError(message, options)
  }
  const isUnknown = status === undefined || status >= 500 || status === 429 || status === 409
  return new SinkError(
    isUnknown
      ? `${what}: no valid answer came (${text}): see that the server runs and can be reached`
      : `${what}: ${text}`,
    { code: isUnknown ? 'SBX_LAKE_UNREACHABLE' : 'SBX_LAKE_IO', retryable: isUnknown, cause: kept },
  )
}
