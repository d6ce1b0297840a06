/**
 * Event, in core/v1 and in events.k8s.io/v1: two views of one store.
 *
 *   EV1  The stored form is core/v1; toEventsView and fromEventsView translate, losing nothing.
 */
import { defineKind } from '../../define-kind.ts'
import { ageCell } from '../../printing.ts'
import { events, eventsK8sIo } from '../../resources.ts'
import { validateEvent, validateNewCreate, validateNewUpdate } from './event-validation.ts'
import type { Event as EventsEvent } from '../events-v1/types.ts'
import type { Event, ObjectReference } from './types.ts'

const referenceFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const

export const event = defineKind<Event>(events, {
  printer: 'printEvent',
  allowsCreateOnUpdate: true,
  metadataErrors: 'never',
  validate: object => validateEvent(object, ''),
  selectableFields: {
    ...involvedFields(object => (object as Event).involvedObject, 'involvedObject'),
    reason: object => object.reason ?? '',
    reportingComponent: object => object.reportingComponent ?? '',
    source: object => object.source?.component ?? object.reportingComponent ?? '',
    type: object => object.type ?? '',
  },
  cells: (object, now) => eventCells(object, now),
})

export const eventsEvent = defineKind<EventsEvent>(eventsK8sIo, {
  printer: 'printEvent',
  allowsCreateOnUpdate: true,
  validateFirst: object => validateEvent(fromEventsView(object), 'events.k8s.io'),
  validate: object => validateNewCreate(fromEventsView(object)),
  validateUpdateIsComplete: true,
  validateUpdate: (object, old) => validateNewUpdate(fromEventsView(object), fromEventsView(old)),
  selectableFields: {
    ...involvedFields(object => (object as EventsEvent).regarding ?? {}, 'regarding'),
    reason: object => object.reason ?? '',
    reportingController: object => object.reportingController ?? '',
    type: object => object.type ?? '',
  },
  cells: (object, now) => eventCells(fromEventsView(object), now),
})

function involvedFields(of: (object: object) => ObjectReference, prefix: string): Record<string, (object: object) => string> {
  return Object.fromEntries(referenceFields.map(field => [`${prefix}.${field}`, (object: object) => of(object)[field] ?? '']))
}

/** core/v1 -> events.k8s.io/v1 */
export function toEventsView(object: Event): EventsEvent {
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, reportingComponent, reportingInstance, ...same } = object
  return {
    ...same,
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    ...(message === undefined ? {} : { note: message }),
    deprecatedSource: source ?? {},
    deprecatedFirstTimestamp: firstTimestamp ?? null,
    deprecatedLastTimestamp: lastTimestamp ?? null,
    ...(count === undefined ? {} : { deprecatedCount: count }),
    ...((reportingComponent ?? '') === '' ? {} : { reportingController: reportingComponent }),
    ...((reportingInstance ?? '') === '' ? {} : { reportingInstance }),
    eventTime: object.eventTime ?? null,
  } as unknown as EventsEvent
}

/** events.k8s.io/v1 -> core/v1 */
export function fromEventsView(object: EventsEvent): Event {
  const { regarding, note, deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount, reportingController, reportingInstance, ...same } = object
  return {
    ...same,
    apiVersion: 'v1',
    involvedObject: regarding ?? {},
    ...(note === undefined ? {} : { message: note }),
    source: deprecatedSource ?? {},
    firstTimestamp: deprecatedFirstTimestamp ?? null,
    lastTimestamp: deprecatedLastTimestamp ?? null,
    ...(deprecatedCount === undefined ? {} : { count: deprecatedCount }),
    reportingComponent: reportingController ?? '',
    reportingInstance: reportingInstance ?? '',
    eventTime: object.eventTime ?? null,
  } as unknown as Event
}

function eventCells(object: Event, now: number): (string | number)[] {
  const seen = object.series?.lastObservedTime ?? object.lastTimestamp ?? object.eventTime
  const first = object.firstTimestamp ?? object.eventTime
  const count = object.series?.count ?? object.count ?? 1
  const lastSeen = object.series !== undefined || (object.count ?? 0) > 1 ? ageCell(seen, now) : ageCell(first, now)
  const { component = '', host = '' } = object.source ?? {}
  const source = component !== '' || host !== '' ? [component, host].filter(text => text !== '').join(', ') : [object.reportingComponent ?? '', object.reportingInstance ?? ''].filter(text => text !== '').join(', ')
  const involved = object.involvedObject
  const target = (involved.name ?? '') === '' ? (involved.kind ?? '').toLowerCase() : `${(involved.kind ?? '').toLowerCase()}/${involved.name}`
  return [lastSeen, object.type ?? '', object.reason ?? '', target, involved.fieldPath ?? '', source, (object.message ?? '').trim(), ageCell(first, now), count, object.metadata.name]
}
