/**
 * Cloud node controller: tells each Node what its machine is, and lets pods onto it only then.
 *
 * Reads   Nodes, the cloud's instances          Writes   Nodes (providerID, labels, taint), their addresses
 * Woken   by nodes, and every --node-status-update-frequency
 *
 *   CN1  An uninitialised node is initialised by the rules of plan-node.ts; a machine that the cloud does not know (yet) is
 *        asked for again, with growing delay.
 *   CN2  An initialised node's addresses and labels are compared from time to time.
 */
import type { Node } from '../../../../api/groups/core-v1/types.ts'
import { nodes } from '../../../../api/resources.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import type { CloudConfig } from '../../cloud-config.ts'
import { instanceOf } from '../../provider/cloud.ts'
import { addressesToWrite, initialisation, isUninitialized, oldLabelsToWrite } from './plan-node.ts'

export function createCloudNodeController(config: CloudConfig): Controller {
  return {
    name: 'cloud-node-controller',
    reconciles: nodes,
    ignores: ({ type, object }) => type === 'updated' && !isUninitialized(object as Node) && oldLabelsToWrite(object as Node) === undefined,
    reconcile: (key, deps, signal) => reconcile(config, key, deps, signal),
  }
}

async function reconcile(config: CloudConfig, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const node = deps.cache.get(nodes, key)
  if (node === undefined || node.metadata.deletionTimestamp !== undefined) return done
  const instance = instanceOf(await config.cloud.instances(signal), node)
  if (instance === undefined) {
    if (isUninitialized(node)) throw new Error(`failed to get instance metadata for node ${key.name}: instance not found`) // CN1
    return again(config.nodeStatusUpdateFrequencyMs)
  }
  try {
    await writeAddresses(node, addressesToWrite(node, instance), deps, signal)
    if (isUninitialized(node)) {
      await deps.client.patch(nodes, key, initialisation(node, instance), { patchType: 'merge' }, signal)
      deps.events.event(node, 'Normal', 'Synced', 'Node synced successfully')
      deps.log.info('node initialised', { node: key.name, providerId: instance.providerId, type: instance.instanceType, zone: instance.zone })
    } else { // CN2
      const labels = oldLabelsToWrite(node)
      if (labels !== undefined) await deps.client.patch(nodes, key, { metadata: { labels } }, { patchType: 'merge' }, signal)
    }
  } catch (error) {
    if (!isNotFound(error)) throw error
    return done
  }
  return again(config.nodeStatusUpdateFrequencyMs)
}

async function writeAddresses(node: Node, addresses: ReturnType<typeof addressesToWrite>, { client }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  if (addresses instanceof Error) throw addresses
  if (addresses === undefined) return
  await client.patch(nodes, { name: node.metadata.name }, { status: { addresses } }, { patchType: 'merge', subresource: 'status' }, signal)
}
