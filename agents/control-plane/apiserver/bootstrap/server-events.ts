/** Events that the server itself tells, written through its own registry: what an EventRecorder needs of a client. */
import type { KubernetesObject, ResourceType } from '../../../api/resources.ts'
import { EventRecorder } from '../../../machinery/events.ts'
import type { EventClient } from '../../../machinery/events.ts'
import type { ObjectKey } from '../../../machinery/object-key.ts'
import { newStatus, StatusError } from '../../../machinery/status-error.ts'
import { ApiError } from '../http/api-error.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { serverContext } from './ensure-objects.ts'
import type { BootstrapDeps } from './ensure-objects.ts'

export function createServerEvents(deps: BootstrapDeps, component: string, signal: AbortSignal): EventRecorder {
  const context = serverContext(signal, component)
  const resource = deps.table.stored({ group: '', resource: 'events' })!
  const client: EventClient = {
    async create<T extends KubernetesObject>(_type: ResourceType<T>, event: object) {
      const { metadata } = event as KubeObject
      const made = await deps.writer.create(resource, metadata.namespace ?? 'default', { kind: 'Event', apiVersion: 'v1', ...event } as unknown as KubeObject, context).catch(throwStatus)
      return made.object as unknown as T
    },
    async patch<T extends KubernetesObject>(_type: ResourceType<T>, { namespace = 'default', name }: ObjectKey, patch: unknown) {
      const written = await deps.writer.update({ resource, namespace, name }, current => ({ ...current!, ...(patch as object) }), context, { allowsUnconditional: true }).catch(throwStatus)
      return written.object as unknown as T
    },
  }
  return new EventRecorder({ client, clock: deps.clock, component, log: deps.log, signal })
}

function throwStatus(error: unknown): never {
  if (error instanceof ApiError) throw new StatusError(newStatus(error.code, error.reason, error.message))
  throw error
}
