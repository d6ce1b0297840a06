/** An object that Kubarium puts into every lab, as it is sent. */
export interface AddonObject {
  readonly apiVersion: string
  readonly kind: 'ServiceAccount' | 'ClusterRole' | 'ClusterRoleBinding' | 'Role' | 'RoleBinding' | 'Service' | 'Deployment' | 'Namespace' | 'EndpointSlice' | 'APIService' | 'StorageClass' | 'CSIDriver' | 'Secret'
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> }
  readonly [field: string]: unknown
}

const resources: Readonly<Record<AddonObject['kind'], string>> = {
  ServiceAccount: 'serviceaccounts',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  Service: 'services',
  Deployment: 'deployments',
  Namespace: 'namespaces',
  EndpointSlice: 'endpointslices',
  APIService: 'apiservices',
  StorageClass: 'storageclasses',
  CSIDriver: 'csidrivers',
  Secret: 'secrets',
}

/** Path of the collection the object belongs to. */
export function collectionPath(object: AddonObject): string {
  const prefix = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`
  const { namespace } = object.metadata
  return `${prefix}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resources[object.kind]}`
}
