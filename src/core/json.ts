/** What survives `JSON.stringify` and back: descriptions, positions, checkpoints. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }
