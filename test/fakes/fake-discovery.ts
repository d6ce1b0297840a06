import type { ResourceType } from '../../agents/api/resources.ts'

/** Aggregated discovery (apidiscovery.k8s.io/v2) of these types at /api and /apis. */
export function discoveryDocument(path: string, types: readonly ResourceType[]): unknown {
  const root = path.split('?')[0]
  if (root !== '/api' && root !== '/apis') return undefined
  const served = types.filter(type => (type.group === '') === (root === '/api'))
  const groups = Map.groupBy(served, type => type.group)
  return {
    kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {},
    items: [...groups].map(([group, members]) => ({
      metadata: group === '' ? {} : { name: group },
      versions: [...Map.groupBy(members, type => type.version)].map(([version, resources]) => ({
        version, freshness: 'Current',
        resources: resources.map(({ resource, kind, namespaced }) => ({
          resource, responseKind: { group, version, kind }, scope: namespaced ? 'Namespaced' : 'Cluster', singularResource: kind.toLowerCase(), verbs: verbsOf(resource),
        })),
      })),
    })),
  }
}

const createOnly = new Set(['bindings', 'tokenreviews', 'subjectaccessreviews', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews', 'localsubjectaccessreviews'])

function verbsOf(resource: string): string[] {
  if (createOnly.has(resource)) return ['create']
  if (resource === 'componentstatuses') return ['get', 'list']
  return ['create', 'delete', ...(resource === 'namespaces' ? [] : ['deletecollection']), 'get', 'list', 'patch', 'update', 'watch']
}
