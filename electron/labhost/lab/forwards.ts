/** TCP ports of 127.0.0.1 that lead to an address as seen from a node. They end with the lab host. */
import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Log } from '../../../agents/base/log.ts'
import type { ForwardState } from '../../contract/labs.ts'
import { openPortForward } from '../network/port-forward.ts'
import { LabError } from './lab-error.ts'

type ForwardTarget = Pick<ForwardState, 'node' | 'address' | 'port'> & { readonly lab: string }
type PortForward = Awaited<ReturnType<typeof openPortForward>>

export class Forwards {
  readonly #log: Log
  readonly #open = new Map<string, { readonly forward: PortForward; readonly target: ForwardTarget }>()

  constructor(log: Log) {
    this.#log = log
  }

  async open(target: ForwardTarget, localPort: number | null, dial: (signal: AbortSignal) => Promise<Duplex>): Promise<{ readonly id: string; readonly localPort: number }> {
    const forward = await openPortForward({ localPort, dial, log: this.#log })
    const id = randomUUID()
    this.#open.set(id, { forward, target })
    return { id, localPort: forward.localPort }
  }

  list(lab: string): readonly ForwardState[] {
    return [...this.#open].filter(([, { target }]) => target.lab === lab).map(([id, { forward, target: { node, address, port } }]) => ({ id, node, address, port, localPort: forward.localPort }))
  }

  async close(id: string): Promise<void> {
    const open = this.#open.get(id)
    if (open === undefined) throw new LabError('not-found', 'there is no such forward; it may have been closed already')
    this.#open.delete(id)
    await open.forward.close()
  }

  async closeAll(): Promise<void> {
    await Promise.allSettled([...this.#open.values()].map(({ forward }) => forward.close()))
    this.#open.clear()
  }
}
