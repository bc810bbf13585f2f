import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { install, installedAt } from './install.ts'
import { freePorts, serverFolder, startServer } from './serverProcess.ts'
import type { Server } from './serverProcess.ts'

export interface S3Server extends Server {
  readonly endpoint: string
  /** What a process needs to use it by default. */
  readonly env: Readonly<Record<string, string>>
}

const ACCESS_KEY = 'sluicebox'
const SECRET_KEY = 'only-for-tests'

/** Starts a real S3 server with no buckets, on a free port; installs it first where it is not. */
export async function startS3(options: {
  readonly server: 'minio' | 'versitygw'
}): Promise<S3Server> {
  const { server: name } = options
  await install(name)
  const folder = await serverFolder(name)
  const data = join(folder, 'data')
  await mkdir(data)
  const [port] = (await freePorts(1)) as [number]
  const address = `127.0.0.1:${port}`
  const endpoint = `http://${address}`
  const server = await startServer({
    name,
    folder,
    command: installedAt(name),
    ...(name === 'minio' ? minio(address, data) : versitygw(address, data)),
    // Any answer will do: without a signature it is a refusal.
    isReady: async () => (await fetch(`${endpoint}/`)).status < 500,
  })
  const env = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: SECRET_KEY,
  }
  return {
    endpoint,
    env,
    get pid() {
      return server.pid
    },
    stop: server.stop,
    kill9: server.kill9,
    restart: server.restart,
  }
}

function minio(address: string, data: string) {
  return {
    args: ['server', '--quiet', '--address', address, data],
    env: {
      MINIO_ROOT_USER: ACCESS_KEY,
      MINIO_ROOT_PASSWORD: SECRET_KEY,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
      MINIO_CALLHOME_ENABLE: 'off',
      // Lets it keep its data on the disk of the operating system.
      CI: '1',
    },
  }
}

function versitygw(address: string, data: string) {
  return {
    args: ['--port', address, '--quiet', 'posix', data],
    env: { ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY },
  }
}
