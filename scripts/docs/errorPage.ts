import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { collectErrors } from './collectErrors.ts'

type Meanings = Readonly<Record<string, { readonly what: string; readonly remedy: string }>>

/** Who must act on an error of a class, for its heading. */
const WHO: Readonly<Record<string, string>> = {
  ConfigError: 'The definition or the settings must change.',
  SourceError: 'A source can’t be read.',
  SinkError: 'A sink or the lake can’t be written.',
  OperatorError: 'A user’s function or SQL failed.',
  CheckpointError:
    'A checkpoint, lease or log is damaged, taken, or of a changed topology. Nothing was changed.',
  GateError: 'A check blocked Gold. Readers keep seeing the version before.',
  SluiceboxError: 'The run itself failed.',
}

/** The tables of `docs/errors.md`, and what in them does not agree with the sources. */
export function errorPage(root: string): { readonly page: string; readonly faults: string[] } {
  const groups = parse(readFileSync(join(root, 'scripts/docs/errors.yaml'), 'utf8')) as Readonly<
    Record<string, Meanings>
  >
  const found = collectErrors(root)
  const faults: string[] = []
  const described = new Set<string>()
  const parts = Object.entries(groups).map(([heading, meanings]) => {
    const classes = heading.split(' or ')
    const rows = Object.entries(meanings).map(([code, { what, remedy }]) => {
      described.add(code)
      const files = found.get(code)?.files ?? []
      if (files.length === 0) faults.push(`${code} is in errors.yaml, but not in src/`)
      for (const name of found.get(code)?.classes ?? []) {
        if (!classes.includes(name)) faults.push(`${code} comes with ${name}, not ${heading}`)
      }
      return `| \`${code}\` | ${what} | ${remedy} |`
    })
    const who = classes.map((name) => WHO[name]).join(' Or: ')
    const head = '| code | what happened | what to do |\n|---|---|---|'
    return `## ${heading}\n\n${who}\n\n${head}\n${rows.join('\n')}`
  })
  for (const [code, { files }] of found) {
    if (!described.has(code)) faults.push(`${code} of ${files.join(', ')} is not in errors.yaml`)
  }
  return { page: parts.join('\n\n'), faults }
}
