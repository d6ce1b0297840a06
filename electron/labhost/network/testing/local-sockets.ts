/** TCP on the desktop, for tests. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export function connectionTo(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true })
    socket.once('connect', () => { resolve(socket) })
    socket.once('error', reject)
  })
}

/** A port that is free now. */
export async function portOf(address: string): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, address, resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
