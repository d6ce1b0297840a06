/** Lists what may be related to an object, and plans its relations. */
import type { Relations, ResourceAddress } from '../../contract/resources.ts'
import type { ApiClient, ApiObject } from './api-client.ts'
import { type ListedObject, planRelations } from './relations.ts'
import { resourcePath } from './resource-path.ts'

type Related = readonly [group: string, resource: string, kind: string]

const inNamespace: readonly Related[] = [
  ['', 'pods', 'Pod'], ['', 'services', 'Service'], ['', 'configmaps', 'ConfigMap'], ['', 'secrets', 'Secret'], ['', 'serviceaccounts', 'ServiceAccount'], ['', 'persistentvolumeclaims', 'PersistentVolumeClaim'], ['', 'replicationcontrollers', 'ReplicationController'],
  ['apps', 'deployments', 'Deployment'], ['apps', 'replicasets', 'ReplicaSet'], ['apps', 'statefulsets', 'StatefulSet'], ['apps', 'daemonsets', 'DaemonSet'],
  ['batch', 'jobs', 'Job'], ['batch', 'cronjobs', 'CronJob'], ['discovery.k8s.io', 'endpointslices', 'EndpointSlice'], ['networking.k8s.io', 'ingresses', 'Ingress'], ['networking.k8s.io', 'networkpolicies', 'NetworkPolicy'], ['policy', 'poddisruptionbudgets', 'PodDisruptionBudget'],
]
const ofTheCluster: readonly Related[] = [['', 'nodes', 'Node'], ['', 'persistentvolumes', 'PersistentVolume']]
const inSecondVersion: readonly Related[] = [['autoscaling', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler']]

export async function readRelations(client: ApiClient, of: ResourceAddress, namespace: string | null, name: string): Promise<Relations> {
  const object = (await client.get(resourcePath(of, namespace, name))) as ApiObject
  const listAll = (kinds: readonly Related[], version: string, within: string | null): Promise<ListedObject[]>[] => kinds.map(async ([group, resource, kind]) => {
    const address = { group, version, resource }
    const list = (await client.get(resourcePath(address, within))) as { readonly items?: readonly ApiObject[] | null }
    return (list.items ?? []).map(one => ({ of: address, kind, object: one }))
  })
  const listed = (await Promise.all([...listAll(inNamespace, 'v1', namespace), ...listAll(ofTheCluster, 'v1', null), ...listAll(inSecondVersion, 'v2', namespace)])).flat()
  const start: ListedObject = { of, kind: object.kind ?? '', object }
  return planRelations(start, listed.filter(one => one.object.metadata.uid !== object.metadata.uid))
}
