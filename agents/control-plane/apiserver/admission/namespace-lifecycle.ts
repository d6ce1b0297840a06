/**
 * Nothing is made in a namespace that is missing or going, and the namespaces the system stands on stay.
 * Upstream: plugin/namespace/lifecycle.
 *
 *   NL1  Creating in a missing namespace is a 404 for the namespace; the store is asked before that is said.
 *   NL2  Creating in a terminating namespace is a 403 with cause NamespaceTerminating.
 *   NL3  default, kube-system and kube-public cannot be deleted.
 */
import { forbidden, notFound } from '../http/api-error.ts'
import { textAt } from '../registry/kube-object.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, ObjectReader } from './admission.ts'

const immortal = new Set(['default', 'kube-system', 'kube-public'])
const namespaces = { group: '', resource: 'namespaces' }

export function namespaceLifecycle(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    concerns: request => request.namespace !== '' && (request.operation === 'CREATE' || (request.operation === 'DELETE' && request.resource === 'namespaces' && request.group === '')),
    async admit(request) {
      if (request.resource === 'namespaces' && request.group === '') {
        if (request.operation === 'DELETE' && immortal.has(request.name)) throw forbidden(namespaces, request.name, 'this namespace may not be deleted') // NL3
        return
      }
      if (request.group === 'authorization.k8s.io') return // access reviews ask about namespaces that need not exist
      const found = reader.get(namespaces, '', request.namespace) ?? (await reader.getFresh(namespaces, '', request.namespace)) // NL1
      if (found === undefined) throw notFound(namespaces, request.namespace)
      if (found.metadata.deletionTimestamp === undefined && textAt(found, 'status', 'phase') !== 'Terminating') return
      throw forbidden(request, shownName(request), `unable to create new content in namespace ${request.namespace} because it is being terminated`, [
        { reason: 'NamespaceTerminating', message: `namespace ${request.namespace} is being terminated`, field: 'metadata.namespace' }, // NL2
      ])
    },
  }
}
