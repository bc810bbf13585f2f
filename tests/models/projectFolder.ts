import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

const PROJECT = 'name: shop\nmodels:\n  shop:\n    +materialized: table\n    +access: public\n'

/** A dbt project of these files, removed behind the test. */
export function projectFolder(files: Readonly<Record<string, string>>): string {
  const root = temporaryProject(files)
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  return root
}

/** A dbt project of these files, which the caller removes. */
export function temporaryProject(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'sluicebox-test-project-'))
  for (const [file, text] of Object.entries({ 'dbt_project.yml': PROJECT, ...files })) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  return root
}
