import type { Envelope, InPlace, OperatorContext, Outlet } from '../../core/unit.ts'

/**
 * Starts what reads records in place for records that come as views of their own. Those are in no batch that
 * rows could point into.
 */
export function eachView<Out>(
  { check, ...context }: OperatorContext,
  startInPlace: (context: OperatorContext) => InPlace<Out>,
) {
  const { onBytes } = startInPlace({ ...context, check: check && { ...check, rows: undefined } })
  return (bytes: Uint8Array, outlet: Outlet<Out>, envelope: Envelope): void =>
    onBytes(bytes, 0, bytes.byteLength, outlet, envelope)
}
