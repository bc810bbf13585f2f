import { ConfigError } from '../../core/errors.ts'

/** parquet-wasm and apache-arrow: loaded only where a log checkpoint is read or written. */
export async function loadArrowParquet() {
  try {
    const [arrow, parquet] = await Promise.all([import('apache-arrow'), import('parquet-wasm')])
    return { arrow, parquet }
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new ConfigError(
      'Delta tables need the packages parquet-wasm and apache-arrow: run `npm install parquet-wasm apache-arrow`',
      { code: 'SBX_MISSING_PEER', cause },
    )
  }
}
