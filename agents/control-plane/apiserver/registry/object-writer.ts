/**
 * Every write to a stored object goes through here: create, update, delete.
 * Upstream: apiserver/pkg/registry/generic/registry/store.go, registry/rest/{create,update,delete}.go.
 *
 *   OW1  A write is decided on the object it replaces; if that has changed meanwhile, it is decided again.
 *   OW2  A decision made on a cached object counts only if it succeeds: a refusal or a "nothing changes" is checked
 *        against the store before it is believed.
 *   OW3  What equals the stored object is not written: same resourceVersion, no event. What was sent in other words than it is
 *        kept in (1000m, an empty list) moves no manager's time.
 *   OW4  uid, creationTimestamp, deletionTimestamp and generation are the server's; clients cannot set them.
 *   OW5  The write that takes the last finalizer from an object being deleted removes it.
 *   OW6  A generated name that is taken is drawn again, up to eight times.
 *   OW7  Dry run does everything but the write.
 *   OW11 What the store holds in another form than it would be written in now (an older version of a custom resource, or one that
 *        lacks a default; sealed with an older key) is written even if nothing else changes.
 *   OW8  What hooks allocated for a write that failed is given back.
 *   OW9  Every key is data: one named __proto__ is kept like any other.
 *   OW10 Admission that changes a new object does so before its generated name is drawn, and sees none; what webhooks and
 *        policies changed is defaulted and prepared again, so that status, generation and the like stay the server's.
 *   OW13 A creator owns what he sent and its defaults, not what the server adds of its own: selectors, finalizers.
 *   OW14 What a write replaces stays as it was, whatever the transform does with what it is given: the rules compare both.
 *   OW15 What was sent as an empty list is judged and owned as one, and kept as upstream keeps it: as null.
 *   OW12 What cannot be read is removed only where that was asked for by name, and only while it cannot be read.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import { timeText } from '../../../base/clock.ts'
import type { Random } from '../../../base/random.ts'
import { randomSuffix } from '../../../base/random.ts'
import type { FieldError } from '../../../api/field-error.ts'
import { deepClone } from '../../../api/schema/clone.ts'
import { nullEmptyLists } from '../../../api/schema/null-lists.ts'
import { forbidden as forbiddenField, invalid as invalidField, required } from '../../../api/field-error.ts'
import { noNotes } from '../admission/admission.ts'
import type { AdmissionChain, AdmissionRequest, Operation } from '../admission/admission.ts'
import { ApiError, alreadyExists, badRequest, conflict, forbidden, invalid, notFound, staleObjectText } from '../http/api-error.ts'
import { StoreUnavailableError } from '../storage/storage.ts'
import type { Storage, StoredValue, WriteResult } from '../storage/storage.ts'
import { readStored } from '../watch-cache/resource-cache.ts'
import type { CachedObject } from '../watch-cache/resource-cache.ts'
import { OwnWrite } from '../watch-cache/own-write.ts'
import { decodeServed, encodeStored } from '../watch-cache/stored-form.ts'
import { isReleased, planDeletion, unsafeOption } from './deletion.ts'
import type { DeleteOptions, DeletionRules } from './deletion.ts'
import { trackSteps } from './field-management.ts'
import { betweenStages, checkWidth, heavyBytes, inTurnsIfHeavy, largeBytes } from './heavy-work.ts'
import type { KubeObject } from './kube-object.ts'
import { askRules, isAskedElsewhere } from './large-rules.ts'
import { differsInTimesOnly, sameValue } from './object-equality.ts'
import { cacheKey, complete, storageKey } from './served-resource.ts'
import type { ServedResource } from './served-resource.ts'
import type { WriteContext } from './write-context.ts'

export interface Target {
  readonly resource: ServedResource
  readonly namespace: string
  readonly name: string
}

export interface Written {
  readonly object: KubeObject
  readonly bytes: Buffer
  readonly revision: number
  readonly created: boolean
  /** The write removed the object. */
  readonly gone: boolean
}

/** Undoes what was taken for a write that is not made. Never fails. */
export type GiveBack = () => Promise<void>

