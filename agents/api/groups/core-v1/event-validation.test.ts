import { describe, expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { validateEvent, validateNewCreate, validateNewUpdate } from './event-validation.ts'
import type { Event } from './types.ts'

const event = (changes: object): Event => ({ metadata: { name: 'e', namespace: 'n' }, involvedObject: { kind: 'Pod', namespace: 'n' }, source: {}, ...changes }) as unknown as Event
const fresh = { eventTime: '2026-01-01T00:00:00.000000Z', reportingComponent: 'example.com/c', reportingInstance: 'i', action: 'a', reason: 'r', type: 'Normal' }

describe('events', () => {
  test('EV2 live where their object lives', () => {
    expect(validateEvent(event({}), '')).toEqual([])
    expect(fieldErrorsText(validateEvent(event({ involvedObject: { namespace: 'other' } }), ''))).toBe('involvedObject.namespace: Invalid value: "other": does not match event.namespace')
    expect(validateEvent(event({ metadata: { namespace: 'kube-system' }, involvedObject: {}, ...fresh }), '')).toEqual([])
    expect(validateEvent(event({ metadata: { namespace: 'kube-system' }, involvedObject: {} }), '')).toHaveLength(1)
  })

  test('EV3 of the new kind say who, what and why', () => {
    expect(fieldErrorsText(validateEvent(event({ ...fresh, reportingComponent: undefined, action: '' }), 'events.k8s.io'))).toContain('reportingController: Required value')
    expect(fieldErrorsText(validateEvent(event({ ...fresh, action: '' }), ''))).toBe('action: Required value')
    expect(fieldErrorsText(validateEvent(event({ ...fresh, reason: 'x'.repeat(129) }), ''))).toBe('reason: Invalid value: "": can have at most 128 characters')
  })

  test('EV4 through events.k8s.io are of the new kind and never change', () => {
    expect(validateNewCreate(event(fresh))).toEqual([])
    expect(fieldErrorsText(validateNewCreate(event({ type: 'Strange', count: 1 })))).toBe('[eventTime: Required value, type: Invalid value: "": has invalid value: Strange, count: Invalid value: "": needs to be unset]')
    expect(fieldErrorsText(validateNewUpdate(event({ ...fresh, reason: 'other' }), event(fresh)))).toBe('reason: Invalid value: "other": field is immutable')
    expect(fieldErrorsText(validateNewUpdate(event({ ...fresh, series: { count: 1 } }), event(fresh)))).toContain('series.count: Invalid value: "": should be at least 2')
  })
})
