import { expect, test } from 'vitest'
import type { ApiObject } from './api-client.ts'
import { type LabPicture, compareLabs, isCompared } from './compare-labs.ts'

const object = (name: string, more: object = {}, version = '1'): ApiObject => ({ metadata: { name, namespace: 'shop', uid: version, resourceVersion: version }, ...more }) as ApiObject
const event = (reason: string, count: number): ApiObject => object(`${reason}.1`, { involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web-1' }, type: 'Warning', reason, message: 'as told', count })
const kind = (resource: string, kindName: string, objects: readonly ApiObject[]) => ({ kind: { group: '', resource, kind: kindName }, objects })
const picture = (kinds: LabPicture['kinds'], events: readonly ApiObject[] = [], counts: LabPicture['counts'] = {}): LabPicture => ({ kinds, events, counts })

test('LD1: objects that are only here, only there, or differ; time that went on is no difference', () => {
  const here = picture([kind('pods', 'Pod', [object('web-1', { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastProbeTime: '10:00' }] } }), object('gone')])])
  const there = picture([kind('pods', 'Pod', [object('web-1', { status: { phase: 'Pending', conditions: [{ type: 'Ready', status: 'True', lastProbeTime: '10:05' }] } }, '2'), object('new')])])
  const { objects, same } = compareLabs(here, there)
  expect(objects).toEqual([
    { kind: 'Pod', resource: 'pods', namespace: 'shop', name: 'gone', state: 'only-here', changes: [] },
    { kind: 'Pod', resource: 'pods', namespace: 'shop', name: 'new', state: 'only-there', changes: [] },
    { kind: 'Pod', resource: 'pods', namespace: 'shop', name: 'web-1', state: 'differs', changes: [{ path: 'status.phase', from: 'Running', to: 'Pending' }] },
  ])
  expect(same).toBe(0)
  expect(compareLabs(here, here)).toMatchObject({ objects: [], same: 2 })
  expect(isCompared({ group: 'coordination.k8s.io', resource: 'leases' })).toBe(false)
  expect(isCompared({ group: 'apps', resource: 'deployments' })).toBe(true)
})

test('LD2: of Secrets the fields are named and not shown', () => {
  const { objects } = compareLabs(picture([kind('secrets', 'Secret', [object('token', { data: { key: 'b25l' } })])]), picture([kind('secrets', 'Secret', [object('token', { data: { key: 'dHdv' } })])]))
  expect(objects[0]?.changes).toEqual([{ path: 'data.key' }])
})

test('LD3: events that happened more often in one of them', () => {
  const { events } = compareLabs(picture([], [event('BackOff', 3), event('Killing', 1)]), picture([], [event('Killing', 1), event('BackOff', 1), event('Pulled', 2)]))
  expect(events.map(({ reason, countHere, countThere }) => [reason, countHere, countThere])).toEqual([['BackOff', 3, 1], ['Pulled', 0, 2]])
})

test('LD4: counters that differ, the most by ratio first', () => {
  const { metrics } = compareLabs(picture([], [], { 'etcd': { a: 10, b: 1, same: 4 } }), picture([], [], { 'etcd': { a: 11, b: 3, same: 4 }, 'kube-scheduler': { c: 2 } }))
  expect(metrics).toEqual([
    { component: 'kube-scheduler', family: 'c', here: null, there: 2 },
    { component: 'etcd', family: 'b', here: 1, there: 3 },
    { component: 'etcd', family: 'a', here: 10, there: 11 },
  ])
})

test('LD5: a list that is too long says how much it leaves out', () => {
  const many = (count: number) => picture([kind('pods', 'Pod', Array.from({ length: count }, (_, index) => object(`web-${index}`)))])
  const { objects, leftOut } = compareLabs(many(0), many(620))
  expect([objects.length, leftOut.objects]).toEqual([500, 120])
})
