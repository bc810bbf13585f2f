import { enableCompileCache } from 'node:module'

// What a worker thread begins with. Every thread compiles the same modules, and so does the next run: Node keeps
// the outcome in its folder for that (`NODE_COMPILE_CACHE`, else below the temporary one).
enableCompileCache()
await import('./serveChains.ts')
