import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import type * as Kafkajs from 'kafkajs'
import { ConfigError } from '../../core/errors.ts'

const pack = promisify<Buffer, Buffer>(zstdCompress)
const unpack = promisify<Buffer, Buffer>(zstdDecompress)
let loaded: Promise<typeof Kafkajs> | undefined

/**
 * The package kafkajs, with Node's own zstd, which it lacks.
 *
 * @throws ConfigError `SBX_MISSING_PEER`
 */
export function loadKafkajs(): Promise<typeof Kafkajs> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<typeof Kafkajs> {
  const imported = await import('kafkajs').catch((cause: unknown) => {
    throw missingPeer(cause)
  })
  silenceNegativeTimers()
  // CommonJS: what Node finds by name depends on how the package was bundled.
  const kafkajs = ('default' in imported ? imported.default : imported) as typeof Kafkajs
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: async (encoder: { readonly buffer: Buffer }) => pack(encoder.buffer),
    decompress: async (bytes: Buffer) => unpack(bytes),
  })
  return kafkajs
}

/**
 * kafkajs sets timers that lie in the past, which Node complains of on stderr once a thread, in the
 * middle of our log: the one time is used up here.
 */
function silenceNegativeTimers(): void {
  const { emitWarning } = process
  process.emitWarning = () => {}
  clearTimeout(setTimeout(() => {}, -1))
  process.emitWarning = emitWarning
}

function missingPeer(cause: unknown): unknown {
  const isMissing =
    cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'
  if (!isMissing) return cause
  return new ConfigError('Kafka needs the package kafkajs: run `npm install kafkajs`', {
    code: 'SBX_MISSING_PEER',
    cause,
  })
}
