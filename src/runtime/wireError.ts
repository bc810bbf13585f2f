import {
  CheckpointError,
  ConfigError,
  GateError,
  OperatorError,
  SinkError,
  SluiceboxError,
  SourceError,
} from '../core/errors.ts'

/** An error as it travels between threads: structured clone would lose its class and fields. */
export interface WireError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly code: string | undefined
  readonly retryable: boolean
}

const CLASSES = {
  SluiceboxError,
  ConfigError,
  SourceError,
  SinkError,
  OperatorError,
  CheckpointError,
  GateError,
}

export function errorToWire(error: unknown): WireError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  const known = error instanceof SluiceboxError ? error : undefined
  return { name, message, stack, code: known?.code, retryable: known?.retryable ?? false }
}

export function errorFromWire(wire: WireError): Error {
  const Known = CLASSES[wire.name as keyof typeof CLASSES]
  const error =
    Known === undefined
      ? new Error(wire.message)
      : new Known(wire.message, {
          code: (wire.code ?? 'SBX_UNKNOWN') as 'SBX_',
          retryable: wire.retryable,
        })
  if (wire.stack !== undefined) error.stack = wire.stack
  return error
}
