/**
 * Legacy token cleaner: puts away service account tokens in Secrets that nobody has used for a year.
 *
 * Reads   Secrets of type kubernetes.io/service-account-token, ServiceAccounts, Pods, the ConfigMap in which the API server
 *         notes since when it has watched such tokens
 * Writes  those Secrets (label, delete)
 * Woken   by them, and once a day
 *
 *   LC1  Only tokens that were made for an account by themselves (its `secrets` names them) and that no Pod mounts.
 *   LC2  Unused means: made and last used longer ago than the period, and watched for that long.
 *   LC3  First the token is marked invalid (kubernetes.io/legacy-token-invalid-since); a whole period after that, if it is
 *        still unused, it is deleted.
 */
import type { Pod, Secret } from '../../../../api/groups/core-v1/types.ts'
import { configMaps, pods, secrets, serviceAccounts } from '../../../../api/resources.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import type { ControllerConfig } from '../../controller-config.ts'

const scope = { fieldSelector: 'type=kubernetes.io/service-account-token' }
const trackingKey = { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' }
const lastUsedLabel = 'kubernetes.io/legacy-token-last-used'
const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since'
const dayMs = 86_400_000
const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

export type TokenFate = 'keep' | 'mark' | 'delete'

/** LC2, LC3 */
export function fateOf({ metadata }: Secret, trackedSinceMs: number, nowMs: number, periodMs: number): TokenFate {
  const limitMs = nowMs - periodMs
  const lastUsed = metadata.labels?.[lastUsedLabel]
  const isRecent = Date.parse(metadata.creationTimestamp) >= limitMs || (lastUsed !== undefined && lastUsed >= dayText(limitMs))
  if (metadata.deletionTimestamp !== undefined || trackedSinceMs + dayMs > limitMs || isRecent) return 'keep'
  const invalidSinceMs = Date.parse(metadata.labels?.[invalidSinceLabel] ?? '')
  if (Number.isNaN(invalidSinceMs)) return 'mark'
  return invalidSinceMs + dayMs <= limitMs ? 'delete' : 'keep'
}

export function createLegacyTokenCleanerController({ legacyTokenCleanUpPeriodMs: periodMs }: Pick<ControllerConfig, 'legacyTokenCleanUpPeriodMs'>): Controller {
  return {
    name: 'legacy-serviceaccount-token-cleaner-controller',
    reconciles: serviceAccounts,
    ignores: () => true,
    reads: [pods],
    alsoWokenBy: [wokenBy<Secret>(secrets, ({ type, object }) => (type === 'added' ? [keyOf(object)] : []), scope)],
    reconcile: (key, deps, signal) => reconcile(key, deps, signal, periodMs),
  }
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal, periodMs: number): Promise<Outcome> {
  const { cache, client, clock, log } = deps
  const secret = cache.of(secrets, scope).get(key)
  if (secret === undefined) return done
  const nowMs = clock.now()
  if (Date.parse(secret.metadata.creationTimestamp) >= nowMs - periodMs || !isGenerated(secret, deps) || isMounted(secret, cache.list(pods, key.namespace))) return again(dayMs)
  const fate = fateOf(secret, await trackedSince(deps, signal), nowMs, periodMs)
  const { uid, resourceVersion } = secret.metadata
  try {
    if (fate === 'mark') await client.patch(secrets, key, { metadata: { uid, resourceVersion, labels: { [invalidSinceLabel]: dayText(nowMs) } } }, { patchType: 'merge' }, signal)
    if (fate === 'delete') await client.delete(secrets, key, { preconditions: { uid, resourceVersion } }, signal)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  if (fate !== 'keep') log.info('unused service account token put away', { secret: key.name, namespace: key.namespace, fate })
  return fate === 'delete' ? done : again(dayMs)
}

/** LC1 */
function isGenerated({ metadata }: Secret, { cache }: ReconcileDeps): boolean {
  const account = cache.get(serviceAccounts, { namespace: metadata.namespace!, name: metadata.annotations?.['kubernetes.io/service-account.name'] ?? '' })
  return account !== undefined && account.metadata.uid === metadata.annotations?.['kubernetes.io/service-account.uid'] && account.secrets?.some(({ name }) => name === metadata.name) === true
}

function isMounted({ metadata: { name } }: Secret, all: readonly Pod[]): boolean {
  return all.some(({ spec }) => {
    const containers = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
    return spec.volumes?.some(volume => volume.secret?.secretName === name || volume.projected?.sources?.some(source => source.secret?.name === name) === true) === true
      || containers.some(({ env = [], envFrom = [] }) => env.some(({ valueFrom }) => valueFrom?.secretKeyRef?.name === name) || envFrom.some(({ secretRef }) => secretRef?.name === name))
  })
}

async function trackedSince({ client }: ReconcileDeps, signal: AbortSignal): Promise<number> {
  try {
    const { data } = await client.get(configMaps, trackingKey, signal)
    return Date.parse(data?.['since'] ?? '') || Infinity
  } catch (error) {
    if (isNotFound(error)) return Infinity
    throw error
  }
}
