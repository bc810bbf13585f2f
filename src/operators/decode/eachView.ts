import type { Envelope, OnBytes, Outlet } from '../../core/unit.ts'

/** What reads records in place, for one that comes as a view of its own. */
export const eachView =
  <Out>(onBytes: OnBytes<Out>) =>
  (bytes: Uint8Array, outlet: Outlet<Out>, envelope: Envelope): void =>
    onBytes(bytes, 0, bytes.byteLength, outlet, envelope)
