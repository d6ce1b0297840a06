/**
 * Keeps the authorizers' indexes level with the watch cache.
 *
 *   FC1  A change of any role or binding makes RBAC build its index anew when it is next asked.
 *   FC2  A bound pod is read once; again only if something has changed that may name other objects: ephemeral containers
 *        and resource claims. Everything else a bound pod names is fixed.
 */
import type { ResourceTable } from '../registry/resource-table.ts'
import { fieldAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { decodeServed } from '../watch-cache/stored-form.ts'
import type { CachedObject } from '../watch-cache/resource-cache.ts'
import type { WatchCache } from '../watch-cache/watch-cache.ts'
import type { NodeGraph } from './node-graph.ts'
import { rbacGroup } from './rbac-authorizer.ts'
import type { RbacAuthorizer } from './rbac-authorizer.ts'

const markers = ['"ephemeralContainers"', '"resourceClaimStatuses"', '"extendedResourceClaimStatus"']

export function followAccess(cache: WatchCache, table: ResourceTable, rbac: RbacAuthorizer, graph: NodeGraph): void {
  const of = (group: string, resource: string) => table.stored({ group, resource })!.cache
  for (const resource of ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings']) {
    cache.onChange(of(rbacGroup, resource), () => { rbac.forget() }) // FC1
    cache.onLoad(of(rbacGroup, resource), () => { rbac.forget() })
  }
  followPods(cache, of('', 'pods'), graph)
  followDecoded(cache, of('', 'persistentvolumes'), (volume, isGone) => { graph.volumeChanged(volume, isGone) })
  followDecoded(cache, of('storage.k8s.io', 'volumeattachments'), (attachment, isGone) => { graph.ownerChanged('attachment', attachment.metadata.name!, isGone ? '' : textAt(attachment, 'spec', 'nodeName')) })
  followDecoded(cache, of('resource.k8s.io', 'resourceslices'), (slice, isGone) => { graph.ownerChanged('slice', slice.metadata.name!, isGone ? '' : String(fieldAt(slice, 'spec', 'nodeName') ?? '')) })
}

type CachedResource = Parameters<WatchCache['onChange']>[0]

function followPods(cache: WatchCache, pods: CachedResource, graph: NodeGraph): void {
  const nodeField = pods.spec.fieldPaths.indexOf('spec.nodeName')
  const see = (object: CachedObject, isGone: boolean, decoded: () => KubeObject) => {
    const node = object.fields[nodeField] ?? ''
    const mayName = isGone || !graph.knowsPod(node, object.key) || markers.some(marker => Buffer.from(object.bytes.buffer, object.bytes.byteOffset, object.bytes.byteLength).includes(marker))
    if (mayName) graph.podChanged(object.key, node, decoded, isGone) // FC2
  }
  cache.onLoad(pods, objects => {
    for (const object of objects) see(object, false, () => decodeServed(object.bytes))
  })
  cache.onChange(pods, (event, object) => { see(event.object, event.deleted, object) })
}

function followDecoded(cache: WatchCache, resource: CachedResource, see: (object: KubeObject, isGone: boolean) => void): void {
  cache.onLoad(resource, objects => {
    for (const object of objects) see(decodeServed(object.bytes), false)
  })
  cache.onChange(resource, (event, object) => { see(object(), event.deleted) })
}
