/**
 * Resource requests, by verb: reads the options and the body, lets the registry act, answers in the negotiated form.
 *
 *   RH1  What a resource does not support is a 405 by name; what does not exist is a 404, after authorization.
 *   RH2  A name or namespace in the body that disagrees with the path is a 400.
 *   RH3  DELETE answers with the object where the kind says so or the object survives, else with a Status.
 *   RH5  A name or namespace of the path is one segment of a key: "..", "/" , "%" and NUL are a 400.
 *   RH9  An object that cannot be read is deleted only by who may do so by its own verb and asks for it by name, and only
 *        where a feature gate allows it; elsewhere the option is not heard.
 *   RH4  deletecollection takes the selectors of a list and answers with the list it deleted.
 */
import { badRequest, forbidden, methodNotAllowed, methodNotSupported, namelessObject, noSuchPath, ApiError, invalid } from '../http/api-error.ts'
import { invalid as invalidField, required } from '../../../api/field-error.ts'
import type { Authorizer } from '../access/authorizer.ts'
import { attributesOf } from '../filters/authorization.ts'
import type { Exchange } from '../http/exchange.ts'
import { bodyType, jsonType, plainForm, protobufType } from '../http/negotiation.ts'
import { decodeProtobufObject } from '../../../wire/protobuf/envelope.ts'
import { requireForm, sendList, sendObject, sendStored } from './answer-form.ts'
import { parseBodyText } from './body-text.ts'
import { readFieldValidation, readObjectBody } from './decode-body.ts'
import type { BodyKind } from './decode-body.ts'
import { checkDeleteOptions, unsafeOption } from './deletion.ts'
import type { DeleteOptions } from './deletion.ts'
import { inTurns, takeTurn } from './heavy-work.ts'
import { isFields } from './kube-object.ts'
import type { KubeObject } from './kube-object.ts'
import { readListOptions } from './list-options.ts'
import { readObjectSelector } from './object-selector.ts'
import type { ObjectWriter, Target, UpdateOptions, Written } from './object-writer.ts'
import { applyPatchType, readPatch } from './patching.ts'
import type { ReadPatch } from './patching.ts'
import type { Reads } from './reads.ts'
import { applyManagedSteps } from './field-management.ts'
import { nameOfKey, namespaceOfKey, servedObject, servedObjectBytes } from './served-resource.ts'
import type { ServedResource } from './served-resource.ts'
import { serveWatch } from './watches.ts'
import type { WatchDeps } from './watches.ts'
import type { AskedOptions, WriteContext } from './write-context.ts'

export interface RestDeps extends WatchDeps {
  readonly writer: ObjectWriter
  readonly reads: Reads
  readonly authorizer: Authorizer
  /** Whether objects that cannot be read may be deleted (feature gate AllowUnsafeMalformedObjectDeletion). */
  readonly allowsUnsafeDeletion: boolean
}

const maxManagerLength = 128

export async function serveResource(exchange: Exchange, resource: ServedResource, deps: RestDeps): Promise<void> {
  const { info } = exchange
  const hasName = info.name !== '' && (info.verb === 'get' || info.verb === 'update' || info.verb === 'patch' || info.verb === 'delete')
  const verb = info.verb
  if (!resource.row.verbs.includes(verb)) throw methodNotAllowed()
  checkPathNames(info)
  if (hasName && resource.namespaced && info.namespace === '') throw noSuchPath()
  if (resource.rules.deprecated !== undefined) exchange.warn(resource.rules.deprecated)
  switch (verb) {
    case 'get':
      await serveGet(exchange, resource, deps)
      return
    case 'list':
      await serveList(exchange, resource, deps)
      return
    case 'watch': {
      const options = readListOptions(exchange.query, true)
      const fieldText = legacyWatchName(exchange, options.fieldSelector)
      const selector = readObjectSelector(resource, options.labelSelector, fieldText)
      await serveWatch(exchange, resource, info.namespace, options, selector, requireForm(exchange, resource), deps)
      return
    }
    case 'create':
      if (info.name !== '') throw methodNotAllowed()
      await serveCreate(exchange, resource, deps)
      return
    case 'update':
      if (info.name === '') throw methodNotAllowed()
      await serveUpdate(exchange, resource, deps, {})
      return
    case 'patch':
      await servePatch(exchange, resource, deps, {})
      return
    case 'delete':
      await serveDelete(exchange, resource, deps)
      return
    case 'deletecollection':
      await serveDeleteCollection(exchange, resource, deps)
      return
    default:
      throw methodNotSupported(resource, verb)
  }
}

