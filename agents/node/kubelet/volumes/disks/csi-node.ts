/**
 * Tells the cluster which CSI drivers this node has: the lab's disks. Upstream: volume/csi/nodeinfomanager.
 *
 *   CD1  The CSINode has the Node's name and goes with it. Entries of other drivers stay.
 *   CD2  `allocatable` is what the scheduler counts: disks that the machine's bus takes.
 */
import type { Node } from '../../../../api/groups/core-v1/types.ts'
import { csiNodes } from '../../../../api/resources.ts'
import type { Client } from '../../../../machinery/client.ts'
import { isAlreadyExists } from '../../../../machinery/status-error.ts'
import { diskDriver } from '../../../../wire/cloud/disk-driver.ts'

const mostDisks = 64

export async function tellDrivers(client: Client, node: Node, signal: AbortSignal): Promise<void> {
  const { name, uid } = node.metadata
  const ours = { name: diskDriver, nodeID: name, topologyKeys: null, allocatable: { count: mostDisks } }
  try {
    await client.create(csiNodes, { metadata: { name, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] }, spec: { drivers: [ours] } } as never, {}, signal)
    return
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
  const present = await client.get(csiNodes, { name }, signal)
  const drivers = present.spec.drivers ?? []
  if (drivers.some(driver => driver.name === diskDriver)) return
  await client.patch(csiNodes, { name }, { metadata: { resourceVersion: present.metadata.resourceVersion }, spec: { drivers: [...drivers, ours] } }, { patchType: 'merge' }, signal) // CD1
}
