/**
 * Taint eviction controller: deletes Pods from nodes whose NoExecute taints they do not tolerate (any longer).
 *
 * Reads   Pods, Nodes          Writes   Pods (status condition DisruptionTarget, delete)
 * Woken   by Pods that are on a node, and by a node whose taints change
 *
 *   TV1  The time is plan-eviction's; it is derived from the objects alone, so a restart of this process changes nothing.
 *   TV2  A Pod first gets the condition DisruptionTarget, then is deleted with its own grace period.
 *   TV3  A Pod being deleted or finished is left alone. If the taint goes in time, so does the eviction.
 */
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { nodes, pods } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf, keyText } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import { podsOnNode, withNodeIndex } from '../../nodes/pods-on-node.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { isActive } from '../../pods/pod-state.ts'
import { evictionTimeMs } from './plan-eviction.ts'

export const taintEvictionController: Controller = {
  name: 'taint-eviction-controller',
  reconciles: pods,
  ignores: ({ type, object, previous }) => {
    const { nodeName, tolerations } = (object as Pod).spec
    if (type === 'deleted' || nodeName === undefined || nodeName === '') return true
    return previous !== undefined && (previous as Pod).spec.nodeName === nodeName && isEqualJson((previous as Pod).spec.tolerations, tolerations)
  },
  alsoWokenBy: [wokenBy(nodes, ({ type, object, previous }, caches) => {
    const taints = (object.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
    const before = (previous?.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
    return type === 'deleted' || isEqualJson(taints, before) ? [] : podsOnNode(caches, object.metadata.name).map(keyOf)
  })],
  prepare: withNodeIndex,
  rehearse: 'reconcile',
  reconcile,
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const pod = deps.cache.get(pods, key)
  if (pod === undefined || !isActive(pod)) return done // TV3
  const node = deps.cache.get(nodes, { name: pod.spec.nodeName ?? '' })
  const nowMs = deps.clock.now()
  const atMs = evictionTimeMs(node?.spec.taints ?? [], pod.spec.tolerations ?? [], nowMs) // TV1
  if (atMs === undefined) return done
  if (atMs > nowMs) return again(Math.max(1, atMs - nowMs))
  deps.events.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${keyText(key)}`)
  try {
    const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint', lastTransitionTime: timeText(nowMs), ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }) }
    const conditions = [...(pod.status.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget'), condition]
    await deps.client.update(pods, { ...pod, status: { ...pod.status, conditions } }, { subresource: 'status' }, signal) // TV2
    await deps.client.delete(pods, key, { preconditions: { uid: pod.metadata.uid } }, signal)
    deps.log.info('pod evicted from tainted node', { pod: keyText(key), node: pod.spec.nodeName })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  return done
}