/** RH5 */
function checkPathNames({ name, namespace, verb }: Exchange['info']): void {
  const about = verb === 'list' || verb === 'watch' || verb === 'deletecollection' ? '' : name
  for (const [what, text] of [['Name', about], ['Namespace', namespace]] as const) {
    const wrong = pathSegmentErrors(text)
    if (wrong.length > 0) throw badRequest(`${what} parameter invalid: ${JSON.stringify(text)}: ${wrong.join(';')}`)
  }
}

const isOrdinarySegment = /^[\w-][\w.-]*$/

function pathSegmentErrors(text: string): readonly string[] {
  if (isOrdinarySegment.test(text)) return []
  if (text === '.' || text === '..') return [`may not be '${text}'`]
  return ['/', '%', '\0'].filter(part => text.includes(part)).map(part => `may not contain '${part === '\0' ? '\\x00' : part}'`)
}

/** GET, PUT and PATCH of …/status. */
export async function serveStatus(exchange: Exchange, resource: ServedResource, deps: RestDeps): Promise<void> {
  const options: UpdateOptions = { subresource: 'status', rules: 'status' }
  if (exchange.info.verb === 'get') await serveGet(exchange, resource, deps)
  else if (exchange.info.verb === 'update') await serveUpdate(exchange, resource, deps, options)
  else if (exchange.info.verb === 'patch') await servePatch(exchange, resource, deps, options)
  else throw methodNotSupported(resource, exchange.info.verb)
}

async function serveGet(exchange: Exchange, resource: ServedResource, deps: RestDeps): Promise<void> {
  const form = requireForm(exchange, resource)
  const cached = await deps.reads.get(resource, exchange.info.namespace, exchange.info.name, exchange.query.get('resourceVersion') ?? '')
  await sendStored(exchange, 200, resource, form, { bytes: resource.view === undefined ? cached.bytes : servedObjectBytes(resource, cached), object: () => servedObject(resource, cached) })
}

async function serveList(exchange: Exchange, resource: ServedResource, deps: RestDeps): Promise<void> {
  const form = requireForm(exchange, resource)
  const options = readListOptions(exchange.query, false)
  const selector = readObjectSelector(resource, options.labelSelector, options.fieldSelector)
  const page = await deps.reads.list(resource, exchange.info.namespace, options, selector)
  await sendList(exchange, resource, form, page.items, page.meta)
}

async function serveCreate(exchange: Exchange, resource: ServedResource, deps: RestDeps): Promise<void> {
  const form = requireForm(exchange, resource)
  if (resource.namespaced && exchange.info.namespace === '') throw methodNotAllowed()
  const validation = readFieldValidation(exchange.query)
  const object = await readObjectBody(exchange, resource.isCustom ? { ...resource, definition: undefined } : resource, validation)
  const context = writeContext(exchange, deps)
  exchange.mark('decoded', deps.clock.monotonic())
  checkNamespace(object, resource, exchange.info.namespace)
  const written = await deps.writer.create(resource, exchange.info.namespace, object, context, { isDecoded: true })
  await sendWritten(exchange, 201, resource, form, written)
}

