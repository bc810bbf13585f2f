import { fileURLToPath } from 'node:url'

/** The platform's dbt project. */
export const models = fileURLToPath(new URL('../../topologies/models', import.meta.url))
