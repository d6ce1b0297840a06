/**
 * Which backends of a load balancer may be sent connections, and in which order they are tried. Pure.
 *
 *   BH1  A backend is unhealthy until it has answered once; after that it takes two failures in a row to be taken out, and
 *        one success to come back.
 *   BH2  Connections go round the healthy backends; one that cannot be reached is passed over for this connection.
 *   BH3  With affinity a client stays with its backend while that is healthy and the client was seen within the time.
 */

const failuresToLeave = 2

export interface BackendHealth {
  readonly healthy: boolean
  readonly detail: string
  readonly failures: number
}

export const unknownHealth: BackendHealth = { healthy: false, detail: 'not asked yet', failures: 0 }

/** @param answer undefined for a success, else why it was none */
export function afterAnswer(before: BackendHealth, failure: string | undefined): BackendHealth { // BH1
  if (failure === undefined) return { healthy: true, detail: 'ok', failures: 0 }
  const failures = before.failures + 1
  return { healthy: before.healthy && failures < failuresToLeave, detail: failure, failures }
}

export class Rotation {
  readonly #affinityMs: number | null
  readonly #clients = new Map<string, { readonly backend: string; readonly until: number }>()
  #turn = 0

  constructor(affinityMs: number | null) {
    this.#affinityMs = affinityMs
  }

  /** The order in which backends are tried for a client. */
  order(healthy: readonly string[], client: string, now: number): readonly string[] {
    if (healthy.length === 0) return []
    const kept = this.#affinityMs === null ? undefined : this.#clients.get(client)
    const first = kept !== undefined && kept.until > now ? healthy.indexOf(kept.backend) : -1 // BH3
    const start = first >= 0 ? first : this.#turn++ % healthy.length // BH2
    return [...healthy.slice(start), ...healthy.slice(0, start)]
  }

  /** That a client was served by a backend. */
  served(client: string, backend: string, now: number): void {
    if (this.#affinityMs === null) return
    for (const [other, { until }] of this.#clients) if (until <= now) this.#clients.delete(other)
    this.#clients.set(client, { backend, until: now + this.#affinityMs })
  }
}
