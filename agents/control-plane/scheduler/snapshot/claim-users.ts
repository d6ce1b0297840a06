/**
 * Which claims are used by how many placed pods, so that ReadWriteOncePod need not look for its other users.
 * Upstream: snapshot.usedPVCSet.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { podFacts } from './pod-facts.ts'

export class ClaimUsers {
  readonly #users = new Map<string, number>()

  /** Placed pods that use the claim. */
  count(namespace: string, claim: string): number {
    return this.#users.get(`${namespace}/${claim}`) ?? 0
  }

  change(pod: Pod, by: 1 | -1): void {
    for (const claim of podFacts(pod).claims) {
      const key = `${pod.metadata.namespace ?? ''}/${claim}`
      const users = (this.#users.get(key) ?? 0) + by
      if (users === 0) this.#users.delete(key)
      else this.#users.set(key, users)
    }
  }
}
