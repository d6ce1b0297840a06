/**
 * Who owns which field: managedFields on every write path, and server-side apply. The rules live in agents/wire/apply;
 * this only hands them what the registry knows.
 */
import { timeText } from '../../../base/clock.ts'
import { finish, type Steps } from '../../../base/steps.ts'
import { ApplyConflictError, ApplyTypeError, applySteps, trackSteps as trackFields, typeText } from '../../../wire/apply/apply.ts'
import type { ApplySchema } from '../../../wire/apply/apply-schema.ts'
import { decodeObject, TypeMismatchError } from '../../../api/schema/decode.ts'
import { ApiError, badRequest, relayedStatus } from '../http/api-error.ts'
import type { KubeObject } from './kube-object.ts'
import { complete } from './served-resource.ts'
import type { ServedResource } from './served-resource.ts'

export interface TrackedUpdate {
  readonly resource: ServedResource
  readonly live: KubeObject | undefined
  readonly updated: KubeObject
  readonly manager: string
  readonly subresource: string
  readonly nowMs: number
}

export interface ManagedApply {
  readonly resource: ServedResource
  readonly live: KubeObject | undefined
  readonly applied: KubeObject
  readonly manager: string
  readonly subresource: string
  readonly force: boolean
  readonly nowMs: number
  readonly name: string
  readonly namespace: string
}

export function* trackSteps(update: TrackedUpdate): Steps<KubeObject> {
  const { resource } = update
  return (yield* trackFields({
    live: update.live === undefined ? undefined : complete(update.live),
    updated: complete(update.updated),
    manager: update.manager,
    subresource: update.subresource,
    time: timeText(update.nowMs),
    ...typeOf(resource, update.subresource),
    apiVersion: resource.apiVersion,
  })) as unknown as KubeObject
}

/** A question is owned by its sender too, although it is never kept. */
export function trackQuestion(question: KubeObject, asked: { readonly definition: string; readonly apiVersion: string; readonly subresource?: string; readonly manager: string; readonly nowMs: number }): KubeObject {
  const { definition, apiVersion, subresource = '', manager, nowMs } = asked
  return finish(trackFields({ live: undefined, updated: complete(question), manager, subresource, time: timeText(nowMs), definition, apiVersion, ignored: field => field === 'status' })) as unknown as KubeObject
}

/** How fields are told apart, and which of them this write cannot change. */
function typeOf({ custom, definition, rules }: ServedResource, subresource: string): { definition: string; ignored?: (field: string) => boolean } | { schema: ApplySchema; ignored: (field: string) => boolean } {
  if (custom === undefined) return subresource === '' && rules.neverOwned.length > 0 ? { definition, ignored: field => field === 'status' || rules.neverOwned.includes(field) } : { definition }
  return { schema: custom.applySchema, ignored: subresource === 'status' ? field => field !== 'status' : field => field === 'status' && custom.hasStatus }
}

/** What applying makes of the live object; a missing one is made from nothing. */
export function applyManagedPatch(apply: ManagedApply): KubeObject {
  return finish(applyManagedSteps(apply))
}

export function* applyManagedSteps(apply: ManagedApply): Steps<KubeObject> {
  const { applied, resource } = apply
  const name = applied.metadata.name ?? ''
  if (name !== '' && name !== apply.name) throw badRequest(`the name of the object (${name}) does not match the name on the URL (${apply.name})`)
  if ((applied.metadata.managedFields?.length ?? 0) > 0) throw badRequest('metadata.managedFields must be nil')
  const said = `${applied.metadata.namespace ?? ''}/${name}`
  const { kind, apiVersion } = resource
  const meta = { ...applied.metadata, name: apply.name, ...(resource.namespaced ? { namespace: apply.namespace } : {}) }
  try {
    const { object } = yield* applySteps({
      live: apply.live === undefined ? undefined : complete(apply.live),
      applied: { ...applied, metadata: meta },
      said,
      manager: apply.manager,
      force: apply.force,
      subresource: apply.subresource,
      time: timeText(apply.nowMs),
      ...typeOf(resource, apply.subresource),
      apiVersion: resource.apiVersion,
    })
    yield
    const merged = (resource.isCustom ? { ...object, kind, apiVersion } : { ...decodeObject({ ...object, kind, apiVersion }, resource.definition).object, kind, apiVersion }) as unknown as KubeObject
    resource.custom?.admit(merged)
    return merged
  } catch (error) {
    if (error instanceof ApplyConflictError) {
      throw new ApiError('Conflict', error.message, { causes: error.causes }) // of what object, upstream does not say
    }
    if (error instanceof ApplyTypeError) throw relayedStatus({ code: 500, message: error.message })
    if (error instanceof TypeMismatchError) { // what the types of apply let through: a fraction, a number out of range, no time
      const type = typeText(apiVersion, kind)
      throw relayedStatus({ code: 500, message: `failed to convert new object (${said}; ${type}) to proper version: unable to convert unstructured object to ${type}: ${error.message}` })
    }
    throw error
  }
}
