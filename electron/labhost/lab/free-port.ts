/** Ports of 127.0.0.1 that can be bound now. */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { LabError } from './lab-error.ts'

export function canBind(port: number, address = '127.0.0.1'): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => { resolve(false) })
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => { resolve(true) }))
  })
}

export function canBindDatagrams(port: number, address: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createSocket('udp4')
    socket.once('error', () => {
      socket.close()
      resolve(false)
    })
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => { resolve(true) }))
  })
}

/** Free ports, all different. They are released before this returns, so use them soon. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer()
          server.once('error', error => { reject(new LabError('failed', `no free port could be had on 127.0.0.1: ${error.message}`)) })
          server.listen({ port: 0, host: '127.0.0.1' }, () => { resolve(server) })
        }),
    ),
  )
  const ports = servers.map(server => (server.address() as { port: number }).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
