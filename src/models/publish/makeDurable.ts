import { allOf } from '../../core/allOf.ts'
import type { BuildRequest } from '../../core/models.ts'
import type { Json } from '../../core/json.ts'
import type { PreparedFile } from '../../core/unit.ts'
import type { CopyAhead, ObjectStore } from '../../lake/objectStore.ts'
import type { BuiltModels } from '../build/buildModels.ts'
import type { ContentFile } from '../build/exportTable.ts'
import { databaseKey, tableKey } from './buildFiles.ts'
import type { TableContent, TableFile } from './buildFiles.ts'
import { uploadFile } from './uploadFile.ts'

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
  const files: PreparedFile[] = []
  const tables: Record<string, TableContent> = {}
  for (const { name, columns, rows, kept, files: parts } of built.tables) {
    const uploaded = parts.map(async (part, number): Promise<ContentFile> => {
      const key = tableKey(path, name, number, request)
      const sums = await uploadFile(store, key, part.path, request.task)
      const detail = { kind: 'table', model: name } as const
      files.push({ key, ...sums, records: part.rows, detail } satisfies TableFile)
      const slice = part.slice === undefined ? {} : { slice: part.slice }
      return {
        path: key.slice(`${path}/${name}/`.length),
        bytes: sums.bytes,
        rows: part.rows,
        ...slice,
      }
    })
    const typed = columns.map(({ name, type, nullable }) => ({ name, type, nullable }))
    tables[name] = { columns: typed, rows, files: [...kept, ...(await allOf(uploaded))] }
  }
  const key = databaseKey(path, version, request)
  const sums = await uploadFile(store, key, built.database, request.task, copy)
  const tag = (await store.look(key))?.tag
  const { figures } = built
  const { inputs } = request
  const detail = { kind: 'database', version, inputs, tables, figures, tag } as const
  return [...files, { key, ...sums, records: 0, detail: detail as unknown as Json }]
}
