import { ConfigError, SinkError, SluiceboxError } from '../core/errors.ts'

const REMEDIES: Readonly<Record<string, readonly [`SBX_${string}`, string]>> = {
  ENOSPC: ['SBX_LAKE_FULL', 'the disk is full: free space, or put the lake on a larger disk'],
  EDQUOT: ['SBX_LAKE_FULL', 'the disk quota is used up: free space or raise the quota'],
  EROFS: ['SBX_LAKE_READ_ONLY', 'the file system is read-only: mount it writable'],
  EACCES: ['SBX_LAKE_DENIED', 'this user may not do that: grant it read, write and search there'],
  EPERM: ['SBX_LAKE_DENIED', 'the system does not permit it: check owner, mode and mount options'],
  EMFILE: ['SBX_LAKE_TOO_MANY_FILES', 'too many open files: raise `ulimit -n`'],
  ENFILE: ['SBX_LAKE_TOO_MANY_FILES', 'too many open files on this machine: raise fs.file-max'],
}
const NO_FOLDER = [
  'SBX_LAKE_NO_FOLDER',
  'a file stands where a folder must be: move it away, or name another folder for the lake',
] as const
const RETRYABLE = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'EBUSY', 'EINTR', 'ETIMEDOUT', 'ESTALE'])
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV'])

/** Node's code of a file system error, or ''. */
export function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}

const syscallOf = (cause: unknown): string =>
  cause instanceof Error && 'syscall' in cause ? String(cause.syscall) : ''

/**
 * What to throw where `action` failed on `path`: names both, the system's code and what to do.
 *
 * @param outcomeUnknown - the change may have been made: retryable, the caller reads what is there
 */
export function diskError(
  action: string,
  path: string,
  cause: unknown,
  outcomeUnknown = false,
): SluiceboxError {
  if (cause instanceof SluiceboxError) return cause
  const system = codeOf(cause)
  const reason = cause instanceof Error ? cause.message : String(cause)
  const isNoFolder = system === 'ENOTDIR' || (system === 'EEXIST' && syscallOf(cause) === 'mkdir')
  const [code, remedy] = (isNoFolder ? NO_FOLDER : REMEDIES[system]) ?? [
    'SBX_LAKE_IO' as const,
    reason,
  ]
  const where = system === '' ? '' : ` (${system})`
  return new SinkError(`can't ${action} ${path}${where}: ${remedy}`, {
    code,
    retryable: outcomeUnknown || RETRYABLE.has(system),
    cause,
  })
}

/** As `diskError`, for `link`: the whole protocol rests on it, so a disk without it is refused. */
export function linkError(from: string, to: string, cause: unknown): SluiceboxError {
  if (!NO_LINKS.has(codeOf(cause))) return diskError('link a file to', to, cause, true)
  return new ConfigError(
    `can't make ${to} a hard link to ${from} (${codeOf(cause)}): a lake needs one file system with ` +
      'hard links, such as ext4, XFS, Btrfs, ZFS, APFS or NTFS. Put the lake on one, with none of ' +
      'its folders mounted from elsewhere, or use an s3:// lake',
    { code: 'SBX_LAKE_NO_LINKS', cause },
  )
}
