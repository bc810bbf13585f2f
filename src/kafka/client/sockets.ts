import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

export interface Sockets {
  readonly factory: ISocketFactory
  /** Ends all that are open, and at once whichever is opened later. */
  close(): void
}

const KEEP_ALIVE_MS = 60_000

/**
 * The connections of one client. kafkajs forgets a connection that is closed while it is being made: when that
 * succeeds after all, its timers keep the process alive for ever.
 *
 * @param make - Makes each connection. By default it is a plain one, or TLS where kafkajs asks for that.
 */
export function sockets(make: ISocketFactory = makeSocket): Sockets {
  const open = new Set<Socket>()
  let isClosed = false
  const end = (socket: Socket): void => void socket.destroy(new Error('this client is closed'))
  return {
    factory(where) {
      const socket = make(where)
      socket.setKeepAlive(true, KEEP_ALIVE_MS)
      // Ended by us it tells kafkajs of an error: that stops its timers.
      socket.on('error', () => {})
      socket.once('close', () => open.delete(socket))
      open.add(socket)
      if (isClosed) end(socket)
      return socket
    },
    close() {
      isClosed = true
      for (const socket of open) end(socket)
    },
  }
}

const makeSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const servername = isIP(host) === 0 ? { servername: host } : {}
  const tls = ssl as ConnectionOptions | boolean | null | undefined
  return tls
    ? connectTls({ host, port, ...servername, ...(tls === true ? {} : tls) }, onConnect)
    : connect({ host, port }, onConnect)
}
