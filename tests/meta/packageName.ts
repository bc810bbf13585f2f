// Preloaded into processes that run documented code: 'sluicebox' is the sources, and packages are the
// project's, wherever the importing file lies.
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ENTRIES } from '../../scripts/docs/unitTable.ts'

const root = join(import.meta.dirname, '../..')
const home = pathToFileURL(join(root, 'package.json')).href

registerHooks({
  resolve(specifier, context, next) {
    const entry = ENTRIES[specifier]
    if (entry !== undefined) {
      return { url: pathToFileURL(join(root, entry)).href, shortCircuit: true }
    }
    const isBare = !/^(\.|\/|node:|file:|data:)/.test(specifier)
    const isOurs = context.parentURL?.includes('/node_modules/') !== true
    return next(specifier, isBare && isOurs ? { ...context, parentURL: home } : context)
  },
})
