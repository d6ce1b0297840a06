/** Every kind that can be listed, by the server's aggregated discovery: two requests, whatever there is. */
import type { ResourceKind } from '../../contract/resources.ts'
import type { ApiClient } from './api-client.ts'

interface Discovery {
  readonly items: readonly {
    readonly metadata?: { readonly name?: string }
    readonly versions: readonly { readonly version: string; readonly freshness?: string; readonly resources?: readonly DiscoveredResource[] }[]
  }[]
}

interface DiscoveredResource {
  readonly resource: string
  readonly responseKind: { readonly kind: string }
  readonly scope: 'Cluster' | 'Namespaced'
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly verbs: readonly string[]
  readonly subresources?: readonly { readonly subresource: string }[]
}

const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

export async function readKinds(client: ApiClient): Promise<readonly ResourceKind[]> {
  const answers = await Promise.all(['/api', '/apis'].map(path => client.ask('GET', path, undefined, { accept })))
  return answers.flatMap(({ body }) => kindsOf(body as Discovery))
}

/** A resource served in several versions is taken in the first, which the server prefers. */
export function kindsOf({ items }: Discovery): readonly ResourceKind[] {
  return items.flatMap(({ metadata, versions }) => {
    const seen = new Set<string>()
    return versions.flatMap(({ version, resources = [] }) => resources.flatMap(({ resource, responseKind, scope, shortNames = [], categories = [], verbs, subresources = [] }) => {
      if (seen.has(resource) || !verbs.includes('list')) return []
      seen.add(resource)
      return [{ group: metadata?.name ?? '', version, resource, kind: responseKind.kind, namespaced: scope === 'Namespaced', shortNames, categories, verbs, subresources: subresources.map(({ subresource }) => subresource) }]
    }))
  })
}
