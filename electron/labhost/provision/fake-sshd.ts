/**
 * An SSH server for tests, inside the test's own process: one user, one key, programs run by the desktop's own shell,
 * forwards in both directions (ssh2's server closes a channel as soon as it has written its end). It can be paused (accepts, says nothing), cut, and told to refuse reverse forwards.
 */
import { spawn } from 'node:child_process'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import ssh2, { type Connection } from 'ssh2'
import { generateSshKeyPair, isSameKey, type SshKeyPair } from './ssh-keys.ts'

export class FakeSshd {
  readonly clientKey = generateSshKeyPair('client')
  hostKey: SshKeyPair = generateSshKeyPair('host')
  refuseForwards = 0
  readonly #connections = new Set<Connection>()
  readonly #forwards = new Map<string, Server>()
  readonly #sockets = new Set<Socket>()

  /** The client's end of a new connection to it. */
  async connect(): Promise<Socket> {
    const server = new ssh2.Server({ hostKeys: [this.hostKey.privateKey] }, client => {
      (client as Connection & { setNoDelay(on: boolean): void }).setNoDelay(true) // else every step of the handshake waits 40 ms for an acknowledgement
      this.#serve(client)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => { resolve() }))
    const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => { resolve() })
      socket.once('error', reject)
    })
    this.#sockets.add(socket)
    server.close()
    return socket
  }

  /** All connections break, as when a machine is powered off behind a NAT that answers. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  /** Bytes stop flowing without any connection being closed. */
  freeze(): void {
    for (const socket of this.#sockets) socket.pause()
  }

  /** The port that answers for address:port as published on this server. */
  forwardedPort(key: string): number | undefined {
    const server = this.#forwards.get(key)
    return server === undefined ? undefined : (server.address() as AddressInfo).port
  }

  close(): void {
    this.cut()
    for (const connection of this.#connections) connection.end()
    for (const server of this.#forwards.values()) server.close()
  }

  #serve(client: Connection): void {
    this.#connections.add(client)
    const mine = new Set<string>()
    client.on('error', () => {})
    client.on('close', () => {
      this.#connections.delete(client)
      for (const key of mine) {
        this.#forwards.get(key)?.close()
        this.#forwards.delete(key)
      }
    })
    client.on('authentication', context => {
      if (context.method === 'publickey' && context.username === 'root' && isSameKey(this.clientKey.publicKey, context.key.data)) context.accept()
      else context.reject(['publickey'])
    })
    client.on('session', accept => {
      const session = accept()
      session.on('exec', (acceptExec, _reject, info) => {
        const channel = acceptExec()
        const child = spawn('/bin/sh', ['-c', info.command], { stdio: 'pipe' })
        channel.pipe(child.stdin)
        child.stdin.on('error', () => {})
        child.stdout.on('data', chunk => channel.write(chunk))
        child.stderr.on('data', chunk => channel.stderr.write(chunk))
        session.on('signal', (_accept, _rejectSignal, signal) => child.kill(`SIG${signal.name}` as NodeJS.Signals))
        channel.on('close', () => child.kill('SIGKILL'))
        child.on('close', (code, signal) => {
          if (code === null) channel.exit(signal!.slice(3))
          else channel.exit(code)
          channel.end()
        })
      })
    })
    client.on('tcpip', (accept, reject, info) => {
      const socket = connect({ host: info.destIP, port: info.destPort, allowHalfOpen: true })
      socket.once('error', () => { reject() })
      socket.once('connect', () => {
        const channel = accept()
        channel.pipe(socket)
        socket.pipe(channel)
      })
    })
    client.on('openssh.streamlocal', (accept, reject, info) => {
      const socket = connect({ path: info.socketPath, allowHalfOpen: true })
      socket.once('error', () => { reject() })
      socket.once('connect', () => {
        const channel = accept()
        channel.pipe(socket)
        socket.pipe(channel)
      })
    })
    client.on('request', (accept, reject, name, info) => {
      const key = `${(info as { bindAddr: string }).bindAddr}:${(info as { bindPort: number }).bindPort}`
      if (name === 'tcpip-forward' && this.refuseForwards > 0) {
        this.refuseForwards--
        reject?.()
        return
      }
      if (name === 'cancel-tcpip-forward') {
        this.#forwards.get(key)?.close()
        this.#forwards.delete(key)
        accept?.()
        return
      }
      const server = createServer({ allowHalfOpen: true }, socket => {
        socket.on('error', () => {})
        const [address, port] = key.split(':') as [string, string]
        client.forwardOut(address, Number(port), '127.0.0.1', 1, (error, channel) => {
          if (error !== undefined && error !== null) {
            socket.destroy()
            return
          }
          channel.pipe(socket)
          socket.pipe(channel)
          client.on('close', () => { socket.destroy() })
        })
      })
      server.listen(0, '127.0.0.1', () => {
        this.#forwards.set(key, server)
        mine.add(key)
        accept?.()
      })
    })
  }
}
