import type { GroupResource } from '../http/api-error.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { serverContext } from './ensure-objects.ts'
import type { BootstrapDeps } from './ensure-objects.ts'

/** Sets one label on the server's own behalf; an object that has been replaced meanwhile is left alone. */
export async function labelObject(deps: BootstrapDeps, of: GroupResource, { metadata }: KubeObject, label: string, value: string, signal: AbortSignal): Promise<void> {
  const resource = deps.table.stored(of)!
  await deps.writer.update({ resource, namespace: metadata.namespace ?? '', name: metadata.name! }, current => {
    if (current === undefined || current.metadata.uid !== metadata.uid) return current!
    return { ...current, metadata: { ...current.metadata, labels: { ...current.metadata.labels, [label]: value } } }
  }, serverContext(signal), { allowsUnconditional: true })
}
