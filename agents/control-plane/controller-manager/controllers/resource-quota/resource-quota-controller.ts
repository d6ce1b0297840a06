/**
 * ResourceQuota controller: counts again what a namespace uses, so that what was given back can be used again.
 *
 * Reads   ResourceQuotas, Pods, Services, PersistentVolumeClaims, ResourceClaims, the metadata of every other namespaced
 *         resource that is served
 * Writes  ResourceQuota status
 * Woken   by a quota's limits, by deletions, by updates that change what is used, every 5 minutes
 *
 *   RC1  Admission raises what is used when something is made; this lowers it. A creation therefore wakes nothing, and
 *        neither does a status of ours: an object that was just admitted may not be in our caches yet.
 *   RC2  A status is written only onto the quota that was read, so that what admission adds meanwhile is not lost.
 *   RC3  Objects of any served resource but events are counted, of custom ones too; while a list that a quota needs is incomplete, its
 *        status stays as it is.
 */
import { groupResourceText } from '../../../../api/kubernetes-object.ts'
import type { ResourceQuota } from '../../../../api/groups/core-v1/types.ts'
import { countsFor, quotaConcerns, usageOf } from '../../../../api/quota/quota-usage.ts'
import { persistentVolumeClaims, pods, resourceClaims, resourceQuotas, services } from '../../../../api/resources.ts'
import type { KubernetesObject, ResourceType } from '../../../../api/resources.ts'
import type { Caches } from '../../../../machinery/caches.ts'
import { compareQuota } from '../../comparisons.ts'
import type { Controller, ReconcileDeps, Waker } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { Change, Informer } from '../../../../machinery/informer.ts'
import { keyOf, keyText } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import type { ControllerConfig } from '../../controller-config.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { followServedResources } from '../../resources/served-resources.ts'
import type { CountedObjects } from './plan-usage.ts'
import { planUsage } from './plan-usage.ts'

/** Those whose use depends on more than that they are there. */
const weighed: readonly ResourceType[] = [pods, services, persistentVolumeClaims, resourceClaims]
const unlistedMs = 500

interface Counted {
  readonly type: ResourceType
  readonly informer: Informer<KubernetesObject>
  isListed: boolean
}

const weighedIds = new Set(weighed.map(groupResourceText))

export function createResourceQuotaController({ resourceQuotaSyncPeriodMs }: Pick<ControllerConfig, 'resourceQuotaSyncPeriodMs'>): Controller {
  const counted = new Map<string, Counted>()
  return {
    name: 'resourcequota-controller',
    reconciles: resourceQuotas,
    alsoWokenBy: weighed.map(type => quotaWaker(type)),
    ignores: change => change.type === 'updated' && isEqualJson((change.object as ResourceQuota).spec, (change.previous as ResourceQuota).spec), // RC1
    follow: (wake, deps, signal) => followServedResources({
      name: 'resourcequota-controller',
      wants: type => type.namespaced && type.verbs.includes('list') && type.verbs.includes('watch') && type.resource !== 'events' && !weighedIds.has(groupResourceText(type)),
      began(type, informer) {
        const stack = new DisposableStack()
        const entry: Counted = { type, informer, isListed: false }
        counted.set(groupResourceText(type), entry)
        stack.defer(() => { counted.delete(groupResourceText(type)) })
        stack.use(informer.onChange(change => {
          if (change.type === 'deleted') for (const quota of affected(deps.cache, change, type)) wake(keyOf(quota), `${type.kind} deleted`)
        }))
        void informer.synced(signal).then(() => { // RC3
          if (stack.disposed) return
          entry.isListed = true
          for (const quota of deps.cache.list(resourceQuotas)) if (namesOf(quota, type).length > 0) wake(keyOf(quota), `${type.kind} listed`)
        }, () => {})
        return stack
      },
    }, deps, signal),
    rehearse: 'reconcile',
    compare: compareQuota,
    async reconcile(key, deps, signal) {
      const quota = deps.cache.get(resourceQuotas, key)
      if (quota === undefined) return done
      const others = [...counted.values()]
      if (others.length === 0 || others.some(({ type, isListed }) => !isListed && namesOf(quota, type).length > 0)) return again(unlistedMs) // RC3
      await recount(quota, [
        ...weighed.map(type => ({ ...type, objects: deps.cache.list(type, key.namespace) })),
        ...others.map(({ type, informer }) => ({ ...type, objects: informer.cache.list(key.namespace) })),
      ], deps, signal)
      return again(resourceQuotaSyncPeriodMs)
    },
  }
}

async function recount(quota: ResourceQuota, counted: readonly CountedObjects[], deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const status = planUsage(quota, counted, deps.clock.now())
  if (status === undefined) return
  await deps.client.update(resourceQuotas, { ...quota, status }, { subresource: 'status' }, signal).catch((error: unknown) => { // RC2
    if (!isNotFound(error)) throw error
  })
  deps.log.debug('quota counted', { quota: keyText(keyOf(quota)), used: status.used })
}

function quotaWaker(type: ResourceType): Waker {
  return wokenBy<KubernetesObject>(type, (change, caches) => (change.type === 'added' ? [] : affected(caches, change, type).map(keyOf))) // RC1
}

function affected(caches: Caches, change: Change<KubernetesObject>, type: ResourceType): readonly ResourceQuota[] {
  const quotas = caches.list(resourceQuotas, change.object.metadata.namespace)
  return quotas.filter(quota => namesOf(quota, type).length > 0 && mattersTo(quota, change, type))
}

function mattersTo(quota: ResourceQuota, { type: what, object, previous }: Change<KubernetesObject>, { group, resource }: ResourceType): boolean {
  if (what === 'deleted') return quotaConcerns(quota, group, resource, object)
  if (previous === undefined) return false
  return quotaConcerns(quota, group, resource, object) !== quotaConcerns(quota, group, resource, previous) || !isEqualJson(usageOf(group, resource, object), usageOf(group, resource, previous))
}

function namesOf({ spec }: ResourceQuota, { group, resource }: ResourceType): string[] {
  return Object.keys(spec.hard ?? {}).filter(name => countsFor(name, group, resource))
}
