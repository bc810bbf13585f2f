/**
 * Runs real servers until Ctrl-C, for work by hand: `node scripts/services/serve.ts kafka versitygw`.
 * Prints the settings that a run needs, one `NAME=value` a line.
 */
import { once } from 'node:events'

import type { Server } from './serverProcess.ts'
import { startKafka } from './startKafka.ts'
import { startS3 } from './startS3.ts'

const servers: Server[] = []
for (const name of process.argv.slice(2)) {
  if (name === 'kafka') {
    const kafka = await startKafka()
    servers.push(kafka)
    console.log(`SLUICEBOX_KAFKA=${kafka.brokers}`)
  } else if (name === 'minio' || name === 'versitygw') {
    const s3 = await startS3({ server: name })
    servers.push(s3)
    for (const [key, value] of Object.entries(s3.env)) console.log(`${key}=${value}`)
  } else throw new Error(`${name} is no service: kafka, versitygw or minio`)
}
const stillHere = setInterval(() => {}, 60_000)
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
clearInterval(stillHere)
await Promise.all(servers.map((server) => server.stop()))
