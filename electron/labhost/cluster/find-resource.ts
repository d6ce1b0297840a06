/** What a word such as "deployment", "deploy" or "deployments.apps" means to an API server, from its discovery. */
import type { ResourceAddress } from '../../contract/resources.ts'
import type { ApiClient } from './api-client.ts'

export interface FoundResource extends ResourceAddress {
  readonly kind: string
  readonly namespaced: boolean
  readonly words: readonly string[]
}

interface GroupDiscovery {
  readonly metadata?: { readonly name?: string }
  readonly versions?: readonly {
    readonly version: string
    readonly resources?: readonly { readonly resource: string; readonly scope: string; readonly singularResource?: string; readonly shortNames?: readonly string[]; readonly responseKind?: { readonly kind?: string } }[]
  }[]
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** Every resource in its group's preferred version, the core group first. */
export async function listResources(client: ApiClient): Promise<readonly FoundResource[]> {
  const answers = await Promise.all(['/api', '/apis'].map(path => client.ask('GET', path, undefined, { accept: aggregated })))
  return answers.flatMap(({ body }) => ((body as { readonly items?: readonly GroupDiscovery[] } | null)?.items ?? []).flatMap(resourcesOf))
}

/** Undefined: the server has no such thing. */
export function findResource(resources: readonly FoundResource[], word: string): FoundResource | undefined {
  const wanted = word.toLowerCase()
  return resources.find(({ words }) => words.includes(wanted))
}

function resourcesOf({ metadata, versions = [] }: GroupDiscovery): readonly FoundResource[] {
  const group = metadata?.name ?? ''
  const seen = new Set<string>()
  return versions.flatMap(({ version, resources = [] }) => resources.flatMap((each): FoundResource[] => {
    if (seen.has(each.resource)) return []
    seen.add(each.resource)
    const kind = each.responseKind?.kind ?? ''
    const names = [each.resource, each.singularResource ?? '', kind.toLowerCase()].filter(name => name !== '')
    return [{ group, version, resource: each.resource, kind, namespaced: each.scope === 'Namespaced', words: [...names, ...(each.shortNames ?? []), ...names.map(name => `${name}.${group}`)] }]
  }))
}
