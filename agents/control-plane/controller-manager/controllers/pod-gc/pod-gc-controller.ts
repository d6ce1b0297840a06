/**
 * Pod garbage collector: removes Pods that nobody will ever finish, and finished ones beyond a threshold.
 *
 * Reads   Pods, Nodes          Writes   Pods (status Failed, delete with grace 0)
 * Woken   by Pods, and by a node that goes or is put out of service
 *
 *   PG1  A Pod on a node that has not existed for 40 s goes; the node is looked for live first.
 *   PG2  A Pod that is being deleted and was never on a node goes at once.
 *   PG3  A Pod that is being deleted on a node that is not ready and tainted out-of-service goes at once.
 *   PG4  When more Pods are finished than the threshold, the oldest of them go.
 *   PG5  A Pod of PG1 or PG3 that had not finished is marked Failed, with the condition DisruptionTarget, before it goes.
 */
import type { Node, Pod } from '../../../../api/groups/core-v1/types.ts'
import { nodes, pods } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf, keyText } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import type { ControllerConfig } from '../../controller-config.ts'
import { podsOnNode, withNodeIndex } from '../../nodes/pods-on-node.ts'
import { outOfServiceTaint } from '../../nodes/taints.ts'
import { isDeleting, isFinished } from '../../pods/pod-state.ts'

const quarantineMs = 40_000

export function createPodGcController({ terminatedPodGcThreshold }: ControllerConfig): Controller {
  const missingSince = new Map<string, number>()
  return {
    name: 'pod-garbage-collector-controller',
    reconciles: pods,
    ignores: ({ type, object, previous }) => type === 'deleted' || (previous !== undefined && isDeleting(previous as Pod) === isDeleting(object as Pod) && isFinished(previous as Pod) === isFinished(object as Pod) && (previous as Pod).spec.nodeName === (object as Pod).spec.nodeName),
    alsoWokenBy: [wokenBy(nodes, ({ type, object, previous }, caches) =>
      (type === 'deleted' || (isOutOfService(object) && !(previous !== undefined && isOutOfService(previous))) ? podsOnNode(caches, object.metadata.name).map(keyOf) : []))],
    prepare: withNodeIndex,
    rehearse: (key, deps, signal) => reconcile({ threshold: terminatedPodGcThreshold, missingSince: new Map(missingSince) }, key, deps, signal),
    reconcile: (key, deps, signal) => reconcile({ threshold: terminatedPodGcThreshold, missingSince }, key, deps, signal),
  }
}

const isOutOfService = (node: Node): boolean => node.spec.taints?.some(({ key }) => key === outOfServiceTaint) === true
const isNotReady = (node: Node): boolean => node.status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True'

async function reconcile(memory: { readonly threshold: number; readonly missingSince: Map<string, number> }, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const pod = deps.cache.get(pods, key)
  if (pod === undefined) return done
  const { nodeName = '' } = pod.spec
  if (nodeName === '') {
    if (isDeleting(pod)) await remove(pod, undefined, deps, signal) // PG2
    return done
  }
  const node = deps.cache.get(nodes, { name: nodeName })
  if (node === undefined) return orphaned(memory.missingSince, pod, deps, signal)
  memory.missingSince.delete(nodeName)
  if (isDeleting(pod) && isOutOfService(node) && isNotReady(node)) { // PG3
    await remove(pod, 'PodGC: node is out of service', deps, signal)
    return done
  }
  if (isFinished(pod) && memory.threshold > 0) await trim(memory.threshold, deps, signal)
  return done
}

async function orphaned(missingSince: Map<string, number>, pod: Pod, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const nodeName = pod.spec.nodeName!
  const nowMs = deps.clock.monotonic()
  const since = missingSince.get(nodeName) ?? nowMs
  missingSince.set(nodeName, since)
  if (nowMs - since < quarantineMs) return again(quarantineMs - (nowMs - since)) // PG1
  const exists = await deps.client.get(nodes, { name: nodeName }, signal).then(() => true, (error: unknown) => {
    if (isNotFound(error)) return false
    throw error
  })
  if (exists) missingSince.delete(nodeName)
  else await remove(pod, 'PodGC: node no longer exists', deps, signal)
  return done
}

async function trim(threshold: number, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const finished = deps.cache.list(pods).filter(pod => isFinished(pod) && !isDeleting(pod))
  if (finished.length <= threshold) return
  const oldest = finished.sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1)).slice(0, finished.length - threshold)
  for (const pod of oldest) await remove(pod, undefined, deps, signal) // PG4
}

async function remove(pod: Pod, disruption: string | undefined, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  try {
    if (disruption !== undefined && !isFinished(pod)) { // PG5
      const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message: disruption, lastTransitionTime: timeText(deps.clock.now()), ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }) }
      await deps.client.patch(pods, keyOf(pod), { metadata: { uid: pod.metadata.uid }, status: { phase: 'Failed', conditions: [condition] } }, { patchType: 'strategic', subresource: 'status' }, signal)
    }
    await deps.client.delete(pods, keyOf(pod), { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } }, signal)
    deps.log.info('pod collected', { pod: keyText(keyOf(pod)), why: disruption ?? (isFinished(pod) ? 'finished' : 'never scheduled') })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