/** What a resource does besides its kind's rules: allocations that must be given back when the write fails. */
export interface WriteHooks {
  beforeCreate?(object: KubeObject, context: WriteContext): Promise<GiveBack | undefined>
  beforeUpdate?(object: KubeObject, old: KubeObject, context: WriteContext): Promise<GiveBack | undefined>
  /** Both are as stored, and the new one is in the store. */
  afterUpdate?(object: KubeObject, old: KubeObject): Promise<void>
  afterDelete?(object: KubeObject): Promise<void>
  /** What is to be deleted, with what the resource adds to it first. */
  beforeDelete?(stored: KubeObject, nowMs: number): KubeObject
}

export interface CreateOptions {
  /** As with an update. */
  readonly managedFieldsDone?: boolean
  /** The object comes from decoding and has not been changed since. */
  readonly isDecoded?: boolean
}

export interface UpdateOptions {
  readonly subresource?: string
  /** Whose rules are applied to the change. 'custom' leaves all to the transform. */
  readonly rules?: 'main' | 'status' | 'custom'
  /** PUT may make what is missing. */
  readonly createIfMissing?: boolean
  /** A missing resourceVersion is no precondition: PATCH, or kinds that allow it. */
  readonly allowsUnconditional?: boolean
  /** The transform has already set managedFields (apply). */
  readonly managedFieldsDone?: boolean
  /** A uid that is not the object's is a change of the object, not a precondition. */
  readonly isPatch?: boolean
  /** The transform changes nothing in what it is given, so that it needs no copy (OW14). */
  readonly leavesGiven?: boolean
  /** What it makes comes from decoding, as with a creation, and shares nothing with what it was given. */
  readonly isDecoded?: boolean
  readonly validateCustom?: (next: KubeObject, old: KubeObject) => FieldError[]
  readonly skipAdmission?: boolean
  /** What admission sees instead of the whole object, and how what it made of that comes back (Scale). */
  readonly shown?: ShownToAdmission
}

export interface ShownToAdmission {
  readonly kind: AdmissionRequest['kind']
  show(object: KubeObject): KubeObject
  merge(object: KubeObject, shown: KubeObject): KubeObject
}

export type Transform = (current: KubeObject | undefined) => KubeObject | Promise<KubeObject>

export interface OwnWrites {
  expectOwnWrite(key: string, write: OwnWrite): void
  forgetOwnWrite(key: string): void
}

export interface ObjectWriterOptions {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: Random
  readonly admission: AdmissionChain
  readonly hooks: (resource: ServedResource) => WriteHooks | undefined
  /** Told of every write before it is made, so that the cache need not decode what comes back. */
  readonly ownWrites?: OwnWrites
}

const maxGenerateTries = 8
const maxGeneratedBase = 58
const noHooks: WriteHooks = {}

interface Current {
  readonly object: KubeObject
  /** As stored, before a view has translated it. */
  readonly stored: KubeObject
  readonly revision: number
  readonly isCached: boolean
  /** OW11 */
  readonly isStale: boolean
  readonly sizeBytes: number
}

export class ObjectWriter {
  readonly #options: ObjectWriterOptions

  constructor(options: ObjectWriterOptions) {
    this.#options = options
  }

  get clock(): Clock {
    return this.#options.clock
  }