export async function serveUpdate(exchange: Exchange, resource: ServedResource, deps: RestDeps, options: UpdateOptions): Promise<void> {
  const form = requireForm(exchange, resource)
  const validation = readFieldValidation(exchange.query)
  const object = await readObjectBody(exchange, bodyKind(resource), validation)
  const context = writeContext(exchange, deps)
  exchange.mark('decoded', deps.clock.monotonic())
  const target = targetOf(exchange, resource)
  checkNamespace(object, resource, target.namespace)
  const name = object.metadata.name ?? ''
  if (name === '') throw namelessObject(target.name)
  if (name !== target.name) throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`) // RH2
  const written = await deps.writer.update(target, () => copyOf(object), context, {
    ...options,
    leavesGiven: true,
    isDecoded: !resource.isCustom,
    createIfMissing: resource.rules.allowsCreateOnUpdate && options.subresource === undefined,
  })
  await sendWritten(exchange, written.created ? 201 : 200, resource, form, written)
}

export async function servePatch(exchange: Exchange, resource: ServedResource, deps: RestDeps, options: UpdateOptions): Promise<void> {
  const form = requireForm(exchange, resource)
  const validation = readFieldValidation(exchange.query)
  const patch = await readPatchBody(exchange, bodyKind(resource), validation)
  exchange.mark('decoded', deps.clock.monotonic())
  const context = writeContext(exchange, deps)
  const target = targetOf(exchange, resource)
  const written = await patchObject(exchange, target, patch, context, deps, options)
  await sendWritten(exchange, written.created ? 201 : 200, resource, form, written)
}

async function patchObject(exchange: Exchange, target: Target, patch: ReadPatch, context: WriteContext, deps: RestDeps, options: UpdateOptions): Promise<Written> {
  const unconditional = { ...options, allowsUnconditional: true }
  if (patch.applied === undefined) {
    const isDecoded = !target.resource.isCustom // PA8; a custom resource is admitted by its schema in place
    return await deps.writer.update(target, async current => named(await patch.apply(current!), target.name), context, { ...unconditional, isPatch: true, leavesGiven: isDecoded, isDecoded })
  }
  const force = readForce(exchange)
  return await deps.writer.update(
    target,
    current => inTurns(applyManagedSteps({ resource: target.resource, live: current, applied: patch.applied!, manager: context.manager, subresource: options.subresource ?? '', force, nowMs: deps.clock.now(), name: target.name, namespace: target.namespace })),
    context,
    { ...unconditional, managedFieldsDone: true, createIfMissing: options.subresource === undefined },
  )
}

function named(object: KubeObject, asked: string): KubeObject {
  if ((object.metadata.name ?? '') === '') throw namelessObject(asked)
  return object
}

export async function readPatchBody(exchange: Exchange, kind: BodyKind, validation: ReturnType<typeof readFieldValidation>): Promise<ReadPatch> {
  const type = bodyType(exchange.header('content-type'))
  const isApply = type === applyPatchType
  const manager = exchange.query.get('fieldManager') ?? ''
  if (isApply && manager === '') throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [required('fieldManager', 'is required for apply patch')])
  if (!isApply && exchange.query.has('force')) throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [{ path: 'force', reason: 'FieldValueForbidden', message: 'Forbidden: may not be specified for non-apply patch' }])
  const bytes = await exchange.body()
  exchange.audited?.noteRequestPatch(bytes)
  await takeTurn(exchange, bytes.length)
  return await readPatch(bytes, type, kind, validation, text => {
    exchange.warn(text)
  })
}

async function serveDelete(exchange: Exchange, resource: ServedResource, deps: RestDeps): Promise<void> {
  const form = requireForm(exchange, resource)
  const options = await readDeleteOptions(exchange, deps)
  const context = { ...writeContext(exchange, deps), dryRun: isDryRun(exchange.query.getAll('dryRun')) || isDryRun(options.dryRun ?? []) }
  if (options.ignoreStoreReadErrorWithClusterBreakingPotential === true) {
    await deleteUnreadable(exchange, resource, deps)
    return
  }
  warnOfPreserved(exchange, resource, options)
  const written = await deps.writer.delete(targetOf(exchange, resource), options, context)
  noteWritten(exchange, written)
  if (!written.gone || resource.rules.returnsDeletedObject) {
    const code = !written.gone && options.orphanDependents === false ? 202 : 200
    await sendStored(exchange, code, resource, form, { bytes: written.bytes, object: () => written.object }) // RH3
    return
  }
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: exchange.info.name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.resource, uid: written.object.metadata.uid },
  }
  await sendObject(exchange, 200, status, requireForm(exchange, undefined, plainForm).encoding === form.encoding ? { encoding: form.encoding } : { encoding: 'json' })
}

/** Upstream: pkg/registry/batch/job/storage. */
function warnOfPreserved(exchange: Exchange, { group, resource, rules }: ServedResource, { propagationPolicy, orphanDependents }: DeleteOptions): void {
  if (group !== 'batch' || resource !== 'jobs' || rules.defaultPropagation !== 'Orphan' || propagationPolicy !== undefined || orphanDependents !== undefined) return
  exchange.warn('child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning')
}

const unsafeVerb = 'unsafe-delete-ignore-read-errors'

/** RH9. Upstream: apiserver/pkg/endpoints/handlers/delete.go. */
async function deleteUnreadable(exchange: Exchange, resource: ServedResource, deps: RestDeps): Promise<void> {
  exchange.annotate('apiserver.k8s.io/unsafe-delete-ignore-read-error', '')
  const { decision, reason } = await deps.authorizer.authorize({ ...attributesOf(exchange), verb: unsafeVerb })
  if (decision !== 'allow') throw forbidden(resource, exchange.info.name, `not permitted to do ${JSON.stringify(unsafeVerb)}, reason: ${reason}`)
  await deps.writer.deleteUnreadable(targetOf(exchange, resource))
  const details = { name: exchange.info.name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.resource }
  await sendObject(exchange, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }, requireForm(exchange, undefined, plainForm))
}

async function serveDeleteCollection(exchange: Exchange, resource: ServedResource, deps: RestDeps): Promise<void> {
  const form = requireForm(exchange, resource)
  const options = await readDeleteOptions(exchange, deps)
  const context = { ...writeContext(exchange, deps), dryRun: isDryRun(exchange.query.getAll('dryRun')) || isDryRun(options.dryRun ?? []) }
  if (options.ignoreStoreReadErrorWithClusterBreakingPotential === true) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [invalidField(unsafeOption, true, 'is not allowed with DELETECOLLECTION, try again after removing the option')])
  const listOptions = readListOptions(exchange.query, false)
  const selector = readObjectSelector(resource, listOptions.labelSelector, listOptions.fieldSelector)
  const page = await deps.reads.list(resource, exchange.info.namespace, listOptions, selector)
  const { preconditions: _each, ...shared } = options
  warnOfPreserved(exchange, resource, options)
  for (let at = 0; at < page.items.length; at += 16) {
    await Promise.all(page.items.slice(at, at + 16).map(async item => {
      const target = { resource, namespace: namespaceOfKey(item.key), name: nameOfKey(item.key) }
      try {
        await deps.writer.delete(target, shared, context)
      } catch (error) {
        if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error
      }
    }))
  }
  await sendList(exchange, resource, form, page.items, page.meta) // RH4
}

async function readDeleteOptions(exchange: Exchange, { allowsUnsafeDeletion }: RestDeps): Promise<DeleteOptions> {
  const bytes = await exchange.body()
  const sent = bytes.length === 0 ? fromQuery(exchange.query) : await readOptionsBody(bytes, bodyType(exchange.header('content-type')))
  exchange.audited?.noteRequestObject({ kind: 'DeleteOptions', apiVersion: 'v1', ...sent })
  const { [unsafeOption]: _unsafe, ...safe } = sent
  const options = allowsUnsafeDeletion ? sent : safe // RH9
  checkDeleteOptions(options)
  return options
}

async function readOptionsBody(bytes: Buffer, type: string): Promise<DeleteOptions> {
  const value = type === protobufType ? optionsFromProtobuf(bytes) : await readOptionsText(bytes, type === '' ? jsonType : type)
  if (!isFields(value)) throw badRequest('the body must be DeleteOptions')
  const kind = value['kind']
  if (typeof kind === 'string' && kind !== '' && kind !== 'DeleteOptions') throw badRequest(`decoded object cannot be converted to DeleteOptions`)
  return value as DeleteOptions
}

async function readOptionsText(bytes: Buffer, type: string): Promise<unknown> {
  try {
    return (await parseBodyText(bytes, type)).value
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'BadRequest' || type !== jsonType) throw error
    throw badRequest(`couldn't get version/kind; json parse error: ${error.message}`)
  }
}

