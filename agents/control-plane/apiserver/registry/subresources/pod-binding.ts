/**
 * POST …/pods/<name>/binding and …/bindings: puts a pod on a node. Upstream: pkg/registry/core/pod/storage.
 *
 *   PB1  A pod is bound once; one that is bound, being deleted or gated is a 409.
 *   PB3  What is wrong with a binding is a 500 without a reason: upstream's answer.
 *   PB2  Annotations and labels of the binding go onto the pod; the condition PodScheduled becomes True in the same write.
 */
import { timeText } from '../../../../base/clock.ts'
import { fieldErrorsText, required } from '../../../../api/field-error.ts'
import { badRequest, conflict, relayedStatus } from '../../http/api-error.ts'
import type { Exchange } from '../../http/exchange.ts'
import { plainForm } from '../../http/negotiation.ts'
import { requireForm, sendObject } from '../answer-form.ts'
import { readFieldValidation, readObjectBody } from '../decode-body.ts'
import type { Fields, KubeObject } from '../kube-object.ts'
import { isFields, listAt, textAt } from '../kube-object.ts'
import { noteWritten, writeContext } from '../rest-handler.ts'
import type { ServedResource } from '../served-resource.ts'
import { admitAsked } from './exchange-admission.ts'
import type { SubresourceDeps } from './subresource.ts'

const bindingKind = { group: '', version: 'v1', kind: 'Binding', apiVersion: 'v1', definition: 'io.k8s.api.core.v1.Binding' }

export async function serveBinding(exchange: Exchange, pods: ServedResource, deps: SubresourceDeps): Promise<void> {
  const form = requireForm(exchange, undefined, plainForm)
  const binding = await readObjectBody(exchange, bindingKind, readFieldValidation(exchange.query))
  const name = exchange.info.name === '' ? (binding.metadata.name ?? '') : exchange.info.name
  if (exchange.info.name !== '' && binding.metadata.name !== name) throw badRequest(`name in URL does not match name in Binding object`)
  const context = writeContext(exchange, deps)
  await admitAsked(exchange, pods, deps.admission, { operation: 'CREATE', kind: bindingKind, object: binding, name, subresource: 'binding', context })
  checkBinding(binding)
  const target = { resource: pods, namespace: exchange.info.namespace, name }
  const written = await deps.writer.update(target, pod => bound(pod!, binding, pods, deps.clock.now()), context, {
    subresource: 'binding',
    rules: 'custom',
    leavesGiven: true,
    allowsUnconditional: true,
    managedFieldsDone: true,
    skipAdmission: true,
  })
  noteWritten(exchange, written)
  await sendObject(exchange, 201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, form)
}

function checkBinding(binding: KubeObject): void {
  const failures = []
  const kind = textAt(binding, 'target', 'kind')
  if (kind !== '' && kind !== 'Node') failures.push({ path: 'target.kind', reason: 'FieldValueNotSupported' as const, message: `Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"` })
  if (textAt(binding, 'target', 'name') === '') failures.push(required('target.name'))
  if (failures.length > 0) throw relayedStatus({ code: 500, message: fieldErrorsText(failures) }) // PB3
}

function bound(pod: KubeObject, binding: KubeObject, pods: ServedResource, nowMs: number): KubeObject {
  const name = pod.metadata.name!
  const uid = binding.metadata.uid ?? ''
  if (uid !== '' && uid !== pod.metadata.uid) throw conflict(pods, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid!}`)
  if (pod.metadata.deletionTimestamp !== undefined) throw conflict({ group: '', resource: 'pods/binding' }, name, `pod ${name} is being deleted, cannot be assigned to a host`) // PB1
  const node = textAt(pod, 'spec', 'nodeName')
  if (node !== '') throw conflict({ group: '', resource: 'pods/binding' }, name, `pod ${name} is already assigned to node ${JSON.stringify(node)}`)
  if (listAt(pod, 'spec', 'schedulingGates').length > 0) throw conflict({ group: '', resource: 'pods/binding' }, name, `pod ${name} has non-empty .spec.schedulingGates`)
  const spec = pod['spec'] as Fields
  const status: Fields = isFields(pod['status']) ? pod['status'] : {}
  const meta = { ...pod.metadata }
  if (binding.metadata.annotations !== undefined) meta.annotations = { ...meta.annotations, ...binding.metadata.annotations } // PB2
  if (binding.metadata.labels !== undefined) meta.labels = { ...meta.labels, ...binding.metadata.labels }
  return { ...pod, metadata: meta, spec: { ...spec, nodeName: textAt(binding, 'target', 'name') }, status: { ...withoutNomination(status), conditions: withScheduled(listAt(status, 'conditions') as Fields[], nowMs) } }
}

function withScheduled(conditions: readonly Fields[], nowMs: number): Fields[] {
  const known = conditions.find(condition => condition['type'] === 'PodScheduled')
  if (known?.['status'] === 'True') return [...conditions]
  const scheduled: Fields = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: timeText(nowMs) }
  return known === undefined ? [...conditions, scheduled] : conditions.map(condition => (condition === known ? scheduled : condition))
}

/** Upstream: ClearingNominatedNodeNameAfterBinding. */
function withoutNomination({ nominatedNodeName: _, ...status }: Fields): Fields {
  return status
}
