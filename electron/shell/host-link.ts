/** The connection to the lab host, made again with growing pauses when it breaks; the lab host is started where none runs. */
import { readFileSync } from 'node:fs'
import { WebSocket } from 'ws'
import { localHome, reachHost } from '../cli/reach-host.ts'
import type { ClientFrame } from '../contract/frames.ts'

export interface HostLinkListener {
  frame(text: string): void
  state(state: 'up' | 'lost'): void
}

const firstPauseMs = 300
const longestPauseMs = 5_000

export class HostLink {
  readonly #listener: HostLinkListener
  #socket: WebSocket | undefined
  #pauseMs = firstPauseMs
  #isClosed = false

  constructor(listener: HostLinkListener) {
    this.#listener = listener
    void this.#connect()
  }

  get isUp(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  send(frame: ClientFrame): void {
    if (this.isUp) this.#socket!.send(JSON.stringify(frame))
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.close()
  }

  async #connect(): Promise<void> {
    try {
      const files = localHome()
      const client = await reachHost(files)
      client[Symbol.dispose]()
      const { port } = JSON.parse(readFileSync(files.hostJson, 'utf8')) as { port: number }
      const socket = new WebSocket(`ws://127.0.0.1:${port}/contract`, { headers: { authorization: `Bearer ${readFileSync(files.token, 'utf8').trim()}` } })
      this.#socket = socket
      socket.on('open', () => {
        this.#pauseMs = firstPauseMs
        this.#listener.state('up')
      })
      socket.on('message', (data: Buffer) => { this.#listener.frame(data.toString('utf8')) })
      socket.on('error', () => {})
      socket.on('close', () => { this.#retry() })
    } catch {
      this.#retry()
    }
  }

  #retry(): void {
    if (this.#isClosed) return
    this.#listener.state('lost')
    setTimeout(() => void this.#connect(), this.#pauseMs)
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2)
  }
}
