/**
 * What an event must say. Both views are checked in their core/v1 form.
 *
 *   EV2  An event lives in the namespace of its object; one about a cluster-wide object in "default" ("kube-system" too,
 *        when it is of the new kind).
 *   EV3  An event with eventTime is of the new kind: who reports, what was done and why are there, and are not too long.
 *   EV4  Through events.k8s.io it must be of the new kind, without the fields of the old; there it never changes but for
 *        its series and metadata.
 * Upstream: pkg/apis/core/validation/events.go.
 */
import { invalid, required, type FieldError } from '../../field-error.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { immutable } from '../../validation/metadata.ts'
import { isQualifiedName } from '../../validation/names.ts'
import type { Event } from './types.ts'

type Group = '' | 'events.k8s.io'

const limits = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const

export function validateEvent(event: Event, group: Group): FieldError[] {
  const namespace = event.metadata.namespace ?? ''
  const of = event.involvedObject.namespace ?? ''
  const isNew = isSet(event.eventTime)
  const isHome = of === '' ? namespace === 'default' || (isNew && namespace === 'kube-system') : isNew || namespace === of
  const errors = isHome ? [] : [invalid('involvedObject.namespace', of, 'does not match event.namespace')] // EV2
  return isNew ? [...errors, ...validateNew(event, group)] : errors
}

/** EV3 */
function validateNew(event: Event, group: Group): FieldError[] {
  const controller = event.reportingComponent ?? ''
  const path = group === '' ? 'reportingComponent' : 'reportingController'
  const errors = controller === '' ? [required(path)] : []
  errors.push(...isQualifiedName(controller).map(text => invalid(path, controller, text)))
  for (const [field, limit] of Object.entries(limits) as [keyof typeof limits, number][]) {
    const text = event[field] ?? ''
    if (text === '' && field !== 'message') errors.push(required(field))
    if (text.length > limit) errors.push(invalid(field, '', `can have at most ${limit} characters`))
  }
  return errors
}

/** EV4 */
export function validateNewCreate(event: Event): FieldError[] {
  const unset = (field: string) => invalid(field, '', 'needs to be unset')
  return [
    ...validateSeries(event),
    ...(isSet(event.eventTime) ? [] : [required('eventTime')]),
    ...(event.type === 'Normal' || event.type === 'Warning' ? [] : [invalid('type', '', `has invalid value: ${event.type ?? ''}`)]),
    ...(isSet(event.firstTimestamp) ? [unset('firstTimestamp')] : []),
    ...(isSet(event.lastTimestamp) ? [unset('lastTimestamp')] : []),
    ...((event.count ?? 0) === 0 ? [] : [unset('count')]),
    ...((event.source?.component ?? '') === '' && (event.source?.host ?? '') === '' ? [] : [unset('source')]),
  ]
}

const fixed = ['involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'type', 'eventTime', 'action', 'related'] as const

export function validateNewUpdate(event: Event, old: Event): FieldError[] {
  return [
    ...(semanticallyEqual(event.series, old.series) ? [] : validateSeries(event)),
    ...fixed.flatMap(field => immutable(event[field], old[field], field, semanticallyEqual)),
    ...immutable(event.reportingComponent, old.reportingComponent, 'reportingController', semanticallyEqual),
    ...immutable(event.reportingInstance, old.reportingInstance, 'reportingInstance', semanticallyEqual),
  ]
}

function validateSeries({ series }: Event): FieldError[] {
  if (series === undefined || series === null) return []
  return [
    ...((series.count ?? 0) < 2 ? [invalid('series.count', '', 'should be at least 2')] : []),
    ...(isSet(series.lastObservedTime) ? [] : [required('series.lastObservedTime')]),
  ]
}

function isSet(time: string | null | undefined): boolean {
  return time !== undefined && time !== null && time !== ''
}