  async create(resource: ServedResource, namespace: string, object: KubeObject, context: WriteContext, options: CreateOptions = {}): Promise<Written> {
    const { rules } = resource
    const meta = object.metadata
    if (resource.custom?.isTerminating === true) throw forbidden(resource, meta.name ?? '', 'create not allowed while custom resource definition is terminating')
    await resource.custom?.settled()
    const generates = (meta.name ?? '') === '' && (meta.generateName ?? '') !== ''
    if (resource.namespaced) meta.namespace = namespace
    else delete meta.namespace
    meta.creationTimestamp = timeText(this.clock.now())
    meta.uid = randomUUID()
    for (const field of ['resourceVersion', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink', 'generation'] as const) delete meta[field] // OW4
    if (generates) meta.name = this.#generatedName(meta.generateName!)
    await betweenStages(context)
    dedupeOwners(object, context)
    if (options.isDecoded === true) rules.setDefaultsOfDecoded(complete(object))
    else rules.setDefaults(complete(object))
    await betweenStages(context)
    let next = options.managedFieldsDone === true ? object : await inTurnsIfHeavy(context, trackSteps({ resource, live: undefined, updated: object, manager: context.manager, subresource: '', nowMs: this.clock.now() })) // OW13
    rules.prepareForCreate(complete(next))
    next = await this.#admitNew(resource, namespace, next, generates, context)
    context.mark('admitted')
    await betweenStages(context)
    const request = this.#admissionRequest('CREATE', { resource, namespace, name: next.metadata.name ?? '' }, next, undefined, context, optionsObject('CreateOptions', context))
    const hooks = this.#options.hooks(resource) ?? noHooks
    const giveBack = await hooks.beforeCreate?.(next, context)
    try {
      const found = isAskedElsewhere(resource, context) ? await askRules(resource, 'create', next, undefined, warnOf(context)) : rules.validate(complete(next))
      const failures = found.length > 0 ? found : this.#nameFailures(next)
      if (failures.length > 0) throw invalid(kindInErrors(resource), next.metadata.name ?? '', failures)
      if (!isAskedElsewhere(resource, context)) for (const warning of rules.warnings?.(complete(next)) ?? []) context.warn(warning)
      await betweenStages(context)
      await this.#options.admission.validate(request)
      context.mark('validated')
      if (!resource.isCustom) nullEmptyLists(next, resource.definition) // OW15
      if (context.dryRun) { // OW7
        await giveBack?.()
        if (await this.#fromStore({ resource, namespace, name: next.metadata.name! }) !== undefined) throw await this.#nameTaken(resource, namespace, next.metadata.name!)
        return this.#written(resource, next, 0, true)
      }
      await betweenStages(context)
      const written = await this.#store(resource, namespace, next, generates ? maxGenerateTries : 1)
      context.mark('stored')
      return written
    } catch (error) {
      await giveBack?.() // OW8
      throw error
    }
  }

  /** OW10 */
  async #admitNew(resource: ServedResource, namespace: string, object: KubeObject, generates: boolean, context: WriteContext): Promise<KubeObject> {
    const { rules } = resource
    const drawn = object.metadata.name ?? ''
    if (generates) delete object.metadata.name
    const request = this.#admissionRequest('CREATE', { resource, namespace, name: generates ? '' : drawn }, object, undefined, context, optionsObject('CreateOptions', context))
    const isChanged = await this.#options.admission.admit(request)
    if (generates && (object.metadata.name ?? '') === '') object.metadata.name = drawn
    if (isChanged) {
      dedupeOwners(object, context)
      rules.setDefaults(complete(object))
    } else {
      rules.setDefaultsOfDecoded(complete(object)) // plugins leave it as canonical as it was
    }
    rules.prepareForCreate(complete(object))
    return object
  }

  async update(target: Target, transform: Transform, context: WriteContext, options: UpdateOptions = {}): Promise<Written> {
    const { resource } = target
    let current = await this.#fromCache(target)
    let isFresh = false
    for (;;) {
      context.signal.throwIfAborted()
      if (current === undefined && !isFresh) {
        current = await this.#fromStore(target)
        isFresh = true
      }
      if (current === undefined) {
        if (options.createIfMissing !== true) throw notFound(resource, target.name)
        const made = await transform(undefined)
        if ((made.metadata.resourceVersion ?? '') !== '' && made.metadata.resourceVersion !== '0') throw conflict(resource, target.name, `StorageError: invalid object, Code: 4, Key: ${storageKey(resource, target.namespace, target.name)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${made.metadata.uid ?? ''}, UID in object meta: `)
        try {
          return await this.create(resource, target.namespace, made, context, { managedFieldsDone: options.managedFieldsDone === true })
        } catch (error) {
          if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error
          isFresh = false
          continue
        }
      }
      const attempt = await this.#attempt(target, current, transform, weighed(context, current.sizeBytes), options)
      if (attempt.outcome === 'done') return attempt.written
      current = attempt.outcome === 'changed' ? attempt.current : await this.#fromStore(target) // OW1, OW2
      isFresh = true
    }
  }

  async delete(target: Target, options: DeleteOptions, context: WriteContext): Promise<Written> {
    const { resource } = target
    let current = (await this.#fromCache(target)) ?? (await this.#fromStore(target))
    let admitted = false
    for (;;) {
      context.signal.throwIfAborted()
      if (current === undefined) throw notFound(resource, target.name)
      checkPreconditions(target, current, options)
      if (!admitted) {
        const request = this.#admissionRequest('DELETE', target, undefined, current.object, context, { kind: 'DeleteOptions', apiVersion: metaVersion, ...options })
        await this.#options.admission.admit(request)
        await this.#options.admission.validate(request)
        context.mark('admitted')
        admitted = true
      }
      const paced = weighed(context, current.sizeBytes) // HW4
      await betweenStages(paced)
      const subject = this.#options.hooks(resource)?.beforeDelete?.(current.stored, this.clock.now()) ?? current.stored
      const plan = planDeletion(subject, options, deletionRules(resource), this.clock.now())
      if (plan.outcome === 'already-marked') {
        if (!current.isCached) return this.#deleted(resource, current, current.stored, current.revision, false)
        current = await this.#fromStore(target) // OW2
        continue
      }
      const isGone = plan.outcome !== 'mark'
      const left = plan.outcome === 'remove' ? current.stored : plan.object
      if (context.dryRun) return this.#deleted(resource, current, left, current.revision, isGone)
      const key = storageKey(resource, target.namespace, target.name)
      let result: WriteResult | undefined
      let { revision } = current
      if (plan.outcome !== 'remove') {
        const own = new OwnWrite(encodeStored(plan.object), plan.object)
        await betweenStages(paced)
        result = await this.#put(key, own, revision)
        await betweenStages(paced)
      }
      if (result?.ok === true) revision = result.revision
      if (isGone && result?.ok !== false) result = await this.#options.storage.remove(key, revision)
      context.mark('stored')
      if (result?.ok === true) {
        if (isGone) await this.#options.hooks(resource)?.afterDelete?.(current.object)
        return this.#deleted(resource, current, left, plan.outcome === 'remove' ? result.revision : revision, isGone)
      }
      current = result?.current === undefined ? undefined : await this.#current(target, result.current)
    }
  }

  /**
   * Removes what lies in the store although it cannot be read: no finalizers, no admission of its content (OW12).
   * Upstream: apiserver/pkg/registry/generic/registry/corrupt_obj_deleter.go.
   */
  async deleteUnreadable({ resource, namespace, name }: Target): Promise<void> {
    const key = storageKey(resource, namespace, name)
    for (;;) {
      const { value } = await this.#options.storage.get(key)
      if (value === undefined) throw notFound(resource, name)
      if (isReadable(resource, value)) throw invalid({ group: resource.group, kind: resource.resource }, name, [invalidField(unsafeOption, true, 'it is exclusively used to delete corrupt object(s), try again by removing this option')])
      if ((await this.#options.storage.remove(key, value.revision)).ok) return
    }
  }

  /** As the store has it now. */
  async readFresh(target: Target): Promise<KubeObject | undefined> {
    return (await this.#fromStore(target))?.object
  }

  async #attempt(
    target: Target,
    current: Current,
    transform: Transform,
    context: WriteContext,
    options: UpdateOptions,
  ): Promise<{ outcome: 'done'; written: Written } | { outcome: 'changed'; current: Current | undefined } | { outcome: 'doubtful' }> {
    const { resource } = target
    let giveBack: GiveBack | undefined
    try {
      const decided = await this.#decide(target, current, transform, context, options)
      giveBack = decided.giveBack
      const { served, stored: next } = decided
      await betweenStages(context)
      const key = storageKey(resource, target.namespace, target.name)
      const removes = isReleased(next, current.stored, deletionRules(resource)) // OW5
      if (!removes && !current.isStale && sameValue(withoutVersion(next), withoutVersion(current.stored))) { // OW3
        const seen = current.isCached ? await this.#seenNow(key, current.revision) : { isCurrent: true, isStale: false }
        if (!seen.isCurrent || !seen.isStale) await giveBack?.()
        if (!seen.isCurrent) return { outcome: 'doubtful' }
        if (!seen.isStale) return { outcome: 'done', written: this.#written(resource, current.object, current.revision, false) } // OW11
      }
      if (context.dryRun) { // OW7
        await giveBack?.()
        return { outcome: 'done', written: this.#written(resource, served, current.revision, false, removes) }
      }
      await betweenStages(context)
      const own = new OwnWrite(encodeStored(next), next)
      await betweenStages(context)
      const result = removes
        ? await this.#options.storage.remove(key, current.revision)
        : await this.#put(key, own, current.revision, resource.timeToLiveSeconds)
      context.mark('stored')
      if (result.ok) {
        await (removes ? this.#options.hooks(resource)?.afterDelete?.(current.stored) : this.#options.hooks(resource)?.afterUpdate?.(next, current.stored))
        if (served !== next) return { outcome: 'done', written: this.#written(resource, served, result.revision, false, removes) }
        const bytes = own.servedAt(result.revision, resource.cache.spec.form)
        return { outcome: 'done', written: { object: stamped(next, result.revision), bytes, revision: result.revision, created: false, gone: removes } }
      }
      await giveBack?.()
      return { outcome: 'changed', current: result.current === undefined ? undefined : await this.#current(target, result.current) }
    } catch (error) {
      await giveBack?.()
      if (!current.isCached || context.signal.aborted || error instanceof StoreUnavailableError) throw error
      if ((await this.#seenNow(storageKey(resource, target.namespace, target.name), current.revision)).isCurrent) throw error
      return { outcome: 'doubtful' } // OW2
    }
  }

  async #decide(target: Target, current: Current, transform: Transform, context: WriteContext, options: UpdateOptions): Promise<{ served: KubeObject; stored: KubeObject; giveBack: GiveBack | undefined }> {
    const { resource } = target
    const { rules } = resource
    const old = current.object
    await betweenStages(context)
    const given = options.leavesGiven === true ? old : deepClone(old) // OW14
    await betweenStages(context)
    let next = await transform(given)
    await betweenStages(context)
    if (context.isHeavy === true) checkWidth(next)
    const wanted = next.metadata.resourceVersion ?? ''
    const allowsUnconditional = options.allowsUnconditional ?? rules.allowsUnconditionalUpdate
    if (wanted === '' && !allowsUnconditional) {
      throw invalid(resource, target.name, [invalidField('metadata.resourceVersion', 0, 'must be specified for an update')])
    }
    if (wanted !== '' && wanted !== '0' && wanted !== String(current.revision)) throw conflict(resource, target.name, staleObjectText)
    const uid = next.metadata.uid ?? ''
    if (uid !== '' && uid !== old.metadata.uid) {
      if (options.isPatch === true) throw invalid(resource, target.name, [invalidField('metadata.uid', uid, 'field is immutable')])
      throw conflict(resource, target.name, `StorageError: invalid object, Code: 4, Key: ${storageKey(resource, target.namespace, target.name)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid ?? ''}`)
    }
    await betweenStages(context)
    const which = options.rules ?? 'main'
    keepSystemFields(next, old, which !== 'custom')
    next.metadata.resourceVersion = String(current.revision)
    dedupeOwners(next, context)
    if (which !== 'custom' && options.isDecoded === true) rules.setDefaultsOfDecoded(complete(next))
    else if (which !== 'custom') rules.setDefaults(complete(next))
    if (which === 'main') rules.prepareForUpdate(complete(next), complete(old))
    else if (which === 'status') rules.prepareForStatusUpdate(complete(next), complete(old))
    if (options.managedFieldsDone !== true) {
      await betweenStages(context)
      next = await inTurnsIfHeavy(context, trackSteps({ resource, live: old, updated: next, manager: context.manager, subresource: options.subresource ?? '', nowMs: this.clock.now() }))
    }
    const request = this.#updateRequest(target, next, old, context, options)
    if (options.skipAdmission !== true && (await this.#options.admission.admit(request))) {
      if (options.shown !== undefined) next = options.shown.merge(next, request.object!)
      prepareAgain(next, old, which, resource)
      next.metadata.resourceVersion = String(current.revision)
    }
    context.mark('admitted')
    await betweenStages(context)
    const giveBack = which === 'main' ? await this.#options.hooks(resource)?.beforeUpdate?.(next, old, context) : undefined
    try {
      const elsewhere = isAskedElsewhere(resource, context) && which !== 'custom'
      const failures = elsewhere ? await this.#failuresElsewhere(resource, which, next, old, context) : this.#updateFailures(resource, which, next, old, context)
      failures.push(...(options.validateCustom?.(next, old) ?? []))
      if (failures.length > 0) throw invalid(kindInErrors(resource), target.name, failures)
      if (which === 'main' && resource.custom === undefined && !elsewhere) for (const warning of rules.warnings?.(complete(next)) ?? []) context.warn(warning)
      if (options.skipAdmission !== true) await this.#options.admission.validate(request)
      context.mark('validated')
      const isNulled = !resource.isCustom && nullEmptyLists(next, resource.definition) // OW15
      if ((isNulled || options.managedFieldsDone === true) && differsInTimesOnly(next, old)) keepManagedFields(next, old) // OW3
      return { served: next, stored: await toStored(resource, next, current.stored), giveBack }
    } catch (error) {
      await giveBack?.()
      throw error
    }
  }

  #updateRequest(target: Target, next: KubeObject, old: KubeObject, context: WriteContext, options: UpdateOptions): AdmissionRequest {
    const { shown, subresource = '' } = options
    const asked = optionsObject(context.asked?.isPatch === true ? 'PatchOptions' : 'UpdateOptions', context)
    if (shown === undefined) return this.#admissionRequest('UPDATE', target, next, old, context, asked, subresource)
    return { ...this.#admissionRequest('UPDATE', target, shown.show(next), shown.show(old), context, asked, subresource), kind: shown.kind }
  }

  #updateFailures(resource: ServedResource, which: 'main' | 'status' | 'custom', next: KubeObject, old: KubeObject, context: WriteContext): FieldError[] {
    if (resource.custom !== undefined && which !== 'custom') {
      const warn = warnOf(context)
      return which === 'main' ? resource.custom.validateUpdate(next, old, warn) : resource.custom.validateStatusUpdate(next, old, warn)
    }
    const failures = addedFinalizers(next, old)
    if (which === 'main') failures.push(...resource.rules.validateUpdate(complete(next), complete(old)))
    else if (which === 'status') failures.push(...resource.rules.validateStatusUpdate(complete(next), complete(old)))
    return failures
  }

  async #failuresElsewhere(resource: ServedResource, which: 'main' | 'status', next: KubeObject, old: KubeObject, context: WriteContext): Promise<FieldError[]> {
    const failures = await askRules(resource, which === 'main' ? 'update' : 'status', next, old, warnOf(context))
    return resource.custom === undefined ? [...addedFinalizers(next, old), ...failures] : failures
  }

  async #store(resource: ServedResource, namespace: string, object: KubeObject, tries: number): Promise<Written> {
    for (let left = tries; ; ) {
      const name = object.metadata.name!
      const stored = await toStored(resource, object, undefined)
      const own = new OwnWrite(encodeStored(stored), stored)
      const result = await this.#put(storageKey(resource, namespace, name), own, 0, resource.timeToLiveSeconds)
      if (result.ok) {
        if (stored !== object) return this.#written(resource, object, result.revision, true)
        return { object: stamped(object, result.revision), bytes: own.servedAt(result.revision, resource.cache.spec.form), revision: result.revision, created: true, gone: false }
      }
      left -= 1
      if (left <= 0) throw await this.#nameTaken(resource, namespace, name, tries > 1 ? 1 : undefined)
      object.metadata.name = this.#generatedName(object.metadata.generateName!) // OW6
    }
  }

  async #nameTaken(resource: ServedResource, namespace: string, name: string, retryAfterSeconds?: number): Promise<ApiError> {
    const holder = await this.#fromStore({ resource, namespace, name })
    return alreadyExists(resource, name, { isLeaving: holder?.object.metadata.deletionTimestamp !== undefined, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) })
  }

  async #put(key: string, own: OwnWrite, revision: number, timeToLiveSeconds?: number): Promise<WriteResult> {
    const { storage, ownWrites } = this.#options
    ownWrites?.expectOwnWrite(key, own)
    let isStored = false
    try {
      const result = await storage.put(key, own.value, revision, timeToLiveSeconds)
      isStored = result.ok
      return result
    } finally {
      if (!isStored) ownWrites?.forgetOwnWrite(key)
    }
  }

  #generatedName(base: string): string {
    return base.slice(0, maxGeneratedBase) + randomSuffix(this.#options.random)
  }

  #nameFailures(object: KubeObject): FieldError[] {
    return (object.metadata.name ?? '') === '' ? [required('metadata.name', 'name or generateName is required')] : []
  }

  async #fromCache(target: Target): Promise<Current | undefined> {
    const cached = target.resource.cache.get(cacheKey(target.resource, target.namespace, target.name))
    return cached === undefined ? undefined : await this.#seen(target.resource, cached, decodeServed(cached.bytes), true)
  }

  async #fromStore(target: Target): Promise<Current | undefined> {
    const { value } = await this.#options.storage.get(storageKey(target.resource, target.namespace, target.name))
    return value === undefined ? undefined : await this.#current(target, value)
  }

  async #current({ resource, namespace, name }: Target, value: StoredValue): Promise<Current> {
    const read = readStored(resource.cache.spec, value)
    const cached = { key: cacheKey(resource, namespace, name), revision: value.revision, bytes: read.bytes, labels: {}, fields: [], isStale: read.isStale || value.isStale === true }
    return await this.#seen(resource, cached, read.object, false)
  }

  /** As this resource serves it, beside what is stored. */
  async #seen(resource: ServedResource, cached: CachedObject, stored: KubeObject, isCached: boolean): Promise<Current> {
    const { revision } = cached
    const isStale = cached.isStale === true
    const sizeBytes = cached.bytes.length
    const conversion = resource.custom?.conversion
    if (conversion === undefined) return { stored, object: resource.view === undefined ? stored : resource.view.toServed(stored), revision, isCached, isStale, sizeBytes }
    const [seen] = await conversion.seen([cached])
    return { stored, object: seen === cached ? stored : decodeServed(seen!.bytes), revision, isCached, isStale, sizeBytes }
  }

  /** Staleness of a cached object's bytes in the store is known only there. */
  async #seenNow(key: string, revision: number): Promise<{ isCurrent: boolean; isStale: boolean }> {
    const { value } = await this.#options.storage.get(key)
    return { isCurrent: value?.revision === revision, isStale: value?.isStale === true }
  }

