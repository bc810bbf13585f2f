import { allOf } from '../../core/allOf.ts'
import { atATime } from '../../core/atATime.ts'
import type { BuildRequest } from '../../core/models.ts'
import type { Json } from '../../core/json.ts'
import type { PreparedFile } from '../../core/unit.ts'
import type { CopyAhead, ObjectStore } from '../../lake/objectStore.ts'
import type { BuiltModels } from '../build/buildModels.ts'
import type { ContentFile } from '../build/exportTable.ts'
import { databaseKey, tableKey } from './buildFiles.ts'
import type { TableContent, TableFile } from './buildFiles.ts'
import { uploadFile } from './uploadFile.ts'

/** Files that are under way at a time. */
const AT_ONCE = 8

export interface MakeDurableOptions {
  readonly store: ObjectStore
  /** Where in the lake the models go. */
  readonly path: string
  /** Number of the version that this build becomes. */
  readonly version: number
  /** Of the database, where one was made ahead. */
  readonly copy: CopyAhead | undefined
}

/** Brings what a build has made into the lake, visible to nobody: each table's new files, and the database. */
export async function makeDurable(
  request: Pick<BuildRequest, 'task' | 'epoch' | 'attempt' | 'inputs'>,
  built: Omit<BuiltModels, 'checks'>,
  { store, path, version, copy }: MakeDurableOptions,
): Promise<readonly PreparedFile[]> {
  const parts = built.tables.flatMap((table) =>
    table.files.map((part, number) => ({ model: table.name, part, number })),
  )
  const upload = async ({ model, part, number }: (typeof parts)[number]) => {
    const key = tableKey(path, model, number, request)
    const sums = await uploadFile(store, key, part.path, request.task)
    const detail = { kind: 'table', model } as const
    const file: TableFile = { key, ...sums, records: part.rows, detail }
    const slice = part.slice === undefined ? {} : { slice: part.slice }
    const name = key.slice(`${path}/${model}/`.length)
    const content: ContentFile = { path: name, bytes: sums.bytes, rows: part.rows, ...slice }
    return { file, content }
  }
  const key = databaseKey(path, version, request)
  const [uploads, sums] = await allOf([
    atATime(AT_ONCE, parts, upload),
    uploadFile(store, key, built.database, request.task, copy),
  ])
  const tables: Record<string, TableContent> = {}
  for (const { name, columns, rows, kept } of built.tables) {
    const added = uploads.flatMap(({ file, content }) =>
      file.detail.model === name ? [content] : [],
    )
    const typed = columns.map(({ name, type, nullable }) => ({ name, type, nullable }))
    tables[name] = { columns: typed, rows, files: [...kept, ...added] }
  }
  const tag = (await store.look(key))?.tag
  const { figures } = built
  const { inputs } = request
  const detail = { kind: 'database', version, inputs, tables, figures, tag } as const
  const files = uploads.map(({ file }) => file)
  return [...files, { key, ...sums, records: 0, detail: detail as unknown as Json }]
}
