import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isNode, LineCounter, parseDocument } from 'yaml'
import type { Json, JsonObject } from '../../core/json.ts'
import { projectError, unsupported } from './projectError.ts'
import type { Place } from './projectError.ts'

type Key = string | number

/** A value of a YAML file that knows where it stands, so that an error can say so. */
export interface Yaml {
  readonly value: Json
  readonly place: Place
  /** The entry of this name; its value is null where there is none. */
  at(key: Key): Yaml
  items(): readonly Yaml[]
  /** Name and value of each entry of a mapping; none where there is no mapping. */
  entries(): readonly (readonly [string, Yaml])[]
  /** The value with the Jinja in it resolved. */
  rendered(): Json
  /** Undefined where there is none; an error where it is something else. */
  text(): string | undefined
  /** Refuses entries that are not among `known`. */
  only(known: readonly string[], what: string): void
}

/** Resolves the Jinja of one text in a YAML file. */
export type RenderText = (text: string, place: Place) => Json

const CALLS_DOC = /\{\{[^}]*\bdoc\(/

/** Parses one YAML file of a project. */
export function readYaml(root: string, file: string, render?: RenderText): Yaml {
  const lines = new LineCounter()
  const document = parseDocument(readFileSync(join(root, file), 'utf8'), {
    lineCounter: lines,
    merge: true,
  })
  const [problem] = document.errors
  if (problem !== undefined) {
    throw projectError({ file, line: problem.linePos?.[0].line }, problem.message, problem)
  }

  const placeOf = (path: readonly Key[]): Place => {
    const parsed = document.getIn(path, true)
    const start = isNode(parsed) ? parsed.range?.[0] : undefined
    return { file, line: start === undefined ? undefined : lines.linePos(start).line }
  }
  const node = (path: readonly Key[], value: Json): Yaml => {
    return {
      value,
      // To look it up takes longer than to read the value, and few are asked.
      get place() {
        return placeOf(path)
      },
      at: (key) => node([...path, key], isMapping(value) ? (value[key] ?? null) : null),
      items: () => {
        if (value === null) return []
        if (!Array.isArray(value)) throw projectError(placeOf(path), 'expected a list')
        return value.map((item, index) => node([...path, index], item as Json))
      },
      entries: () => {
        if (value === null) return []
        if (!isMapping(value)) throw projectError(placeOf(path), 'expected a mapping')
        return Object.entries(value).map(([key, item]) => [key, node([...path, key], item)])
      },
      rendered: () => (render === undefined ? value : renderDeep(value, placeOf(path), render)),
      text: () => {
        if (value === null) return undefined
        if (typeof value === 'string') {
          // Descriptions are texts for people; in other places templates are resolved where they are used.
          const isDoc = path.at(-1) === 'description' && CALLS_DOC.test(value)
          return isDoc && render !== undefined ? String(render(value, placeOf(path))) : value
        }
        throw projectError(placeOf(path), `expected text, got ${JSON.stringify(value)}`)
      },
      only: (known, what) => {
        for (const [key, entry] of node(path, value).entries()) {
          if (!known.includes(key)) throw unsupported(entry.place, `'${key}' of ${what}`)
        }
      },
    }
  }
  let value: Json
  try {
    value = (document.toJS() ?? null) as Json
  } catch (error) {
    throw projectError({ file }, (error as Error).message, error)
  }
  return node([], value)
}

function renderDeep(value: Json, place: Place, render: RenderText): Json {
  if (typeof value === 'string') return value.includes('{{') ? render(value, place) : value
  if (Array.isArray(value)) return value.map((item: Json) => renderDeep(item, place, render))
  if (!isMapping(value)) return value
  const entries = Object.entries(value)
  return Object.fromEntries(entries.map(([key, item]) => [key, renderDeep(item, place, render)]))
}

/** Whether a value is a mapping. */
export const isMapping = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