  #written(resource: ServedResource, object: KubeObject, revision: number, created: boolean, gone = false): Written {
    const answered = revision === 0 ? object : stamped(object, revision)
    return { object: answered, bytes: Buffer.from(JSON.stringify(inServedOrder(resource, answered))), revision, created, gone }
  }

  /** What a deletion left: nothing has to be brought into another version for it, since only metadata has changed. */
  #deleted(resource: ServedResource, current: Current, stored: KubeObject, revision: number, gone: boolean): Written {
    const object = resource.custom?.conversion !== undefined
      ? { ...current.object, metadata: stored.metadata }
      : resource.view === undefined ? stored : resource.view.toServed(stored)
    return this.#written(resource, object, revision, false, gone)
  }

  #admissionRequest(
    operation: Operation,
    target: Target,
    object: KubeObject | undefined,
    oldObject: KubeObject | undefined,
    context: WriteContext,
    options: Readonly<Record<string, unknown>>,
    subresource = '',
  ): AdmissionRequest {
    const { resource } = target
    return {
      operation,
      group: resource.group,
      version: resource.version,
      resource: resource.resource,
      subresource,
      kind: { group: resource.group, version: resource.version, kind: resource.kind },
      namespace: resource.namespaced ? target.namespace : resource.resource === 'namespaces' && resource.group === '' ? target.name : '',
      name: target.name,
      object,
      oldObject,
      options,
      user: context.user,
      dryRun: context.dryRun,
      signal: context.signal,
      notes: context.notes ?? noNotes,
      warn: text => {
        context.warn(text)
      },
    }
  }
}

