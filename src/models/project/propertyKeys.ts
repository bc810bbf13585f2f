import { projectError } from './projectError.ts'
import type { Yaml } from './readYaml.ts'

const TESTS = ['tests', 'data_tests']
const ANY = ['name', 'description', 'docs', 'meta', 'tags', 'config']

/** What may stand at a model, a seed or a table of a source. */
export const NODE: readonly string[] = [
  ...ANY,
  ...TESTS,
  'columns',
  'access',
  'group',
  'constraints',
]

/** What may stand at a singular test, below `data_tests` of the file. */
export const SINGULAR: readonly string[] = ANY

/** What may stand at a source, beside its tables. */
export const SOURCE: readonly string[] = [
  ...ANY,
  'tables',
  'schema',
  'database',
  'loader',
  'loaded_at_field',
  'freshness',
  'quoting',
]

/** What may stand at a column. */
export const COLUMN: readonly string[] = [...ANY, ...TESTS, 'data_type', 'quote', 'constraints']

/** The name that every entry has. */
export function nameOf(yaml: Yaml): string {
  const name = yaml.at('name').text()
  if (name === undefined) throw projectError(yaml.place, 'this has no name')
  return name
}
