/**
 * Follows the metadata of every resource that is served, as resources come and go with definitions and extension servers.
 *
 *   FR1  A change of a CustomResourceDefinition reads discovery again, and so does time, every 30 s while it is incomplete.
 *   FR2  A resource whose preferred version changes ends and begins anew.
 */
import { apiVersionOf, groupResourceText } from '../../../api/kubernetes-object.ts'
import { apiServices, customResourceDefinitions } from '../../../api/resources.ts'
import type { KubernetesObject } from '../../../api/resources.ts'
import { errorText } from '../../../base/log.ts'
import type { ControllerDeps } from '../../../machinery/controller.ts'
import type { DiscoveredResource } from '../../../machinery/discovery.ts'
import { discover } from '../../../machinery/discovery.ts'
import type { Informer } from '../../../machinery/informer.ts'
import { WorkQueue } from '../../../machinery/work-queue.ts'

const discoveryRetryMs = 30_000

export interface ResourceFollower {
  readonly name: string
  readonly wants: (type: DiscoveredResource) => boolean
  /** The resource is served from now on, until what this returns is disposed of. */
  readonly began: (type: DiscoveredResource, informer: Informer<KubernetesObject>) => Disposable
}

/** Runs until the signal aborts. */
export async function followServedResources(follower: ResourceFollower, deps: ControllerDeps, signal: AbortSignal): Promise<void> {
  using stack = new DisposableStack()
  const refresh = new WorkQueue<string>({ name: `${follower.name}-discovery`, clock: deps.clock, firstRetryMs: 500, maxRetryMs: discoveryRetryMs })
  stack.defer(() => { refresh.clear() })
  const followed = new Map<string, Disposable>()
  stack.defer(() => { for (const each of followed.values()) each[Symbol.dispose]() })
  for (const type of [customResourceDefinitions, apiServices]) stack.use(deps.informers.for<KubernetesObject>(type, { metadataOnly: true }).onChange(() => { refresh.add('discovery') })) // FR1
  refresh.add('discovery')
  while (!signal.aborted) {
    const key = await refresh.next(signal)
    try {
      const { resources, failed } = await discover(deps.client, signal)
      become(followed, resources.filter(follower.wants), follower, deps)
      refresh.forget(key)
      if (failed.length > 0) refresh.addAfter(key, discoveryRetryMs)
    } catch (error) {
      if (signal.aborted) return
      deps.log.warn('discovery failed', { controller: follower.name, error: errorText(error) })
      refresh.addRateLimited(key)
    } finally {
      refresh.done(key)
    }
  }
}

function become(followed: Map<string, Disposable>, resources: readonly DiscoveredResource[], follower: ResourceFollower, { informers }: ControllerDeps): void {
  const wanted = new Map(resources.map(type => [`${groupResourceText(type)} ${apiVersionOf(type)}`, type])) // FR2
  for (const [id, each] of followed) {
    if (wanted.has(id)) continue
    each[Symbol.dispose]()
    followed.delete(id)
  }
  for (const [id, type] of wanted) {
    if (followed.has(id)) continue
    const stack = new DisposableStack()
    const { informer } = stack.use(informers.hold(type, { metadataOnly: true }))
    stack.use(follower.began(type, informer))
    followed.set(id, stack)
  }
}