const metaVersion = 'meta.k8s.io/v1'

/** CreateOptions, UpdateOptions or PatchOptions as their sender gave them. */
function optionsObject(kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions', { asked, dryRun }: WriteContext): Readonly<Record<string, unknown>> {
  const { fieldManager, fieldValidation, force } = asked ?? {}
  return {
    kind,
    apiVersion: metaVersion,
    ...(dryRun ? { dryRun: ['All'] } : {}),
    ...(fieldManager === undefined ? {} : { fieldManager }),
    ...(fieldValidation === undefined ? {} : { fieldValidation }),
    ...(kind === 'PatchOptions' && force !== undefined ? { force } : {}),
  }
}

function keepManagedFields(next: KubeObject, old: KubeObject): void {
  const { managedFields } = old.metadata
  if (managedFields !== undefined) next.metadata.managedFields = managedFields
}

/** What webhooks and policies made of an update (OW10). */
function prepareAgain(object: KubeObject, old: KubeObject, which: 'main' | 'status' | 'custom', { rules }: ServedResource): void {
  keepSystemFields(object, old, which !== 'custom')
  if (which !== 'custom') rules.setDefaults(complete(object))
  if (which === 'main') rules.prepareForUpdate(complete(object), complete(old))
  else if (which === 'status') rules.prepareForStatusUpdate(complete(object), complete(old))
}

