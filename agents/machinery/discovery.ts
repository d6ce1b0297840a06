/**
 * Which resources the API server serves, by aggregated discovery, or group by group where that is not known.
 *
 *   DI1  Only the preferred (first) version of a group that serves a resource counts.
 *   DI2  A group that cannot be read is reported by name, and does not hide the others.
 */
import type { ResourceType } from '../api/resources.ts'
import type { Client } from './client.ts'
import { readStatusError } from './status-error.ts'

export interface DiscoveredResource extends ResourceType {
  readonly verbs: readonly string[]
}

export interface Discovery {
  readonly resources: readonly DiscoveredResource[]
  /** Group versions that could not be read. */
  readonly failed: readonly string[]
}

interface AggregatedGroups {
  readonly kind?: string
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string }
    readonly versions?: readonly {
      readonly version: string
      readonly freshness?: string
      readonly resources?: readonly { readonly resource: string; readonly responseKind?: { readonly kind: string; readonly group?: string; readonly version?: string }; readonly scope: string; readonly verbs: readonly string[] }[]
    }[]
  }[]
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'

export async function discover(client: Client, signal?: AbortSignal): Promise<Discovery> {
  const parts = await Promise.all(['/api', '/apis'].map(path => read<AggregatedGroups>(client, path, signal)))
  if (parts.some(part => part.kind !== 'APIGroupDiscoveryList')) return discoverByGroup(client, signal)
  const resources: DiscoveredResource[] = []
  const failed: string[] = []
  for (const group of parts.flatMap(part => part.items ?? [])) {
    const name = group.metadata?.name ?? ''
    const seen = new Set<string>()
    for (const { version, freshness, resources: served = [] } of group.versions ?? []) {
      if (freshness === 'Stale') failed.push(name === '' ? version : `${name}/${version}`) // DI2
      for (const { resource, responseKind, scope, verbs } of served) {
        if (seen.has(resource) || responseKind === undefined) continue
        seen.add(resource) // DI1
        resources.push({ group: name, version, resource, kind: responseKind.kind, namespaced: scope === 'Namespaced', verbs })
      }
    }
  }
  return { resources, failed }
}

interface GroupList {
  readonly groups: readonly { readonly name: string; readonly versions: readonly { readonly version: string }[] }[]
}

interface ResourceList {
  readonly resources: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean; readonly verbs: readonly string[] }[]
}

async function discoverByGroup(client: Client, signal?: AbortSignal): Promise<Discovery> {
  const { groups } = await read<GroupList>(client, '/apis', signal)
  const resources: DiscoveredResource[] = []
  const failed: string[] = []
  for (const { name, versions } of [{ name: '', versions: [{ version: 'v1' }] }, ...groups]) {
    const seen = new Set<string>()
    for (const { version } of versions) {
      const path = name === '' ? `/api/${version}` : `/apis/${name}/${version}`
      try {
        for (const { name: resource, kind, namespaced, verbs } of (await read<ResourceList>(client, path, signal)).resources) {
          if (resource.includes('/') || seen.has(resource)) continue
          seen.add(resource)
          resources.push({ group: name, version, resource, kind, namespaced, verbs })
        }
      } catch (error) {
        if (signal?.aborted === true) throw error
        failed.push(path.replace(/^\/apis?\//, ''))
      }
    }
  }
  return { resources, failed }
}

async function read<R>(client: Client, path: string, signal?: AbortSignal): Promise<R> {
  const reply = await client.raw({ method: 'GET', path, headers: { accept: aggregated }, ...(signal === undefined ? {} : { signal }) })
  if (reply.status !== 200) throw readStatusError(reply.status, reply.body)
  return JSON.parse(reply.body) as R
}
