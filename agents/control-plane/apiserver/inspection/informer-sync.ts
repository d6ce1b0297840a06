/**
 * The readiness check informer-sync: upstream's server keeps informers of its own, and is not ready before they have read
 * everything once. Here one cache holds every resource; what keeps a resource from being read whole is a value in the store
 * that cannot be opened or decoded. Upstream: apiserver/pkg/server/healthz/healthz.go, informerSync.
 *
 *   IS1  Only resources that the server itself follows count; a value of another resource fails its own reads and nothing else.
 *   IS2  Once synced, always synced: what becomes unreadable later does not make a ready server unready.
 */
import type { ResourceTable } from '../registry/resource-table.ts'

const followed: readonly (readonly [group: string, resource: string, goType: string])[] = [
  ['', 'namespaces', '*v1.Namespace'], ['', 'secrets', '*v1.Secret'], ['', 'serviceaccounts', '*v1.ServiceAccount'], ['', 'pods', '*v1.Pod'], ['', 'nodes', '*v1.Node'],
  ['', 'services', '*v1.Service'], ['', 'endpoints', '*v1.Endpoints'], ['', 'limitranges', '*v1.LimitRange'], ['', 'resourcequotas', '*v1.ResourceQuota'], ['', 'persistentvolumes', '*v1.PersistentVolume'],
  ['rbac.authorization.k8s.io', 'roles', '*v1.Role'], ['rbac.authorization.k8s.io', 'rolebindings', '*v1.RoleBinding'], ['rbac.authorization.k8s.io', 'clusterroles', '*v1.ClusterRole'], ['rbac.authorization.k8s.io', 'clusterrolebindings', '*v1.ClusterRoleBinding'],
  ['admissionregistration.k8s.io', 'mutatingwebhookconfigurations', '*v1.MutatingWebhookConfiguration'], ['admissionregistration.k8s.io', 'validatingwebhookconfigurations', '*v1.ValidatingWebhookConfiguration'],
  ['admissionregistration.k8s.io', 'validatingadmissionpolicies', '*v1.ValidatingAdmissionPolicy'], ['admissionregistration.k8s.io', 'validatingadmissionpolicybindings', '*v1.ValidatingAdmissionPolicyBinding'],
  ['flowcontrol.apiserver.k8s.io', 'flowschemas', '*v1.FlowSchema'], ['flowcontrol.apiserver.k8s.io', 'prioritylevelconfigurations', '*v1.PriorityLevelConfiguration'],
  ['networking.k8s.io', 'ipaddresses', '*v1.IPAddress'], ['networking.k8s.io', 'servicecidrs', '*v1.ServiceCIDR'], ['networking.k8s.io', 'ingressclasses', '*v1.IngressClass'],
  ['scheduling.k8s.io', 'priorityclasses', '*v1.PriorityClass'], ['storage.k8s.io', 'storageclasses', '*v1.StorageClass'], ['storage.k8s.io', 'volumeattachments', '*v1.VolumeAttachment'],
  ['node.k8s.io', 'runtimeclasses', '*v1.RuntimeClass'], ['resource.k8s.io', 'resourceslices', '*v1.ResourceSlice'],
]

/** The check; undefined when all have synced. */
export function informerSync(table: Pick<ResourceTable, 'stored'>): () => string | undefined {
  const waiting = new Set(followed)
  return () => {
    for (const entry of waiting) {
      const [group, resource] = entry
      if ((table.stored({ group, resource })?.cache.unreadable.size ?? 0) === 0) waiting.delete(entry) // IS2
    }
    return waiting.size === 0 ? undefined : `${waiting.size} informers not started yet: [${[...waiting].map(([, , goType]) => goType).join(' ')}]`
  }
}
