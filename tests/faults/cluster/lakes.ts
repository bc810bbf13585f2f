import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startS3 } from '../../../scripts/services/startS3.ts'
import { makeS3Lake } from '../../integration/s3Lake.ts'
import { startS3Proxy } from '../../integration/s3Proxy.ts'

/** Where the processes of a cluster write, and how that is looked at from outside. */
export interface ClusterLake {
  readonly url: string
  /** What a process needs to reach it. */
  readonly env: Readonly<Record<string, string>>
  /** The lake in a local folder, for readers of files; a copy, if it must be. */
  folder(): Promise<string>
  /** What waits in it that nothing will ever finish. */
  uploads(): Promise<readonly string[]>
  /** Kills the server while a part of an upload is under way, and starts it again; a folder has none. */
  killServer?(): Promise<void>
  stop(): Promise<void>
}

/** How long a killed server is away before it starts again, ms. */
const AWAY_MS = 500

export function folderLake(parent: string): ClusterLake {
  const url = join(parent, 'lake')
  return {
    url,
    env: {},
    folder: async () => url,
    uploads: async () => [],
    stop: async () => {},
  }
}

/** A bucket on a server of its own, behind a proxy that sees every request. */
export async function bucketLake(name: 'minio' | 'versitygw'): Promise<ClusterLake> {
  const server = await startS3({ server: name })
  const proxy = await startS3Proxy(server.endpoint, server.env)
  const lake = await makeS3Lake(server)
  return {
    url: lake.url,
    env: { ...server.env, AWS_ENDPOINT_URL: proxy.endpoint },
    folder: lake.download,
    uploads: lake.uploads,
    async killServer() {
      await new Promise<void>((underWay) => {
        proxy.treat(({ method, query }) => {
          if (method === 'PUT' && query.has('partNumber')) underWay()
          return 'pass'
        })
      })
      proxy.treat(() => 'pass')
      await server.kill9()
      await delay(AWAY_MS)
      await server.restart()
    },
    async stop() {
      await proxy.stop()
      await server.stop()
    },
  }
}
