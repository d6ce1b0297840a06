/** Where upstream keeps the objects of a resource; most lie under their plural name. */
const special: Readonly<Record<string, string>> = {
  nodes: 'minions',
  replicationcontrollers: 'controllers',
  services: 'services/specs',
  endpoints: 'services/endpoints',
  'ingresses.networking.k8s.io': 'ingress',
  'customresourcedefinitions.apiextensions.k8s.io': 'apiextensions.k8s.io/customresourcedefinitions',
  'apiservices.apiregistration.k8s.io': 'apiregistration.k8s.io/apiservices',
}

export function storagePrefix(group: string, resource: string): string {
  const name = group === '' ? resource : `${resource}.${group}`
  return `/registry/${special[name] ?? resource}/`
}
