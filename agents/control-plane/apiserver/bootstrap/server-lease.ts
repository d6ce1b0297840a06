/**
 * One server's key among those of all servers that live. Upstream: pkg/controlplane/reconcilers/lease.go.
 *
 *   SL1  The key lasts fifteen seconds and is written anew before that; a server that dies is forgotten with it.
 *   SL2  A server that ends takes its key away.
 *   SL3  Somebody else's write to the key (a server that had the same address) is written over.
 */
import type { Storage } from '../storage/storage.ts'

const prefix = '/registry/masterleases/'
const lifeSeconds = 15

export class ServerLease implements AsyncDisposable {
  readonly #storage: Storage
  readonly #key: string
  readonly #value: Buffer
  #revision = 0
  #isOver = false

  constructor(storage: Storage, address: string) {
    this.#storage = storage
    this.#key = prefix + address
    this.#value = Buffer.from(JSON.stringify({ kind: 'Endpoints', apiVersion: 'v1', metadata: { name: address }, subsets: [{ addresses: [{ ip: address }] }] }))
  }

  async renew(): Promise<void> {
    if (this.#isOver) return
    const written = await this.#storage.put(this.#key, this.#value, this.#revision, lifeSeconds)
    if (written.ok) {
      this.#revision = written.revision
      return
    }
    const again = await this.#storage.put(this.#key, this.#value, written.current?.revision ?? 0, lifeSeconds) // SL3
    this.#revision = again.ok ? again.revision : 0
  }

  /** Addresses of all servers that live. */
  async addresses(): Promise<string[]> {
    const { values } = await this.#storage.range(prefix)
    return values.map(value => value.key.slice(prefix.length)).sort()
  }

  /** SL2 */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    if (this.#revision > 0) await this.#storage.remove(this.#key, this.#revision).catch(() => {})
  }
}