function isReadable(resource: ServedResource, value: StoredValue): boolean {
  try {
    readStored(resource.cache.spec, value)
    return true
  } catch {
    return false
  }
}

function toStored(resource: ServedResource, served: KubeObject, old: KubeObject | undefined): KubeObject | Promise<KubeObject> {
  if (resource.view !== undefined) return resource.view.toStored(served, old)
  return resource.custom?.conversion === undefined ? served : resource.custom.conversion.stored(served)
}

function isNamespaces({ group, resource }: ServedResource): boolean {
  return group === '' && resource === 'namespaces'
}

function marksItself(resource: ServedResource): boolean {
  return isNamespaces(resource) || (resource.group === 'apiextensions.k8s.io' && resource.resource === 'customresourcedefinitions')
}

/** Upstream's registry of events speaks of the core kind, whatever the version asked. */
function kindInErrors({ group, kind }: ServedResource): { group: string; kind: string } {
  return group === 'events.k8s.io' ? { group: '', kind } : { group, kind }
}

export function deletionRules(resource: ServedResource): DeletionRules {
  return {
    gracefulDeletion: resource.rules.gracefulDeletion,
    defaultPropagation: resource.rules.defaultPropagation,
    hasSpecFinalizers: isNamespaces(resource),
    marksItself: marksItself(resource),
  }
}

