/**
 * NamespaceExists and NamespaceAutoProvision. Upstream: plugin/pkg/admission/namespace.
 *
 *   NE1  NamespaceExists refuses whatever is about a namespace that is not there, with a 404 for the namespace.
 *   NE2  NamespaceAutoProvision makes the namespace of what is created, except in a dry run.
 */
import { notFound } from '../http/api-error.ts'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from './admission.ts'

const namespaces = { group: '', resource: 'namespaces' }

function isInNamespace(request: AdmissionRequest): boolean {
  return request.namespace !== '' && !(request.kind.group === '' && request.kind.kind === 'Namespace')
}

async function exists(reader: ObjectReader, name: string): Promise<boolean> {
  return reader.get(namespaces, '', name) !== undefined || (await reader.getFresh(namespaces, '', name)) !== undefined
}

export function namespaceExists(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'NamespaceExists',
    concerns: request => request.operation !== 'CONNECT' && isInNamespace(request),
    async validate(request) {
      if (!(await exists(reader, request.namespace))) throw notFound(namespaces, request.namespace) // NE1
    },
  }
}

export function namespaceAutoProvision(reader: ObjectReader, create: (name: string, signal: AbortSignal) => Promise<void>): AdmissionPlugin {
  return {
    name: 'NamespaceAutoProvision',
    concerns: request => request.operation === 'CREATE' && !request.dryRun && isInNamespace(request),
    async admit(request) {
      if (!(await exists(reader, request.namespace))) await create(request.namespace, request.signal) // NE2
    },
  }
}
