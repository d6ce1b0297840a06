/** TCP ports of 127.0.0.1 that lead to an address as seen from a node. They end with the lab host. */
import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Log } from '../../../agents/base/log.ts'
import { openPortForward } from '../network/port-forward.ts'
import { LabError } from './lab-error.ts'

type PortForward = Awaited<ReturnType<typeof openPortForward>>

export class Forwards {
  readonly #log: Log
  readonly #open = new Map<string, PortForward>()

  constructor(log: Log) {
    this.#log = log
  }

  async open(localPort: number | null, dial: (signal: AbortSignal) => Promise<Duplex>): Promise<{ readonly id: string; readonly localPort: number }> {
    const forward = await openPortForward({ localPort, dial, log: this.#log })
    const id = randomUUID()
    this.#open.set(id, forward)
    return { id, localPort: forward.localPort }
  }

  async close(id: string): Promise<void> {
    const forward = this.#open.get(id)
    if (forward === undefined) throw new LabError('not-found', 'there is no such forward; it may have been closed already')
    this.#open.delete(id)
    await forward.close()
  }

  async closeAll(): Promise<void> {
    await Promise.allSettled([...this.#open.values()].map(forward => forward.close()))
    this.#open.clear()
  }
}