function checkPreconditions(target: Target, current: Current, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {}
  const { group, kind } = kindInErrors(target.resource)
  const found = current.object.metadata.uid ?? ''
  if (uid !== undefined && uid !== '' && uid !== found) {
    if (marksItself(target.resource)) throw conflict(target.resource, target.name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found}`)
    throw conflict({ group, resource: kind }, target.name, `the UID in the precondition (${uid}) does not match the UID in record (${found}). The object might have been deleted and then recreated`)
  }
  if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== String(current.revision)) {
    throw conflict({ group, resource: kind }, target.name, `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${current.revision}). The object might have been modified`)
  }
}

function keepSystemFields(next: KubeObject, old: KubeObject, keepsGeneration: boolean): void {
  const meta = next.metadata
  const was = old.metadata
  if ((meta.name ?? '') === '') meta.name = was.name!
  else if (meta.name !== was.name) throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${was.name ?? ''})`)
  for (const field of ['namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation', 'generateName'] as const) { // OW4
    if (field === 'generation' && !keepsGeneration) continue
    if (was[field] === undefined) delete meta[field]
    else Object.assign(meta, { [field]: was[field] })
  }
  delete meta.selfLink
}

function dedupeOwners(object: KubeObject, context: WriteContext): void {
  const owners = object.metadata.ownerReferences
  if (owners === undefined || owners.length < 2) return
  const known = new Set<string>()
  const kept = owners.filter(({ apiVersion, kind, name, uid, controller, blockOwnerDeletion }) => {
    const text = JSON.stringify([apiVersion, kind, name, uid, controller, blockOwnerDeletion])
    return !known.has(text) && known.add(text)
  })
  if (kept.length === owners.length) return
  object.metadata.ownerReferences = kept
  context.warn('.metadata.ownerReferences contains duplicate entries after mutating admission happens; duplicate entries will be removed from ownerReferences')
}

/** A small change of a large object is work on a large object. */
function weighed(context: WriteContext, sizeBytes: number): WriteContext {
  if (sizeBytes <= heavyBytes) return context
  return { ...context, isHeavy: true, isLarge: context.isLarge === true || sizeBytes > largeBytes }
}

function addedFinalizers(next: KubeObject, old: KubeObject): FieldError[] {
  const had = new Set(old.metadata.finalizers)
  const added = (next.metadata.finalizers ?? []).filter(finalizer => !had.has(finalizer))
  if (old.metadata.deletionTimestamp === undefined || added.length === 0) return []
  return [forbiddenField('metadata.finalizers', `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map(text => JSON.stringify(text)).join(', ')}}`)]
}

function warnOf(context: WriteContext): (text: string) => void {
  return text => {
    context.warn(text)
  }
}

function withoutVersion(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: undefined as unknown as string } }
}

function stamped(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
}

function inServedOrder(resource: ServedResource, object: KubeObject): KubeObject {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object
  return { kind: resource.kind, apiVersion: resource.apiVersion, metadata, ...rest }
}
