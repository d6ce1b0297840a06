/** HTTP CONNECT on a Unix socket, as an API server's egress proxy: one made-up pod address leads to this machine. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { connect } from 'node:net'

/** @param dialled is told every host:port that is asked for */
export function startConnectProxy(path: string, podAddress: string, dialled: (target: string) => void): Promise<Server> {
  const proxy = createServer()
  proxy.on('connect', (request, socket, head) => {
    dialled(request.url!)
    const [host, port] = request.url!.split(':')
    const backend = connect(Number(port), host === podAddress ? '127.0.0.1' : host!, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      backend.write(head)
      backend.pipe(socket)
      socket.pipe(backend)
    })
    backend.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\nrefused'))
    socket.on('error', () => backend.destroy())
  })
  return new Promise(resolve => proxy.listen(path, () => { resolve(proxy) }))
}
