/**
 * Who owns which field: managedFields on every write path, and server-side apply. The rules live in agents/wire/apply;
 * this only hands them what the registry knows.
 *
 *   FM1  Owners may speak of any version of the kind, served or not; what is compared with theirs is converted.
 *   FM2  A write whose owners cannot be told, because a conversion failed, is made without any; applying fails with it.
 *   FM3  Through a subresource nobody sets managedFields.
 */
import { timeText } from '../../../base/clock.ts'
import { finish, type Steps } from '../../../base/steps.ts'
import { ApplyConflictError, ApplyTypeError, applySteps, kindVersion, trackSteps as trackFields, typeText } from '../../../wire/apply/apply.ts'
import type { ApplySchema } from '../../../wire/apply/apply-schema.ts'
import type { KindVersions } from '../../../wire/apply/kind-versions.ts'
import { decodeObject, TypeMismatchError } from '../../../api/schema/decode.ts'
import { ApiError, badRequest, namelessObject, relayedStatus } from '../http/api-error.ts'
import type { KubeObject } from './kube-object.ts'
import { complete, convertBetween } from './served-resource.ts'
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
  const { resource, subresource, live } = update
  const updated = subresource === '' ? update.updated : withFieldsOf(update.updated, live) // FM3
  try {
    return (yield* trackFields({
      live: live === undefined ? undefined : complete(live),
      updated: complete(updated),
      manager: update.manager,
      subresource,
      time: timeText(update.nowMs),
      ...typeOf(resource, subresource),
      apiVersion: resource.apiVersion,
    })) as unknown as KubeObject
  } catch (error) {
    if (resource.versions === undefined || !(error instanceof ApiError)) throw error
    return withFieldsOf(updated, undefined) // FM2
  }
}

function withFieldsOf(object: KubeObject, live: KubeObject | undefined): KubeObject {
  const { managedFields: _sent, ...metadata } = object.metadata
  const managedFields = live?.metadata.managedFields
  return { ...object, metadata: { ...metadata, ...(managedFields === undefined ? {} : { managedFields }) } }
}

/** A question is owned by its sender too, although it is never kept. */
export function* trackQuestionSteps(question: KubeObject, asked: { readonly definition: string; readonly apiVersion: string; readonly subresource?: string; readonly manager: string; readonly nowMs: number }): Steps<KubeObject> {
  const { definition, apiVersion, subresource = '', manager, nowMs } = asked
  return (yield* trackFields({ live: undefined, updated: complete(question), manager, subresource, time: timeText(nowMs), definition, apiVersion, ignored: field => field === 'status' })) as unknown as KubeObject
}

interface TypeOfFields {
  readonly definition?: string
  readonly schema?: ApplySchema
  readonly ignored?: (field: string) => boolean
  readonly versions?: KindVersions
}

/** How fields are told apart, which of them this write cannot change, and how all that is in other versions. */
function typeOf(resource: ServedResource, subresource: string): TypeOfFields {
  const own = ownTypeOf(resource, subresource)
  const versions = resource.versions?.()
  if (versions === undefined) return own
  return {
    ...own,
    versions: { // FM1
      find(apiVersion) {
        const other = versions.get(apiVersion)
        return other === undefined ? undefined : kindVersion({ ...ownTypeOf(other, subresource), subresource })
      },
      convert(object, apiVersion) {
        const from = versions.get(String(object['apiVersion'])) ?? resource
        const to = versions.get(apiVersion)!
        const convertible = from.isCustom ? object : { ...decodeObject(object, from.definition).object, apiVersion: from.apiVersion, kind: from.kind }
        return convertBetween(from, to, convertible as unknown as KubeObject)
      },
    },
  }
}

function ownTypeOf({ custom, definition, rules }: ServedResource, subresource: string): TypeOfFields {
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
  if (name === '' && apply.live === undefined) throw namelessObject(apply.name)
  if (name !== '' && name !== apply.name) throw badRequest(`the name of the object (${name}) does not match the name on the URL (${apply.name})`)
  if ((applied.metadata.managedFields ?? undefined) !== undefined) throw badRequest('metadata.managedFields must be nil')
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
