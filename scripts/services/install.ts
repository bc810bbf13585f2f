/**
 * Installs the servers that integration tests run against, once a machine, from package registries:
 * `node scripts/services/install.ts [kafka] [versitygw] [minio]`. MinIO takes five minutes to build.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

import { isAlive } from './serverProcess.ts'

export type Service = 'kafka' | 'versitygw' | 'minio'

const KAFKA_VERSION = '4.3.1'
const GO_PACKAGES = {
  versitygw: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
  minio: 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c',
} as const
const MAVEN_COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
const POLL_MS = 500

const run = promisify(execFile)

/** Where everything is kept that need not be installed twice. */
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sluicebox-services')

/** The program, or for Kafka the folder of its jars. */
export function installedAt(service: Service): string {
  return service === 'kafka'
    ? join(CACHE, `kafka-${KAFKA_VERSION}`, 'libs')
    : join(CACHE, 'bin', service)
}

export function isInstalled(service: Service): boolean {
  return existsSync(installedAt(service))
}

/** Installs a service unless it is there; processes that want the same one wait for each other. */
export async function install(service: Service): Promise<void> {
  if (isInstalled(service)) return
  await mkdir(CACHE, { recursive: true })
  const lock = join(CACHE, `${service}.lock`)
  await acquire(lock)
  try {
    if (isInstalled(service)) return
    if (service === 'kafka') await installKafka()
    else await installByGo(service)
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
}

async function installByGo(service: keyof typeof GO_PACKAGES): Promise<void> {
  // One compiler at a time and politely: the machine has other work to do.
  await run('nice', ['go', 'install', '-p', '1', '-trimpath', GO_PACKAGES[service]], {
    env: { ...process.env, GOBIN: join(CACHE, 'bin'), GOFLAGS: '-ldflags=-s' },
    maxBuffer: 1 << 26,
  })
}

async function installKafka(): Promise<void> {
  const libs = installedAt('kafka')
  const partial = `${libs}.partial`
  await rm(partial, { recursive: true, force: true })
  const pom = fileURLToPath(new URL('./kafka-pom.xml', import.meta.url))
  await run(
    'mvn',
    ['-B', '-q', '-f', pom, `-Dkafka.version=${KAFKA_VERSION}`, MAVEN_COPY].concat(
      '-DincludeScope=runtime',
      `-DoutputDirectory=${partial}`,
    ),
    { maxBuffer: 1 << 26 },
  )
  await rename(partial, libs)
}

/** A folder with the owner's pid: made by one only, and taken over from a process that is gone. */
async function acquire(lock: string): Promise<void> {
  for (;;) {
    try {
      await mkdir(lock)
      await writeFile(join(lock, 'pid'), String(process.pid))
      return
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    await delay(POLL_MS)
    const pid = Number(await readFile(join(lock, 'pid'), 'utf8').catch(() => process.pid))
    if (!isAlive(pid)) await rm(lock, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const wanted = process.argv.slice(2)
  for (const service of wanted.length > 0 ? wanted : ['kafka', 'versitygw']) {
    if (service !== 'kafka' && !(service in GO_PACKAGES)) {
      throw new Error(`${service} is no service: kafka, versitygw or minio`)
    }
    await install(service as Service)
    console.log(`${service}: ${installedAt(service as Service)}`)
  }
}
