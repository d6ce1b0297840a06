/**
 * Empties a namespace, resource by resource.
 *
 *   NS1  Pods go first; nothing else is touched while any is left, so that they end in the order their owners expect.
 *   NS2  A resource that can be deleted as a collection is; others one by one.
 *   NS3  What is left is counted per resource, and so are the finalizers that hold it.
 *   NS4  A resource that cannot be listed or deleted is reported and does not stop the others.
 */
import { groupResourceText } from '../../../../api/kubernetes-object.ts'
import { errorText } from '../../../../base/log.ts'
import type { Client } from '../../../../machinery/client.ts'
import type { DiscoveredResource } from '../../../../machinery/discovery.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isNotFound, StatusError } from '../../../../machinery/status-error.ts'

export interface ContentReport {
  /** "pods.": 2 */
  readonly remaining: ReadonlyMap<string, number>
  readonly finalizers: ReadonlyMap<string, number>
  readonly failures: readonly string[]
}

interface MutableReport {
  remaining: Map<string, number>
  finalizers: Map<string, number>
  failures: string[]
}

const atOnce = 8

export async function deleteContent(client: Client, namespace: string, resources: readonly DiscoveredResource[], signal: AbortSignal): Promise<ContentReport> {
  const report: MutableReport = { remaining: new Map(), finalizers: new Map(), failures: [] }
  const deletable = resources.filter(({ namespaced, verbs }) => namespaced && verbs.includes('delete') && verbs.includes('list'))
  const isPods = ({ group, resource }: DiscoveredResource): boolean => group === '' && resource === 'pods'
  await deleteAll(client, namespace, deletable.filter(isPods), report, signal)
  if (report.remaining.size > 0 || report.failures.length > 0) return report // NS1
  await deleteAll(client, namespace, deletable.filter(one => !isPods(one)), report, signal)
  return report
}

async function deleteAll(client: Client, namespace: string, resources: readonly DiscoveredResource[], report: MutableReport, signal: AbortSignal): Promise<void> {
  const pending = [...resources]
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let resource = pending.shift(); resource !== undefined; resource = pending.shift()) {
      try {
        await deleteOne(client, namespace, resource, report, signal)
      } catch (error) {
        if (signal.aborted) throw error
        if (error instanceof StatusError && (error.code === 404 || error.code === 405)) continue
        report.failures.push(`${groupResourceText(resource)}: ${errorText(error)}`) // NS4
      }
    }
  }))
}

async function deleteOne(client: Client, namespace: string, resource: DiscoveredResource, report: MutableReport, signal: AbortSignal): Promise<void> {
  const scope = { namespace, metadataOnly: resource.resource !== 'pods' }
  const before = (await client.list(resource, scope, signal)).items
  if (before.length === 0) return
  if (resource.verbs.includes('deletecollection')) { // NS2
    await client.deleteCollection(resource, { namespace, propagationPolicy: 'Background' }, signal)
  } else {
    for (const object of before) {
      await client.delete(resource, keyOf(object), { propagationPolicy: 'Background', preconditions: { uid: object.metadata.uid } }, signal).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    }
  }
  const after = (await client.list(resource, scope, signal)).items
  if (after.length === 0) return
  report.remaining.set(`${resource.resource}.${resource.group}`, after.length) // NS3
  for (const object of after) {
    for (const finalizer of object.metadata.finalizers ?? []) report.finalizers.set(finalizer, (report.finalizers.get(finalizer) ?? 0) + 1)
  }
}
