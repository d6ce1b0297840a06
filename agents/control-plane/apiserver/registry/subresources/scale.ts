/**
 * …/scale: the number of replicas of anything that has one, as an autoscaling/v1 Scale.
 *
 *   SC1  The Scale's resourceVersion is the object's; a stale one is a 409, none overwrites.
 *   SC3  A custom resource says by paths where its numbers and its selector (as text) are.
 *   SC2  status.selector is the selector's text form, which the autoscaler lists pods by.
 *   SC4  Shown as a table it has columns of its own.
 */
import { columnsOf } from '../../../../api/define-kind.ts'
import type { KubernetesObject } from '../../../../api/kubernetes-object.ts'
import { ageCell } from '../../../../api/printing.ts'
import { buildTable, partialObjectMetadata } from '../../../../api/table.ts'
import type { TableSource } from '../../../../api/table.ts'
import { selectorOf, selectorText } from '../../../../api/selectors/label-selector.ts'
import { invalid as invalidField } from '../../../../api/field-error.ts'
import { badRequest, internalError, invalid, methodNotSupported } from '../../http/api-error.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Negotiated } from '../../http/negotiation.ts'
import { formApiVersion, readIncludeObject, requireForm, sendObject } from '../answer-form.ts'
import { readFieldValidation, readObjectBody } from '../decode-body.ts'
import type { Fields, KubeObject } from '../kube-object.ts'
import { fieldAt, isFields, numberAt, textAt } from '../kube-object.ts'
import { noteWritten, readPatchBody, targetOf, writeContext } from '../rest-handler.ts'
import { complete, servedObject } from '../served-resource.ts'
import type { ServedResource } from '../served-resource.ts'
import type { SubresourceDeps } from './subresource.ts'

const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale', apiVersion: 'autoscaling/v1', definition: 'io.k8s.api.autoscaling.v1.Scale' }

/** Stands for replicas that were never set, while a change is made; nobody can mean it. */
const unset = -2_147_483_648

export async function serveScale(exchange: Exchange, resource: ServedResource, deps: SubresourceDeps): Promise<void> {
  const form = requireForm(exchange, undefined)
  const { verb } = exchange.info
  if (verb === 'get') {
    const cached = await deps.reads.get(resource, exchange.info.namespace, exchange.info.name, exchange.query.get('resourceVersion') ?? '')
    await sendScale(exchange, scaleOf(servedObject(resource, cached), resource), form)
    return
  }
  const change = verb === 'update' ? await readReplacement(exchange) : verb === 'patch' ? await readScalePatch(exchange) : undefined
  if (change === undefined) throw methodNotSupported(resource, verb)
  const written = await deps.writer.update(targetOf(exchange, resource), async object => withScale(object!, await change(scaleOf(object!, resource, unset)), resource), writeContext(exchange, deps), {
    subresource: 'scale',
    allowsUnconditional: true,
    shown: { kind: scaleKind, show: object => scaleOf(object, resource, unset), merge: (object, scale) => withScale(object, scale, resource) },
  })
  noteWritten(exchange, written)
  await sendScale(exchange, scaleOf(written.object, resource), form)
}

/** SC4 */
async function sendScale(exchange: Exchange, scale: KubeObject, form: Negotiated): Promise<void> {
  if (form.transform === 'PartialObjectMetadata') await sendObject(exchange, 200, partialObjectMetadata(complete(scale), formApiVersion(form)), form)
  else if (form.transform === 'Table') {
    const options = { includeObject: readIncludeObject(exchange.query), listMetadata: { resourceVersion: scale.metadata.resourceVersion! }, now: exchange.startedMs, apiVersion: formApiVersion(form) }
    await sendObject(exchange, 200, buildTable(scaleTable, [complete(scale)], options), form)
  } else await sendObject(exchange, 200, scale, form)
}

const scaleTable: TableSource<KubernetesObject> = {
  columns: columnsOf('printScale'),
  cells: (object, now) => [object.metadata.name, numberAt(object, 'spec', 'replicas') ?? 0, numberAt(object, 'status', 'replicas') ?? 0, ageCell(object.metadata.creationTimestamp, now)],
}