function optionsFromProtobuf(bytes: Buffer): unknown {
  try {
    return decodeProtobufObject(bytes, { apiVersion: 'v1', kind: 'DeleteOptions' })
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error))
  }
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const grace = query.get('gracePeriodSeconds')
  const policy = query.get('propagationPolicy')
  const orphan = query.get('orphanDependents')
  return {
    ...(grace === null || !/^-?\d+$/.test(grace) ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
    ...(orphan === null ? {} : { orphanDependents: orphan === 'true' }),
    ...(query.get(unsafeOption) === 'true' ? { [unsafeOption]: true } : {}),
    ...(query.has('dryRun') ? { dryRun: query.getAll('dryRun') } : {}),
  }
}

/** For the request's record and its spans. */
export function noteWritten(exchange: Exchange, { revision, object }: Pick<Written, 'revision' | 'object'>): void {
  exchange.outcome.revision = revision
  exchange.outcome.written = object.metadata
}

export async function sendWritten(exchange: Exchange, code: number, resource: ServedResource, form: ReturnType<typeof requireForm>, written: Written): Promise<void> {
  noteWritten(exchange, written)
  await sendStored(exchange, code, resource, form, { bytes: written.bytes, object: () => written.object })
}

export function targetOf(exchange: Exchange, resource: ServedResource): Target {
  return { resource, namespace: resource.namespaced ? exchange.info.namespace : '', name: exchange.info.name }
}

