/**
 * Subresources that are the whole object with one part open to change: namespaces/finalize, CSR approval,
 * pods/ephemeralcontainers, pods/resize.
 *
 *   WO1  Whatever is outside the open part comes from the stored object, whatever the client sent.
 *   WO2  Ephemeral containers are only added; resize changes only the containers' resources and resize policies.
 */
import { timeText } from '../../../../base/clock.ts'
import { validateApproval, withConditionTimes } from '../../../../api/groups/certificates-v1/certificate-signing-request.ts'
import { badRequest, invalid, methodNotSupported } from '../../http/api-error.ts'
import { forbidden as forbiddenField } from '../../../../api/field-error.ts'
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { semanticallyEqual } from '../../../../api/schema/clone.ts'
import type { Exchange } from '../../http/exchange.ts'
import { requireForm } from '../answer-form.ts'
import { readFieldValidation, readObjectBody } from '../decode-body.ts'
import type { Fields, KubeObject } from '../kube-object.ts'
import { isFields, listAt, textAt } from '../kube-object.ts'
import { sameValue } from '../object-equality.ts'
import { bodyKind, readPatchBody, sendWritten, targetOf, writeContext } from '../rest-handler.ts'
import { complete, servedObject, servedObjectBytes } from '../served-resource.ts'
import type { ServedResource } from '../served-resource.ts'
import { validateResize } from './resize-validation.ts'
import type { SubresourceDeps, SubresourceHandler } from './subresource.ts'

type OpenPart = (stored: KubeObject, sent: KubeObject, resource: ServedResource, now: string) => KubeObject

export const serveFinalize = wholeObject('finalize', (stored, sent) => ({
  ...stored,
  metadata: { ...stored.metadata, resourceVersion: sent.metadata.resourceVersion ?? '' },
  spec: { ...fieldsOf(stored['spec']), finalizers: listAt(sent, 'spec', 'finalizers') },
}))

export const serveApproval = wholeObject('approval', (stored, sent, resource, now) => {
  type Conditions = Parameters<typeof withConditionTimes>[0]
  const conditions = withConditionTimes(listAt(sent, 'status', 'conditions') as Conditions, listAt(stored, 'status', 'conditions') as Conditions, now)
  const next = { ...stored, metadata: versionOf(stored, sent), status: { ...fieldsOf(stored['status']), conditions } }
  const failures = validateApproval(next as never, stored as never)
  if (failures.length > 0) throw invalid(resource, stored.metadata.name!, failures)
  return next
})

export const serveEphemeralContainers = wholeObject('ephemeralcontainers', (stored, sent, resource) => {
  const before = listAt(stored, 'spec', 'ephemeralContainers')
  const after = listAt(sent, 'spec', 'ephemeralContainers')
  const failures = before.flatMap(container => { // WO2
    const name = textAt(container, 'name')
    const kept = after.find(other => textAt(other, 'name') === name)
    if (kept === undefined) return [forbiddenField('spec.ephemeralContainers', `existing ephemeral containers "${name}" may not be removed\n`)]
    return semanticallyEqual(withDefaults(kept), withDefaults(container)) ? [] : [forbiddenField('spec.ephemeralContainers', `existing ephemeral containers "${name}" may not be changed\n`)]
  })
  if (failures.length > 0) throw invalid(resource, stored.metadata.name!, failures)
  return { ...stored, metadata: versionOf(stored, sent), spec: { ...fieldsOf(stored['spec']), ephemeralContainers: after } }
})

export const serveResize = wholeObject('resize', (stored, sent, resource) => {
  const spec = fieldsOf(stored['spec'])
  const resized = { ...spec, containers: resizedContainers(stored, sent, 'containers'), ...(spec['initContainers'] === undefined ? {} : { initContainers: resizedContainers(stored, sent, 'initContainers') }) }
  const next: KubeObject = { ...stored, metadata: versionOf(stored, sent), spec: resized }
  resource.rules.setDefaults(complete(next))
  const failures = validateResize(next as unknown as Pod, stored as unknown as Pod) // WO2
  if (failures.length > 0) throw invalid(resource, stored.metadata.name!, failures)
  if (!sameValue(stored['spec'], next['spec']) && stored.metadata.generation !== undefined) next.metadata.generation = stored.metadata.generation + 1
  return next
})

/** What else was sent is dropped; lists of another length or order are kept, to be refused. */
function resizedContainers(stored: KubeObject, sent: KubeObject, list: string): Fields[] {
  const wanted = listAt(sent, 'spec', list)
  const before = listAt(stored, 'spec', list)
  if (wanted.length !== before.length || wanted.some((other, index) => textAt(other, 'name') !== textAt(before[index], 'name'))) return wanted.map(fieldsOf)
  return before.map((container, index) => {
    const { resources, resizePolicy } = fieldsOf(wanted[index])
    return { ...fieldsOf(container), resources, ...(resizePolicy === undefined ? {} : { resizePolicy }) }
  })
}

/** A container that was sent without what the server fills in is still the same. */
function withDefaults(container: unknown): unknown {
  return { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File', resources: {}, ...fieldsOf(container) }
}

function versionOf(stored: KubeObject, sent: KubeObject): KubeObject['metadata'] {
  return { ...stored.metadata, resourceVersion: sent.metadata.resourceVersion ?? '' }
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

function wholeObject(subresource: string, open: OpenPart): SubresourceHandler {
  return async (exchange, resource, deps) => {
    const { verb } = exchange.info
    if (verb === 'get') {
      await serveWhole(exchange, resource, deps)
      return
    }
    if (verb !== 'update' && verb !== 'patch') throw methodNotSupported(resource, verb)
    const form = requireForm(exchange, resource)
    const change = verb === 'update' ? await readSent(exchange, resource) : await readChange(exchange, resource)
    const options = { subresource, rules: 'custom' as const, allowsUnconditional: true, validateCustom: (next: KubeObject) => resource.rules.validate(complete(next)) }
    const transform = async (stored: KubeObject | undefined) => {
      const next = open(stored!, await change(stored!), resource, timeText(deps.clock.now()))
      resource.rules.setDefaults(complete(next))
      return next
    }
    const written = await deps.writer.update(targetOf(exchange, resource), transform, writeContext(exchange, deps), options)
    await sendWritten(exchange, 200, resource, form, written)
  }
}

async function serveWhole(exchange: Exchange, resource: ServedResource, deps: SubresourceDeps): Promise<void> {
  const form = requireForm(exchange, resource)
  const cached = await deps.reads.get(resource, exchange.info.namespace, exchange.info.name, '')
  await sendWritten(exchange, 200, resource, form, { bytes: servedObjectBytes(resource, cached), object: servedObject(resource, cached), revision: cached.revision, created: false, gone: false })
}

async function readSent(exchange: Exchange, resource: ServedResource): Promise<(stored: KubeObject) => KubeObject | Promise<KubeObject>> {
  const sent = await readObjectBody(exchange, bodyKind(resource), readFieldValidation(exchange.query))
  if (sent.metadata.name !== exchange.info.name) throw badRequest(`the name of the object (${sent.metadata.name ?? ''}) does not match the name on the URL (${exchange.info.name})`)
  return () => sent
}

async function readChange(exchange: Exchange, resource: ServedResource): Promise<(stored: KubeObject) => KubeObject | Promise<KubeObject>> {
  const patch = await readPatchBody(exchange, bodyKind(resource), readFieldValidation(exchange.query))
  return stored => patch.apply(stored)
}