async function readReplacement(exchange: Exchange): Promise<(scale: KubeObject) => KubeObject | Promise<KubeObject>> {
  const sent = await readObjectBody(exchange, scaleKind, readFieldValidation(exchange.query))
  const name = sent.metadata.name ?? ''
  if (name !== '' && name !== exchange.info.name) throw badRequest(`the name of the object (${name}) does not match the name on the URL (${exchange.info.name})`)
  return () => sent
}

async function readScalePatch(exchange: Exchange): Promise<(scale: KubeObject) => KubeObject | Promise<KubeObject>> {
  const patch = await readPatchBody(exchange, scaleKind, readFieldValidation(exchange.query))
  return scale => patch.apply(scale)
}

function withScale(object: KubeObject, scale: KubeObject, { custom }: ServedResource): KubeObject {
  const replicas = numberAt(scale, 'spec', 'replicas') ?? 0
  if (replicas === unset) throw badRequest(`the spec replicas field ".${custom!.scale!.replicas.join('.')}" cannot be empty`)
  if (replicas < 0) throw invalid(scaleKind, object.metadata.name!, [invalidField('spec.replicas', replicas, 'must be greater than or equal to 0')])
  const meta = { ...object.metadata }
  if (scale.metadata.resourceVersion !== undefined && scale.metadata.resourceVersion !== '') meta.resourceVersion = scale.metadata.resourceVersion // SC1
  else delete meta.resourceVersion
  if (scale.metadata.uid !== undefined && scale.metadata.uid !== '') meta.uid = scale.metadata.uid
  if (custom?.scale !== undefined) return { ...(withValueAt(object, custom.scale.replicas, replicas) as KubeObject), metadata: meta } // SC3
  return { ...object, metadata: meta, spec: { ...(object['spec'] as Fields), replicas } }
}

function withValueAt(object: Fields, [name, ...rest]: readonly string[], value: unknown): Fields {
  return { ...object, [name!]: rest.length === 0 ? value : withValueAt(isFields(object[name!]) ? (object[name!] as Fields) : {}, rest, value) }
}

/** SC3 */
function customScaleOf(object: KubeObject, paths: NonNullable<NonNullable<ServedResource['custom']>['scale']>, missing: number | undefined): { replicas: number; statusReplicas: number; selector: string } {
  const replicas = numberAt(object, ...paths.replicas) ?? missing
  if (replicas === undefined) throw internalError(`the spec replicas field ".${paths.replicas.join('.')}" does not exist`)
  return { replicas, statusReplicas: numberAt(object, ...paths.statusReplicas) ?? 0, selector: paths.selector === undefined ? '' : textAt(object, ...paths.selector) }
}

function scaleOf(object: KubeObject, { custom }: ServedResource, missing?: number): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  if (custom?.scale !== undefined) {
    const { replicas, statusReplicas, selector } = customScaleOf(object, custom.scale, missing)
    return {
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: name!, ...(namespace === undefined ? {} : { namespace }), uid: uid!, resourceVersion: resourceVersion!, creationTimestamp: creationTimestamp! },
      spec: { replicas },
      status: { replicas: statusReplicas, ...(selector === '' ? {} : { selector }) },
    }
  }
  const selector = fieldAt(object, 'spec', 'selector')
  const text = selector === undefined ? '' : selectorText(selectorOf(asLabelSelector(selector) as never))
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name: name!, ...(namespace === undefined ? {} : { namespace }), uid: uid!, resourceVersion: resourceVersion!, creationTimestamp: creationTimestamp! },
    spec: { replicas: numberAt(object, 'spec', 'replicas') ?? 0 },
    status: { replicas: numberAt(object, 'status', 'replicas') ?? 0, ...(text === '' ? {} : { selector: text }) }, // SC2
  }
}

/** ReplicationControllers select by a plain map. */
function asLabelSelector(selector: unknown): unknown {
  return isFields(selector) && (isFields(selector['matchLabels']) || Array.isArray(selector['matchExpressions'])) ? selector : { matchLabels: selector }
}
