/** Kinds in the order in which one thinks of them; what is in no group stands under its API group. */
import type { ResourceKind } from '../../../electron/contract/resources.ts'
import { kindId } from '../../lib/kind-id.ts'

export interface KindGroup {
  /** Key of a text, or an API group's name. */
  readonly name: string
  readonly isApiGroup: boolean
  readonly kinds: readonly ResourceKind[]
}

const known: Readonly<Record<string, readonly string[]>> = {
  workloads: ['pods', 'deployments.apps', 'replicasets.apps', 'statefulsets.apps', 'daemonsets.apps', 'jobs.batch', 'cronjobs.batch', 'horizontalpodautoscalers.autoscaling', 'poddisruptionbudgets.policy', 'replicationcontrollers'],
  network: ['services', 'endpointslices.discovery.k8s.io', 'ingresses.networking.k8s.io', 'networkpolicies.networking.k8s.io', 'ingressclasses.networking.k8s.io', 'endpoints'],
  configuration: ['configmaps', 'secrets', 'resourcequotas', 'limitranges'],
  storage: ['persistentvolumeclaims', 'persistentvolumes', 'storageclasses.storage.k8s.io', 'volumeattachments.storage.k8s.io', 'csidrivers.storage.k8s.io', 'csinodes.storage.k8s.io'],
  cluster: ['nodes', 'namespaces', 'events', 'leases.coordination.k8s.io', 'priorityclasses.scheduling.k8s.io', 'customresourcedefinitions.apiextensions.k8s.io'],
  access: ['serviceaccounts', 'roles.rbac.authorization.k8s.io', 'rolebindings.rbac.authorization.k8s.io', 'clusterroles.rbac.authorization.k8s.io', 'clusterrolebindings.rbac.authorization.k8s.io'],
}

export function groupKinds(kinds: readonly ResourceKind[]): readonly KindGroup[] {
  const byId = new Map(kinds.map(kind => [kindId(kind), kind]))
  const groups: KindGroup[] = Object.entries(known).map(([name, ids]) => ({ name, isApiGroup: false, kinds: ids.flatMap(id => byId.get(id) ?? []) }))
  const placed = new Set(Object.values(known).flat())
  const others = Map.groupBy(kinds.filter(kind => !placed.has(kindId(kind))), ({ group }) => group)
  const rest = [...others].sort(([a], [b]) => (a < b ? -1 : 1)).map(([group, members]): KindGroup => ({ name: group === '' ? 'v1' : group, isApiGroup: true, kinds: [...members].sort((a, b) => (a.kind < b.kind ? -1 : 1)) }))
  return [...groups.filter(group => group.kinds.length > 0), ...rest]
}
