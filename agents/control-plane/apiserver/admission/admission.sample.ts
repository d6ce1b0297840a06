/** Requests and caches for tests of plugins: whatever a test does not say is as it usually is. */
import type { GroupResource } from '../http/api-error.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { createAdmissionChain } from './admission.ts'
import type { AdmissionPlugin, AdmissionRequest, AdmissionVerdict, ObjectReader } from './admission.ts'

export interface Seen {
  readonly warnings: string[]
  readonly annotations: Record<string, string>
  readonly verdicts: AdmissionVerdict[]
}

export function object(kind: string, name: string, more: object = {}, namespace = ''): KubeObject {
  const { metadata, ...rest } = more as { metadata?: object }
  return { apiVersion: 'v1', kind, ...rest, metadata: { name, ...(namespace === '' ? {} : { namespace }), ...metadata } }
}

export function readerOf(objects: Readonly<Record<string, readonly KubeObject[]>>): ObjectReader {
  const all = (of: GroupResource) => objects[of.group === '' ? of.resource : `${of.resource}.${of.group}`] ?? []
  return {
    get: (of, namespace, name) => all(of).find(candidate => candidate.metadata.name === name && (candidate.metadata.namespace ?? '') === namespace),
    list: (of, namespace) => all(of).filter(candidate => namespace === undefined || namespace === '' || candidate.metadata.namespace === namespace),
    getFresh: () => Promise.resolve(undefined),
  }
}

export function requestOf(some: Partial<AdmissionRequest>, seen: Seen = newSeen()): AdmissionRequest {
  const subject = some.object ?? some.oldObject
  return {
    operation: 'CREATE', group: '', version: 'v1', resource: 'pods', subresource: '',
    kind: { group: '', version: 'v1', kind: subject?.kind ?? 'Pod' },
    namespace: subject?.metadata.namespace ?? 'ns', name: subject?.metadata.name ?? '',
    object: undefined, oldObject: undefined, options: {}, user: { name: 'jane', uid: '', groups: [], extra: {} }, dryRun: false, signal: new AbortController().signal,
    notes: {
      annotate: (key, value) => { seen.annotations[key] = value },
      record: verdict => { seen.verdicts.push(verdict) },
    },
    warn: text => { seen.warnings.push(text) },
    ...some,
  }
}

export function newSeen(): Seen {
  return { warnings: [], annotations: {}, verdicts: [] }
}

/** Both halves; the message of a refusal, or undefined. */
export async function refusalBy(plugin: AdmissionPlugin, some: Partial<AdmissionRequest>, seen: Seen = newSeen()): Promise<string | undefined> {
  const chain = createAdmissionChain([plugin])
  const request = requestOf(some, seen)
  try {
    await chain.admit(request)
    await chain.validate(request)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
