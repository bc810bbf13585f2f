import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const MAVEN_COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'

/** The Python of a file of requirements in this folder; installed at the first call, in the user's folder for caches. */
export function python(requirements: string): string {
  const script = join(root, 'scripts/pythonEnvironment.py')
  const file = join(import.meta.dirname, requirements)
  return execFileSync('python3', [script, file], { stdio: ['ignore', 'pipe', 'inherit'] })
    .toString()
    .trim()
}

/** The folder with the jars of a POM in this folder; fetched at the first call into the same folder for caches. */
export function jars(pom: string): string {
  const file = join(import.meta.dirname, pom)
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16)
  const caches = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const folder = join(caches, 'sluicebox-jars', `${basename(pom, '.xml')}-${digest}`)
  if (existsSync(folder)) return folder
  const partial = `${folder}.${process.pid}`
  mkdirSync(partial, { recursive: true })
  const args = ['-B', '-q', '-f', file, MAVEN_COPY, '-DincludeScope=runtime']
  const stdio = ['ignore', 'ignore', 'inherit'] as const
  try {
    execFileSync('mvn', [...args, `-DoutputDirectory=${partial}`], { stdio: [...stdio] })
    renameSync(partial, folder)
  } catch (error) {
    rmSync(partial, { recursive: true })
    // Another process may have been faster.
    if (!existsSync(folder)) throw error
  }
  return folder
}
