/**
 * The scale subresource of any kind that has one, custom resources included.
 *
 *   ST1  A kind is looked up by discovery, which is kept for half a minute; an unknown kind reads it again, at most once a
 *        second.
 *   ST2  Scales are always read from the API server: what is written is what was read.
 */
import type { Scale } from '../../../api/groups/autoscaling-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Client } from '../../../machinery/client.ts'
import type { DiscoveredResource } from '../../../machinery/discovery.ts'
import { discover } from '../../../machinery/discovery.ts'
import type { ObjectKey } from '../../../machinery/object-key.ts'
import { resourcePath } from '../../../machinery/resource-path.ts'
import { readStatusError } from '../../../machinery/status-error.ts'

export interface KindReference {
  readonly group: string
  readonly kind: string
}

const keptMs = 30_000
const leastMs = 1_000

export class ScaleTargets {
  readonly #clock: Clock
  #known: ReadonlyMap<string, DiscoveredResource> = new Map()
  #readAt = -Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Throws upstream's words if nobody serves that kind. */
  async resourceOf({ group, kind }: KindReference, client: Client, signal: AbortSignal): Promise<DiscoveredResource> {
    const ageMs = this.#clock.monotonic() - this.#readAt
    const id = `${group}/${kind}`
    if (ageMs > keptMs || (!this.#known.has(id) && ageMs > leastMs)) { // ST1
      const { resources } = await discover(client, signal)
      this.#known = new Map(resources.map(resource => [`${resource.group}/${resource.kind}`, resource]))
      this.#readAt = this.#clock.monotonic()
    }
    const found = this.#known.get(id)
    if (found === undefined) throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`)
    return found
  }

  /** ST2 */
  async read(type: DiscoveredResource, key: ObjectKey, client: Client, signal: AbortSignal): Promise<Scale> {
    const reply = await client.raw({ method: 'GET', path: resourcePath(type, { ...key, subresource: 'scale' }), signal })
    if (reply.status !== 200) throw readStatusError(reply.status, reply.body)
    return JSON.parse(reply.body) as Scale
  }

  async write(type: DiscoveredResource, key: ObjectKey, scale: Scale, client: Client, signal: AbortSignal): Promise<void> {
    const reply = await client.raw({ method: 'PUT', path: resourcePath(type, { ...key, subresource: 'scale' }), headers: { 'content-type': 'application/json' }, body: JSON.stringify(scale), signal })
    if (reply.status >= 300) throw readStatusError(reply.status, reply.body)
  }
}