export function bodyKind(resource: ServedResource): BodyKind {
  return resource.isCustom ? { ...resource, definition: undefined } : resource
}

export function writeContext(exchange: Exchange, deps: { readonly clock: WatchDeps['clock'] }): WriteContext {
  const manager = exchange.query.get('fieldManager') ?? ''
  if (manager.length > maxManagerLength) {
    throw invalid({ group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [{ path: 'fieldManager', reason: 'FieldValueTooLong', message: `Too long: may not be more than ${maxManagerLength} bytes` }])
  }
  const dryRun = exchange.query.getAll('dryRun').filter(value => value !== '')
  if (dryRun.some(value => value !== 'All')) throw invalid({ group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [{ path: 'dryRun', reason: 'FieldValueNotSupported', message: `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"` }])
  return {
    user: exchange.user!,
    dryRun: dryRun.length > 0,
    manager: managerOf(exchange),
    signal: exchange.signal,
    asked: askedOptions(exchange),
    notes: exchange,
    isHeavy: exchange.isHeavy,
    isLarge: exchange.isLarge,
    warn: text => {
      exchange.warn(text)
    },
    mark: stage => {
      exchange.mark(stage, deps.clock.monotonic())
    },
  }
}

function askedOptions({ query, info }: Exchange): AskedOptions {
  const manager = query.get('fieldManager') ?? ''
  const validation = query.get('fieldValidation') ?? ''
  return {
    isPatch: info.verb === 'patch',
    ...(manager === '' ? {} : { fieldManager: manager }),
    ...(validation === '' ? {} : { fieldValidation: validation }),
    ...(query.has('force') ? { force: query.get('force') === 'true' } : {}),
  }
}

/** Who owns what a request sets: as asked for, or the User-Agent up to its first slash. */
export function managerOf(exchange: Exchange): string {
  const manager = exchange.query.get('fieldManager') ?? ''
  return manager === '' ? managerOfAgent(exchange.header('user-agent') ?? '') : manager
}

function managerOfAgent(agent: string): string {
  const name = agent.split('/')[0]!.slice(0, maxManagerLength)
  return name === '' ? 'unknown' : name
}

function isDryRun(values: readonly string[]): boolean {
  return values.includes('All')
}

function readForce(exchange: Exchange): boolean {
  return exchange.query.get('force') === 'true'
}

function checkNamespace(object: KubeObject, resource: ServedResource, namespace: string): void {
  const given = object.metadata.namespace ?? ''
  if (given === '' || !resource.namespaced) return
  if (given !== namespace) throw badRequest('the namespace of the provided object does not match the namespace sent on the request') // RH2
}

/** The body, which each try of the write may change. */
function copyOf(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata } }
}

/** The old /watch/<resource>/<name> paths. */
function legacyWatchName(exchange: Exchange, fieldSelector: string): string {
  const { info } = exchange
  if (!info.path.includes('/watch/') || info.name === '' || fieldSelector !== '') return fieldSelector
  return `metadata.name=${info.name}`
}
