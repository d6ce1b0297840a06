import { describe, expect, test } from 'vitest'
import { flowSchema, priorityLevelConfiguration } from '../../../api/groups/flowcontrol-v1/flow-control-kinds.ts'
import { standardLevels, standardSchemas } from '../../../api/groups/flowcontrol-v1/standard-objects.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../../../api/groups/flowcontrol-v1/types.ts'
import { FakeClock } from '../../../base/fake-clock.ts'
import type { Exchange } from '../http/exchange.ts'
import { readRequestInfo } from '../http/request-info.ts'
import { FlowControl } from './flow-control.ts'
import { flowDump } from './flow-dumps.ts'
import { RetryAfter } from './retry-after.ts'
import { estimateWork } from './work-estimate.ts'

const meta = (name: string) => ({ name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' })
const levels = standardLevels.map(({ name, spec }) => ({ apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'PriorityLevelConfiguration', metadata: meta(name), spec, status: {} }) as PriorityLevelConfiguration)
const schemas = standardSchemas.map(({ name, spec }) => ({ apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema', metadata: meta(name), spec, status: {} }) as FlowSchema)
const nothingStored = { amountOf: () => undefined, watchersOf: () => 0 }

function exchange(user: string, groups: readonly string[], method: string, url: string): Exchange {
  const [path = '', query = ''] = url.split('?')
  const search = new URLSearchParams(query)
  return { user: { name: user, uid: '', groups, extra: {} }, query: search, info: readRequestInfo(method, path, search) } as unknown as Exchange
}

const authenticated = ['system:authenticated']

describe('flow control', () => {
  test('FM1 each request finds its schema and level', () => {
    const control = new FlowControl(new FakeClock(), 600, nothingStored)
    control.configure(levels, schemas)
    const found = (user: string, groups: readonly string[], method: string, url: string) => {
      const admission = control.admit(exchange(user, groups, method, url))
      control.finish(admission)
      return `${admission.schema.metadata.name} ${admission.level.name} ${admission.ticket.distinguisher}`.trim()
    }
    expect(found('admin', ['system:masters', ...authenticated], 'GET', '/api/v1/pods')).toBe('exempt exempt')
    expect(found('bob', authenticated, 'GET', '/healthz')).toBe('probes exempt')
    expect(found('bob', authenticated, 'GET', '/readyz/etcd')).toBe('probes exempt')
    expect(found('bob', authenticated, 'GET', '/api/v1/pods')).toBe('global-default global-default bob')
    expect(found('system:kube-scheduler', authenticated, 'PUT', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler')).toBe('system-leader-election leader-election system:kube-scheduler')
    expect(found('system:kube-scheduler', authenticated, 'GET', '/api/v1/namespaces/web/pods')).toBe('kube-scheduler workload-high web')
    expect(found('system:node:a', ['system:nodes', ...authenticated], 'PATCH', '/api/v1/nodes/a/status')).toBe('system-node-high node-high system:node:a')
    expect(found('system:node:a', ['system:nodes', ...authenticated], 'GET', '/api/v1/pods')).toBe('system-nodes system system:node:a')
    expect(found('system:serviceaccount:kube-system:x', ['system:serviceaccounts', ...authenticated], 'GET', '/api/v1/pods')).toBe('kube-system-service-accounts workload-high')
    expect(found('system:serviceaccount:web:x', ['system:serviceaccounts', ...authenticated], 'GET', '/api/v1/pods')).toBe('service-accounts workload-low system:serviceaccount:web:x')
  })

  test('PF1 without any object there are the mandatory ones', () => {
    const control = new FlowControl(new FakeClock(), 600, nothingStored)
    expect([...control.levels].map(level => [level.name, level.limits.nominal])).toEqual([['exempt', 0], ['catch-all', 600]])
    const admission = control.admit(exchange('bob', authenticated, 'GET', '/api/v1/pods'))
    expect(admission.schema.metadata.name).toBe('catch-all')
  })

  test('PF2 a schema without its level is dangling and not used', () => {
    const control = new FlowControl(new FakeClock(), 600, nothingStored)
    const dangling = control.configure(levels.filter(level => level.metadata.name !== 'global-default'), schemas)
    expect(dangling.filter(seen => seen.isDangling).map(seen => seen.schema.metadata.name)).toEqual(['global-default'])
    expect(control.admit(exchange('bob', authenticated, 'GET', '/api/v1/pods')).level.name).toBe('catch-all')
  })

  test('PF3 a level that is taken away goes when its last request has ended', () => {
    const control = new FlowControl(new FakeClock(), 600, nothingStored)
    control.configure(levels, schemas)
    const running = control.admit(exchange('bob', authenticated, 'GET', '/api/v1/pods'))
    const names = () => [...control.levels].map(level => level.name)
    control.configure(levels.filter(level => level.metadata.name !== 'global-default'), schemas)
    expect(names()).toContain('global-default')
    expect(running.level.isQuiescing).toBe(true)
    control.finish(running)
    expect(names()).not.toContain('global-default')
  })

  test('PF4 seats move to the level that needs them, and back', async () => {
    const clock = new FakeClock()
    const control = new FlowControl(clock, 600, nothingStored)
    control.configure(levels, schemas)
    const running = Array.from({ length: 49 }, () => control.admit(exchange('bob', authenticated, 'GET', '/api/v1/pods')))
    const { level } = running[0]!
    const before = level.queues.limit
    const waiting = Array.from({ length: 200 }, () => control.admit(exchange('bob', authenticated, 'GET', '/api/v1/pods')))
    expect(waiting.some(({ ticket }) => ticket.state === 'waiting')).toBe(true)
    await clock.advance(10_000)
    control.adjustBorrowing()
    expect(level.queues.limit).toBeGreaterThan(before)
    expect(waiting.every(({ ticket }) => ticket.state === 'executing')).toBe(true)
    for (const admission of [...running, ...waiting]) control.finish(admission)
    expect([...control.levels].reduce((sum, each) => sum + each.queues.limit, 0)).toBeLessThan(620)
  })

  test('the tables show what waits and what runs', () => {
    const clock = new FakeClock()
    const control = new FlowControl(clock, 1, nothingStored)
    const admissions = ['a', 'b'].map(user => control.admit(exchange(user, authenticated, 'GET', '/api/v1/namespaces/web/pods')))
    expect(admissions.map(({ ticket }) => ticket.state)).toEqual(['executing', 'refused'])
    const dump = (name: string, query = '') => flowDump(control, name, new URLSearchParams(query), { wallMs: clock.now(), monotonicMs: clock.monotonic() })
    expect(dump('dump_priority_levels')).toBe([
      'PriorityLevelName, ActiveQueues, IsIdle, IsQuiescing, WaitingRequests, ExecutingRequests, DispatchedRequests, RejectedRequests, TimedoutRequests, CancelledRequests',
      'catch-all,         0,            false,  false,       0,               1,                 1,                  1,                0,                0',
      'exempt,            0,            true,   false,       0,               0,                 0,                  0,                0,                0',
      '',
    ].join('\n'))
    expect(dump('dump_requests', 'includeRequestDetails=1')).toContain('catch-all,         catch-all,      -1,         -1,                  ,                2026-01-01T00:00:00.000Z, 1,            0,          0s,                2026-01-01T00:00:00.000Z, a,        list,   /api/v1/namespaces/web/pods, web,       ,       v1,         pods,     ')
    expect(dump('dump_nothing')).toBeUndefined()
  })

  test('WE1, WE2, WE4: width of lists, watches and writes', () => {
    const amounts = { amountOf: ({ group, resource }: { group: string; resource: string }) => (group === '' && resource === 'pods' ? { objects: 1_000, bytes: 4_000_000 } : undefined), watchersOf: () => 45 }
    const seats = (method: string, url: string, most = 0) => {
      const { info, query } = exchange('a', [], method, url)
      return estimateWork(info, query, most, amounts)
    }
    expect(seats('GET', '/api/v1/pods').initialSeats).toBe(10)
    expect(seats('GET', '/api/v1/pods?limit=100').initialSeats).toBe(4)
    expect(seats('GET', '/api/v1/pods?continue=x&labelSelector=a&limit=100').initialSeats).toBe(20)
    expect(seats('GET', '/api/v1/pods', 7).initialSeats).toBe(7)
    expect(seats('GET', '/api/v1/pods?watch=true&resourceVersion=5').initialSeats).toBe(1)
    expect(seats('GET', '/api/v1/pods?watch=true').initialSeats).toBe(10)
    expect(seats('GET', '/api/v1/namespaces/a/pods?fieldSelector=metadata.name=b').initialSeats).toBe(1)
    expect(seats('GET', '/apis/metrics.k8s.io/v1beta1/pods').initialSeats).toBe(1)
    expect(seats('PUT', '/api/v1/namespaces/a/pods/b')).toEqual({ initialSeats: 1, finalSeats: 5, lingerMs: 5 })
    expect(seats('PUT', '/api/v1/namespaces/a/pods/b', 2)).toEqual({ initialSeats: 1, finalSeats: 2, lingerMs: 12.5 })
    expect(seats('POST', '/api/v1/namespaces/a/serviceaccounts/b/token').finalSeats).toBe(0)
  })

  test('RA1, RA2: clients are told to come later while many are refused, and sooner again after', async () => {
    const clock = new FakeClock()
    const retry = new RetryAfter(clock)
    const seen: number[] = []
    for (let second = 0; second < 12; second++) {
      for (let at = 0; at < 20; at++) retry.noteRefused()
      seen.push(retry.seconds)
      await clock.advance(1_000)
    }
    expect(seen.slice(0, 4)).toEqual([1, 2, 2, 4])
    await clock.advance(60_000)
    retry.noteRefused()
    expect(retry.seconds).toBeLessThan(seen.at(-1)!)
  })
})

describe('flow control objects', () => {
  const schema = (change: (spec: FlowSchema['spec']) => void, name = 'mine') => {
    const object = structuredClone({ ...schemas[0]!, metadata: meta(name), spec: { ...standardSchemas.at(-1)!.spec, matchingPrecedence: 500 } }) as FlowSchema
    change(object.spec)
    return flowSchema.validate(object).map(error => `${error.path}: ${error.message}`)
  }
  const level = (change: (level: PriorityLevelConfiguration) => void) => {
    const object = structuredClone({ ...levels.find(each => each.metadata.name === 'system')!, metadata: meta('mine') })
    change(object)
    return priorityLevelConfiguration.validate(object).map(error => `${error.path}: ${error.message}`)
  }

  test('the standard ones are valid', () => {
    expect(schemas.flatMap(each => flowSchema.validate(each))).toEqual([])
    expect(levels.flatMap(each => priorityLevelConfiguration.validate(each))).toEqual([])
  })

  test('FV1 mandatory ones keep their spec', () => {
    const exempt = structuredClone(schemas[0]!)
    exempt.spec.rules = []
    expect(flowSchema.validate(exempt)[0]?.message).toContain("spec of 'exempt' must equal the fixed value")
    const level = structuredClone(levels[0]!)
    level.spec.exempt = { nominalConcurrencyShares: 10, lendablePercent: 50 }
    expect(priorityLevelConfiguration.validate(level)).toEqual([])
  })

  test('FV2, FV3 and the rest', () => {
    expect(schema(spec => { spec.matchingPrecedence = 1 })).toEqual(["spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"])
    expect(schema(spec => { spec.rules![0]!.subjects = [{ kind: 'User', user: { name: 'x' }, group: { name: 'y' } }] })).toEqual(["spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'"])
    expect(schema(spec => { spec.rules![0]!.resourceRules![0]!.verbs = ['*', 'get'] })).toEqual(["spec.rules[0].resourceRules[0].verbs: Invalid value: [\"*\",\"get\"]: if '*' is present, must not specify other verbs"])
    expect(level(each => { each.spec.limited!.limitResponse!.queuing!.handSize = 100 })).toEqual(['spec.limited.limitResponse.queuing.handSize: Invalid value: 100: should not be greater than queues (64)'])
    expect(level(each => { Object.assign(each.spec.limited!.limitResponse!.queuing!, { queues: 1_024, handSize: 8 }) })[0]).toContain('required entropy bits of deckSize 1024 and handSize 8 should not be greater than 60')
  })
})
