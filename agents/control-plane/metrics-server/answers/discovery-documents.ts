/** What this server says of itself: the groups, the resources, and their OpenAPI. */
const group = 'metrics.k8s.io'
const version = 'v1beta1'
const groupVersion = `${group}/${version}`
const preferred = { groupVersion, version }
const verbs = ['get', 'list']
const resources = [{ name: 'nodes', kind: 'NodeMetrics', namespaced: false }, { name: 'pods', kind: 'PodMetrics', namespaced: true }]

const apiGroup = { name: group, versions: [preferred], preferredVersion: preferred }
const amounts = { type: 'object', description: 'Quantities by resource name.', additionalProperties: { type: 'string' } }
const time = { type: 'string', format: 'date-time' }
const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const metadata = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const common = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata, timestamp: { ...time, description: 'End of the time that the usage is the mean of.' }, window: { type: 'string', description: 'Length of the time that the usage is the mean of.' } }
const schemaNames = { node: 'io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics', pod: 'io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics', container: 'io.k8s.metrics.pkg.apis.metrics.v1beta1.ContainerMetrics' }
const kindOf = (kind: string) => ({ 'x-kubernetes-group-version-kind': [{ group, version, kind }] })
const schemas = {
  [schemaNames.node]: { type: 'object', description: 'What a node uses.', properties: { ...common, usage: amounts }, required: ['timestamp', 'window', 'usage'], ...kindOf('NodeMetrics') },
  [schemaNames.pod]: { type: 'object', description: 'What the containers of a pod use.', properties: { ...common, containers: { type: 'array', items: reference(schemaNames.container) } }, required: ['timestamp', 'window', 'containers'], ...kindOf('PodMetrics') },
  [schemaNames.container]: { type: 'object', description: 'What a container uses.', properties: { name: { type: 'string' }, usage: amounts }, required: ['name', 'usage'] },
}

const openApiUrl = `/openapi/v3/apis/${groupVersion}`

const documents: Readonly<Record<string, unknown>> = {
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [apiGroup] },
  [`/apis/${group}`]: { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup },
  [`/apis/${groupVersion}`]: { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: resources.map(resource => ({ ...resource, singularName: '', verbs })) },
  '/openapi/v3': { paths: { [`apis/${groupVersion}`]: { serverRelativeURL: `${openApiUrl}?hash=1` } } },
  [openApiUrl]: { openapi: '3.0.0', info: { title: 'metrics-server', version }, paths: openApiPaths(), components: { schemas } },
}

const aggregated = {
  kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {},
  items: [{
    metadata: { name: group, creationTimestamp: null },
    versions: [{ version, freshness: 'Current', resources: resources.map(({ name, kind, namespaced }) => ({ resource: name, responseKind: { group, version, kind }, scope: namespaced ? 'Namespaced' : 'Cluster', singularResource: '', verbs })) }],
  }],
}

/** Undefined: no document is at that path. */
export function discoveryDocument(path: string, accept: string): { readonly type: string; readonly body: unknown } | undefined {
  if (path === '/apis' && /as=APIGroupDiscoveryList/.test(accept) && /v=v2[;,]|v=v2$/.test(accept)) return { type: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList', body: aggregated }
  const body = documents[path]
  return body === undefined ? undefined : { type: 'application/json', body }
}

function openApiPaths(): Readonly<Record<string, unknown>> {
  const answer = (name: string) => ({ 200: { description: 'OK', content: { 'application/json': { schema: reference(name) } } } })
  const operation = (kind: string, name: string, action: string) => ({ get: { tags: ['metrics_v1beta1'], 'x-kubernetes-action': action, ...{ 'x-kubernetes-group-version-kind': { group, version, kind } }, responses: answer(name) } })
  return {
    [`/apis/${groupVersion}/nodes/{name}`]: operation('NodeMetrics', schemaNames.node, 'get'),
    [`/apis/${groupVersion}/namespaces/{namespace}/pods/{name}`]: operation('PodMetrics', schemaNames.pod, 'get'),
  }
}
