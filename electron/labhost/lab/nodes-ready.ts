/** What the cluster says about its nodes: name -> status of the Ready condition, told at every change. */
import type { Clock } from '../../../agents/base/clock.ts'
import type { NodeState } from '../../contract/labs.ts'
import type { PlainObject } from '../../contract/resources.ts'
import type { ApiClient } from '../cluster/api-client.ts'
import { followResources } from '../cluster/follow-resources.ts'

type Ready = NonNullable<NodeState['ready']>

export async function watchNodesReady(client: () => ApiClient | undefined, clock: Clock, signal: AbortSignal, tell: (ready: ReadonlyMap<string, Ready>) => void): Promise<void> {
  const byUid = new Map<string, PlainObject>()
  for await (const change of followResources(client, { group: '', version: 'v1', resource: 'nodes' }, null, clock, signal)) {
    if (change.type === 'lost') continue // what was known stays until the API server answers again
    if (change.type === 'replaced') {
      byUid.clear()
      for (const object of change.objects) byUid.set(object.metadata.uid, object)
    } else if (change.type === 'changed') byUid.set(change.object.metadata.uid, change.object)
    else byUid.delete(change.uid)
    tell(new Map([...byUid.values()].map(node => [node.metadata.name, readyOf(node)])))
  }
}

export function readyOf(node: PlainObject): Ready {
  const { conditions } = (node['status'] ?? {}) as { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
  const status = conditions?.find(condition => condition.type === 'Ready')?.status
  return status === 'True' || status === 'False' ? status : 'Unknown'
}
