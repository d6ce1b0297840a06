/**
 * When a freshly made lab has settled: the moment for the golden checkpoint that is made by itself (Lab file: `golden: true`).
 *
 *   SG1  It has settled when nothing is under way, nothing is broken on purpose and every machine has been quiet for quietMs.
 *   SG2  Whatever is asked of the lab before that ends the wait: from then on it is its user's.
 *   SG3  What the user has put into the cluster has no place in it: then there is none.
 *   SG4  A lab that does not settle within patienceMs has none.
 */
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import type { ApiClient } from '../cluster/api-client.ts'

export interface SettlingLab {
  /** Cores that each machine uses now; null where that is not known yet. */
  busyCores(): readonly (number | null)[]
  isWhole(): boolean
}

const waits = { pollMs: 1_000, quietMs: 10_000, patienceMs: 600_000 } as const
const quietCores = 0.5

/** True when it has settled, false for SG4; rejects with the signal's reason (SG2). */
export async function hasSettled(lab: SettlingLab, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const startedAt = clock.monotonic()
  let quietSince: number | null = null
  while (clock.monotonic() - startedAt < waits.patienceMs) {
    const isQuiet = lab.isWhole() && lab.busyCores().every(cores => cores !== null && cores < quietCores)
    if (!isQuiet) quietSince = null
    else quietSince ??= clock.monotonic()
    if (quietSince !== null && clock.monotonic() - quietSince >= waits.quietMs) return true // SG1
    await sleep(clock, waits.pollMs, signal)
  }
  return false
}

interface Listed {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly namespace?: string } }[]
}

const madeNamespaces: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease'])
const madeObjects: ReadonlySet<string> = new Set(['services/kubernetes', 'configmaps/kube-root-ca.crt'])

/** SG3 */
export async function isAsMade(client: Pick<ApiClient, 'get'>): Promise<boolean> {
  const { items } = (await client.get('/api/v1/namespaces')) as unknown as Listed
  if (items.some(({ metadata }) => !madeNamespaces.has(metadata.name))) return false
  for (const resource of ['pods', 'services', 'configmaps', 'secrets', 'persistentvolumeclaims']) {
    const found = (await client.get(`/api/v1/namespaces/default/${resource}`)) as unknown as Listed
    if (found.items.some(({ metadata }) => !madeObjects.has(`${resource}/${metadata.name}`))) return false
  }
  return ((await client.get('/apis/apps/v1/namespaces/default/deployments')) as unknown as Listed).items.length === 0
}
