import { createGunzip } from 'node:zlib'
import type { Content, ContentOptions } from './content.ts'
import type { RunningDigest } from './runningDigest.ts'

/** Compressed bytes at a time: 1032 times as much may come out of them, and is held. */
const INPUT_BYTES = 32 * 1024
const OUTPUT_BYTES = 256 * 1024
/** Where decompressing fails it is done again with so few bytes at a time, to find what comes before. */
const FINE_STEPS = [256, 1]

/**
 * A `.gz` of one or more members, decompressed as it is asked for. Where the file is cut off or damaged,
 * every byte in front of the damage is given, and `damage` says what happened. The file stays open.
 */
export function gzipContent(options: ContentOptions): Content {
  let stream = inflating(options, Infinity, INPUT_BYTES)
  let skip = options.from
  let given = 0
  let retries = 0
  let damage: string | undefined

  /** The next output, or undefined at the end. */
  const next = async (): Promise<Buffer | undefined> => {
    for (;;) {
      const output = await stream.next()
      if (output !== undefined) {
        if (skip >= output.length) {
          skip -= output.length
          continue
        }
        const rest = output.subarray(skip)
        skip = 0
        given += rest.length
        return rest
      }
      const failed = stream.failure()
      const step = FINE_STEPS[retries++]
      // zlib drops the output of the call that fails.
      if (failed?.code !== 'Z_DATA_ERROR' || step === undefined) {
        damage = failed && `${describeFailure(failed)} at byte ${stream.fed()} of ${options.size}`
        return undefined
      }
      skip = options.from + given
      const failedIn = stream.lastInput()
      stream.close()
      stream = inflating({ ...options, digest: undefined }, failedIn, step)
    }
  }

  let rest: Buffer | undefined
  return {
    async fill(into, at) {
      const begin = at
      while (at < into.byteLength) {
        rest ??= await next()
        if (rest === undefined) break
        const copied = rest.copy(into, at)
        at += copied
        rest = copied < rest.length ? rest.subarray(copied) : undefined
      }
      return at - begin
    },
    remaining: () => Infinity,
    damage: () => damage,
    close: async () => stream.close(),
  }
}

interface Inflating {
  next(): Promise<Buffer | undefined>
  failure(): (Error & { code?: string }) | undefined
  /** How many bytes of the file went in, and where the last piece of them began. */
  fed(): number
  lastInput(): number
  close(): void
}

/** One pass over the file; from `fineFrom` on with `step` bytes at a time. */
function inflating(
  {
    file,
    size,
    digest,
  }: Pick<ContentOptions, 'file' | 'size'> & { digest?: RunningDigest | undefined },
  fineFrom: number,
  step: number,
): Inflating {
  const gunzip = createGunzip({ chunkSize: OUTPUT_BYTES })
  const outputs: Buffer[] = []
  let failure: (Error & { code?: string }) | undefined
  let ended = false
  let wake = (): void => {}
  let fed = 0
  let lastInput = 0

  // Drained at once, so that a failure finds nothing in the stream's own buffer that it could drop.
  gunzip.on('readable', () => {
    for (let output: Buffer | null; (output = gunzip.read() as Buffer | null) !== null;) {
      outputs.push(output)
    }
  })
  gunzip.on('error', (error) => {
    failure = error
    ended = true
    wake()
  })
  gunzip.on('end', () => {
    ended = true
    wake()
  })

  const feed = (bytes: Buffer | undefined): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
      if (bytes === undefined) gunzip.end()
      else gunzip.write(bytes, () => resolve())
    })

  const pump = async (): Promise<void> => {
    const most = fed < fineFrom ? Math.min(INPUT_BYTES, fineFrom - fed) : step
    // zlib works on it after this returns: every piece is its own.
    const input = Buffer.allocUnsafe(Math.min(most, size - fed))
    const read = input.length === 0 ? 0 : await file.read(input, fed)
    if (read === 0) return feed(undefined)
    digest?.update(input.subarray(0, read))
    lastInput = fed
    fed += read
    return feed(input.subarray(0, read))
  }

  return {
    async next() {
      while (outputs.length === 0 && !ended) await pump()
      return outputs.shift()
    },
    failure: () => failure,
    fed: () => fed,
    lastInput: () => lastInput,
    close: () => void gunzip.destroy(),
  }
}

function describeFailure(error: Error & { code?: string }): string {
  return error.code === 'Z_BUF_ERROR'
    ? 'the .gz ends early'
    : `the .gz is damaged (${error.message})`
}
