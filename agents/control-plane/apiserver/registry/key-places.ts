/** Which resource a key of the store belongs to; keys of no resource (leases of the servers) have none. */
import { kinds } from '../../../api/kinds.ts'
import type { GroupResource } from '../http/api-error.ts'
import { storagePrefix } from './storage-prefixes.ts'

const root = '/registry/'

export interface KeyPlace extends GroupResource {
  /** "/registry/pods/" */
  readonly prefix: string
}

export class KeyPlaces {
  readonly #known = new Map<string, KeyPlace>()
  readonly #builtIn = new Set<string>()

  constructor() {
    for (const { type: { group, resource } } of kinds) {
      const prefix = storagePrefix(group, resource)
      if (group === 'events.k8s.io' || this.#known.has(prefix)) continue // stored as core events
      this.#known.set(prefix, { prefix, group, resource })
      this.#builtIn.add(prefix)
    }
  }

  of(key: string): KeyPlace | undefined {
    if (!key.startsWith(root)) return undefined
    const second = key.indexOf('/', root.length)
    if (second < 0) return undefined
    const short = key.slice(0, second + 1)
    if (this.#builtIn.has(short)) return this.#known.get(short)
    const third = key.indexOf('/', second + 1)
    if (third < 0) return undefined
    const long = key.slice(0, third + 1)
    const known = this.#known.get(long)
    if (known !== undefined) return known
    const [group = '', resource = ''] = long.slice(root.length).split('/')
    if (!group.includes('.') || resource === '') return undefined // custom resources lie under /registry/<group>/<resource>/
    const made = { prefix: long, group, resource }
    this.#known.set(long, made)
    return made
  }
}
