/**
 * Cloud node lifecycle controller: a Node whose machine is gone goes too, one whose machine is switched off is marked.
 *
 * Reads   Nodes, the cloud's instances          Writes   Nodes (taint, deletion)
 * Woken   by nodes whose readiness changes, and every --node-monitor-period while one is not Ready
 *
 *   CL1  Only a node that is not Ready is doubted; one that has no Ready condition yet is not.
 *   CL2  Its machine does not exist: the event DeletingNode, and the Node is deleted.
 *   CL3  Its machine is switched off: the taint node.cloudprovider.kubernetes.io/shutdown:NoSchedule, until it is Ready again.
 *   CL4  A node that waits for its initialisation is left alone: the cloud may not know it yet.
 */
import type { Node, Taint } from '../../../../api/groups/core-v1/types.ts'
import { nodes } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import type { CloudConfig } from '../../cloud-config.ts'
import { instanceOf } from '../../provider/cloud.ts'

const shutdownTaint = 'node.cloudprovider.kubernetes.io/shutdown'

export function createCloudNodeLifecycleController(config: CloudConfig): Controller {
  return {
    name: 'cloud-node-lifecycle-controller',
    reconciles: nodes,
    ignores: ({ type, object, previous }) => type === 'updated' && readiness(object as Node) === readiness(previous as Node | undefined),
    workers: 1,
    reconcile: (key, deps, signal) => reconcile(config, key, deps, signal),
  }
}

const readiness = (node: Node | undefined): string | undefined => node?.status.conditions?.find(({ type }) => type === 'Ready')?.status

async function reconcile(config: CloudConfig, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const node = deps.cache.get(nodes, key)
  const ready = readiness(node)
  if (node === undefined || node.metadata.deletionTimestamp !== undefined || ready === undefined) return done // CL1
  const { taints = [] } = node.spec
  const isMarked = taints.some(taint => taint.key === shutdownTaint)
  try {
    if (ready === 'True') {
      if (isMarked) await writeTaints(node, taints.filter(taint => taint.key !== shutdownTaint), deps, signal)
      return done
    }
    const instance = instanceOf(await config.cloud.instances(signal), node)
    if (instance === undefined) {
      if ((node.spec.providerID ?? '') === '') return again(config.nodeMonitorPeriodMs) // CL4
      deps.events.event(node, 'Normal', 'DeletingNode', `Deleting node ${key.name} because it does not exist in the cloud provider`) // CL2
      await deps.client.delete(nodes, key, { preconditions: { uid: node.metadata.uid } }, signal)
      return done
    }
    if (instance.state === 'stopped' && !isMarked) await writeTaints(node, [...taints, { key: shutdownTaint, effect: 'NoSchedule', timeAdded: timeText(deps.clock.now()) }], deps, signal) // CL3
  } catch (error) {
    if (!isNotFound(error)) throw error
    return done
  }
  return again(config.nodeMonitorPeriodMs)
}

async function writeTaints(node: Node, taints: readonly Taint[], { client }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  await client.patch(nodes, { name: node.metadata.name }, { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints } }, { patchType: 'merge' }, signal)
}
