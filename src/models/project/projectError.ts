import { ConfigError } from '../../core/errors.ts'

/** Where in a project something stands: a file relative to its root, and a line from 1. */
export interface Place {
  readonly file: string
  readonly line?: number | undefined
}

/** A project that contradicts itself or can't be read. */
export function projectError(place: Place, message: string, cause?: unknown): ConfigError {
  return new ConfigError(`${at(place)}: ${message}`, { code: 'SBX_MODELS_PROJECT', cause })
}

/** A feature of dbt that this runner does not have, and the way round it. */
export function unsupported(
  place: Place,
  feature: string,
  way = 'rewrite it, or run this project with dbt itself',
): ConfigError {
  return new ConfigError(`${at(place)}: ${feature} is not supported here; ${way}`, {
    code: 'SBX_MODELS_UNSUPPORTED',
  })
}

const at = ({ file, line }: Place): string => (line === undefined ? file : `${file}:${line}`)

/** The same error with the place where it was raised, where it names the template alone. */
export function raisedAt(error: Error, template: string, place: Place): Error {
  const start = `${template}: `
  if (!(error instanceof ConfigError) || !error.message.startsWith(start)) return error
  const message = `${at(place)}: ${error.message.slice(start.length)}`
  return new ConfigError(message, { code: error.code as `SBX_${string}`, cause: error.cause })
}
