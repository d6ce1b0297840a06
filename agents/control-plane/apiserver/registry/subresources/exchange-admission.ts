/**
 * Admission of what is asked of a subresource and is not a write of the stored object: bindings, evictions, token
 * requests, and connections (exec, attach, portforward, proxy).
 */
import type { AdmissionChain, AdmissionRequest, Operation } from '../../admission/admission.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { KubeObject } from '../kube-object.ts'
import type { ServedResource } from '../served-resource.ts'
import type { WriteContext } from '../write-context.ts'

export interface AskedOfSubresource {
  readonly operation: Operation
  readonly kind: AdmissionRequest['kind']
  readonly object: KubeObject
  readonly name?: string
  readonly subresource?: string
  readonly context?: WriteContext
}

/** Both halves; the object may come back changed. */
export async function admitAsked(exchange: Exchange, resource: Pick<ServedResource, 'group' | 'version' | 'resource'>, admission: AdmissionChain, asked: AskedOfSubresource): Promise<void> {
  const { context } = asked
  const request: AdmissionRequest = {
    operation: asked.operation,
    group: resource.group,
    version: resource.version,
    resource: resource.resource,
    subresource: asked.subresource ?? exchange.info.subresource,
    kind: { group: asked.kind.group, version: asked.kind.version, kind: asked.kind.kind },
    namespace: exchange.info.namespace,
    name: asked.name ?? exchange.info.name,
    object: asked.object,
    oldObject: undefined,
    options: asked.operation === 'CONNECT' ? {} : { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', ...(context?.dryRun === true ? { dryRun: ['All'] } : {}), ...(context?.asked?.fieldManager === undefined ? {} : { fieldManager: context.asked.fieldManager }) },
    user: exchange.user!,
    dryRun: context?.dryRun ?? false,
    signal: exchange.signal,
    notes: exchange,
    warn: text => {
      exchange.warn(text)
    },
  }
  await admission.admit(request)
  await admission.validate(request)
}
