/**
 * Frames in, datagrams out, and back.
 *
 *   DR1  Each session has a socket of its own, connected to the port it named first: its peer sees one client, and only
 *        that peer's answers come back.
 *   DR2  A session that names another port is moved there: the old socket is closed.
 *   DR3  At most `sessionLimit` sessions; one more is ended with the reason.
 *   DR4  While the stream takes no more, answers are dropped, as a full network would.
 *   DR5  A peer that refuses (nobody listens) is no end: somebody may listen for the next datagram.
 *   DR6  `close` ends every socket.
 */
import { type DatagramFrame, DatagramFrameReader, renderEnd, renderFrame } from '../../wire/datagrams/datagram-frames.ts'

export const sessionLimit = 4_096

/** A UDP socket that is connected to one peer. Sent bytes may wait for the connection. */
export interface PeerSocket {
  send(payload: Uint8Array): void
  close(): void
}

export interface RelayOptions {
  readonly connect: (port: number, onAnswer: (payload: Uint8Array) => void, onLost: (reason: string) => void) => PeerSocket
  /** False while it takes no more. */
  readonly write: (bytes: Uint8Array) => boolean
}

interface Session {
  readonly port: number
  readonly socket: PeerSocket
}

export class DatagramRelay {
  readonly #options: RelayOptions
  readonly #reader = new DatagramFrameReader()
  readonly #sessions = new Map<number, Session>()
  #isFull = false

  constructor(options: RelayOptions) {
    this.#options = options
  }

  get sessions(): number {
    return this.#sessions.size
  }

  read(piece: Uint8Array): void {
    for (const frame of this.#reader.read(piece)) this.#serve(frame)
  }

  /** The stream takes bytes again. */
  drained(): void {
    this.#isFull = false
  }

  close(): void { // DR6
    for (const id of this.#sessions.keys()) this.#forget(id)
  }

  #serve({ session: id, port, payload }: DatagramFrame): void {
    if (port === 0 || this.#sessions.get(id)?.port !== port) this.#forget(id) // DR2
    if (port === 0) return
    let session = this.#sessions.get(id)
    if (session === undefined) {
      if (this.#sessions.size >= sessionLimit) {
        this.#options.write(renderEnd(id, `the node carries ${sessionLimit} UDP sessions already`)) // DR3
        return
      }
      session = { port, socket: this.#open(id, port) } // DR1
      this.#sessions.set(id, session)
    }
    session.socket.send(payload)
  }

  #open(id: number, port: number): PeerSocket {
    return this.#options.connect(
      port,
      answer => { if (!this.#isFull) this.#isFull = !this.#options.write(renderFrame({ session: id, port, payload: answer })) }, // DR4
      reason => {
        if (this.#sessions.get(id)?.port !== port) return
        this.#forget(id)
        this.#options.write(renderEnd(id, reason))
      },
    )
  }

  #forget(id: number): void {
    const session = this.#sessions.get(id)
    this.#sessions.delete(id)
    session?.socket.close()
  }
}
