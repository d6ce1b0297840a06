/**
 * Room in memory for large bodies, shared by all requests.
 *
 *   BR1  A body is read only once there is room for all of it; the others wait unread, in the order they came.
 *   BR2  No user takes more than half of the room: who waits for his own bodies keeps nobody else waiting.
 *   BR3  Who waits for longer than 30 s gets 429, and is to come again.
 */
import type { Clock } from '../../../base/clock.ts'
import { tooManyRequests } from './api-error.ts'

export interface BodyRoomOptions {
  readonly sizeBytes: number
  readonly clock: Clock
}

interface Waiting {
  readonly user: string
  readonly sizeBytes: number
  enter(): void
}

const longestWaitMs = 30_000

export class BodyRoom {
  readonly #options: BodyRoomOptions
  readonly #takenBy = new Map<string, number>()
  readonly #waiting = new Set<Waiting>()
  #takenBytes = 0

  constructor(options: BodyRoomOptions) {
    this.#options = options
  }

  get takenBytes(): number {
    return this.#takenBytes
  }

  /** Resolves when there is room, to what gives it back; rejects after a while (BR3), or when the signal aborts. */
  async take(user: string, sizeBytes: number, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted()
    if (this.#hasRoom(user, sizeBytes)) return this.#enter(user, sizeBytes)
    return await new Promise<Disposable>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiting)
        timer[Symbol.dispose]()
        signal.removeEventListener('abort', onAbort)
      }
      const onAbort = (): void => {
        leave()
        reject(signal.reason as Error)
      }
      const timer = this.#options.clock.after(longestWaitMs, () => { // BR3
        leave()
        reject(tooManyRequests('too many large requests are being served, please try again later', 1))
      })
      const waiting: Waiting = {
        user, sizeBytes,
        enter: () => {
          leave()
          resolve(this.#enter(user, sizeBytes))
        },
      }
      signal.addEventListener('abort', onAbort)
      this.#waiting.add(waiting)
    })
  }

  #hasRoom(user: string, sizeBytes: number): boolean {
    const { sizeBytes: all } = this.#options
    return this.#takenBytes + sizeBytes <= all && (this.#takenBy.get(user) ?? 0) + sizeBytes <= all / 2 // BR2
  }

  #enter(user: string, sizeBytes: number): Disposable {
    this.#count(user, sizeBytes)
    let isTaken = true
    return {
      [Symbol.dispose]: () => {
        if (!isTaken) return
        isTaken = false
        this.#count(user, -sizeBytes)
        this.#letIn()
      },
    }
  }

  #count(user: string, sizeBytes: number): void {
    this.#takenBytes += sizeBytes
    const taken = (this.#takenBy.get(user) ?? 0) + sizeBytes
    if (taken === 0) this.#takenBy.delete(user)
    else this.#takenBy.set(user, taken)
  }

  /** BR1: a user who has all he may have is passed over. */
  #letIn(): void {
    for (const waiting of [...this.#waiting]) {
      if (this.#hasRoom(waiting.user, waiting.sizeBytes)) waiting.enter()
      else if ((this.#takenBy.get(waiting.user) ?? 0) + waiting.sizeBytes <= this.#options.sizeBytes / 2) return // the next in line, whom nobody overtakes
    }
  }
}
