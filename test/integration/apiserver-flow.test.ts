/** Priority and fairness on a real server: its objects, its answers, its tables and numbers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setTimeout as pause } from 'node:timers/promises'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { findKubectls, kubectlWith } from './kubectl.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'

let plane: ControlPlane
let api: RawApi

const group = '/apis/flowcontrol.apiserver.k8s.io/v1'
const schemas = `${group}/flowschemas`
const levels = `${group}/prioritylevelconfigurations`

beforeAll(async () => {
  plane = await startControlPlane({ flags: ['--max-requests-inflight=20', '--max-mutating-requests-inflight=10'] })
  api = rawApi(plane)
})

afterAll(async () => {
  await plane?.stop()
})

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await holds()); waited += 20) {
    if (waited > 60_000) throw new Error(`not seen in time: ${what}`)
    await pause(20)
  }
}

const danglingOf = async (name: string) => ((await api.call('GET', `${schemas}/${name}`)).json.status?.conditions ?? []).map((condition: { status: string; reason: string; message: string }) => `${condition.status} ${condition.reason}: ${condition.message}`)

const forUser = (name: string, level: string, user: string) => ({
  metadata: { name },
  spec: {
    priorityLevelConfiguration: { name: level }, matchingPrecedence: 50, distinguisherMethod: { type: 'ByUser' },
    rules: [{ subjects: [{ kind: 'User', user: { name: user } }], resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }] }],
  },
})

describe('priority and fairness', () => {
  test('kubectl shows the levels and schemas of every cluster', async () => {
    const kubectl = kubectlWith(findKubectls().at(-1)!, plane.kubeconfig)
    expect((await kubectl("get prioritylevelconfigurations -o jsonpath='{range .items[*]}{.metadata.name} {.spec.type}{\"\\n\"}{end}'")).stdout.trim().split('\n')).toEqual([
      'catch-all Limited', 'exempt Exempt', 'global-default Limited', 'leader-election Limited', 'node-high Limited', 'system Limited', 'workload-high Limited', 'workload-low Limited',
    ])
    await until('every schema says that its level is there', async () => !(await kubectl('get flowschemas')).stdout.includes('?'))
    const lines = (await kubectl('get flowschemas')).stdout.trim().split('\n').map(line => line.split(/\s+/))
    expect(lines.map(([name, level, precedence, , , dangling]) => [name, level, precedence, dangling])).toEqual([
      ['NAME', 'PRIORITYLEVEL', 'MATCHINGPRECEDENCE', 'MISSINGPL'],
      ['exempt', 'exempt', '1', 'False'], ['probes', 'exempt', '2', 'False'], ['system-leader-election', 'leader-election', '100', 'False'],
      ['system-node-high', 'node-high', '400', 'False'], ['system-nodes', 'system', '500', 'False'],
      ['kube-controller-manager', 'workload-high', '800', 'False'], ['kube-scheduler', 'workload-high', '800', 'False'], ['kube-system-service-accounts', 'workload-high', '900', 'False'],
      ['service-accounts', 'workload-low', '9000', 'False'], ['global-default', 'global-default', '9900', 'False'], ['catch-all', 'catch-all', '10000', 'False'],
    ])
    const made = (await api.call('GET', `${schemas}/global-default`)).json
    expect(made.metadata.annotations).toEqual({ 'apf.kubernetes.io/autoupdate-spec': 'true' })
    expect(made.metadata.managedFields.map((entry: { manager: string; operation: string }) => `${entry.manager} ${entry.operation}`)).toEqual(['api-priority-and-fairness-config-consumer-v1 Apply', 'api-priority-and-fairness-config-producer-v1 Update'])
  })

  test('answers name schema and level by uid', async () => {
    const [schema, level, pods] = await Promise.all([api.call('GET', `${schemas}/exempt`), api.call('GET', `${levels}/exempt`), api.call('GET', '/api/v1/pods')])
    expect([pods.headers['x-kubernetes-pf-flowschema-uid'], pods.headers['x-kubernetes-pf-prioritylevel-uid']]).toEqual([schema.json.metadata.uid, level.json.metadata.uid])
  })

  test('a schema of a level that is not there says so until it is', async () => {
    expect((await api.call('POST', schemas, forUser('early', 'late-level', 'nobody'))).status).toBe(201)
    await until('dangling', async () => (await danglingOf('early')).length === 1)
    expect(await danglingOf('early')).toEqual(['True NotFound: This FlowSchema references the PriorityLevelConfiguration object named "late-level" but there is no such object'])
    await api.call('POST', levels, { metadata: { name: 'late-level' }, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' } } } })
    await until('found', async () => (await danglingOf('early'))[0]?.startsWith('False') === true)
    expect(await danglingOf('early')).toEqual(['False Found: This FlowSchema references the PriorityLevelConfiguration object named "late-level" and it exists'])
  })

  test('what does not fit is refused with 429 and when to come again; others are served meanwhile', async () => {
    await api.call('POST', levels, { metadata: { name: 'tiny' }, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } } } })
    await api.call('POST', schemas, forUser('greedy', 'tiny', 'greedy'))
    const greedy = rawApi(plane, await plane.certificateFor({ commonName: 'greedy', organizations: ['readers'] }))
    const modest = rawApi(plane, await plane.certificateFor({ commonName: 'modest', organizations: ['readers'] }))
    await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'readers' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'readers' }] })
    const uid = (await api.call('GET', `${schemas}/greedy`)).json.metadata.uid as string
    await until('the schema is used', async () => (await greedy.call('GET', '/api/v1/nodes')).headers['x-kubernetes-pf-flowschema-uid'] === uid)
    const answers = await Promise.all(Array.from({ length: 60 }, () => greedy.call('GET', '/api/v1/namespaces')))
    const others = await Promise.all(Array.from({ length: 60 }, () => modest.call('GET', '/api/v1/namespaces')))
    const refused = answers.filter(answer => answer.status === 429)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThan(60)
    expect([refused[0]!.text, refused[0]!.headers['content-type'], Number(refused[0]!.headers['retry-after'])]).toEqual(['Too many requests, please try again later.\n', 'text/plain; charset=utf-8', expect.any(Number)])
    expect(Number(refused[0]!.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect(new Set(others.map(answer => answer.status))).toEqual(new Set([200]))
    const { text } = await api.call('GET', '/metrics')
    expect(text).toContain(`apiserver_flowcontrol_rejected_requests_total{priority_level="tiny",flow_schema="greedy",reason="concurrency-limit"} ${refused.length}`)
    expect(text).toContain('apiserver_flowcontrol_request_wait_duration_seconds_bucket{priority_level="global-default",flow_schema="global-default",execute="true",le="0.005"}')
    expect(text).toContain('# TYPE apiserver_flowcontrol_dispatched_requests_total counter')
    expect(text).toMatch(/apiserver_flowcontrol_current_executing_requests\{priority_level="exempt",flow_schema="exempt"\} 1\n/)
  })

  test('a watch keeps its seats only until it has sent what exists', async () => {
    const watchers = await Promise.all(Array.from({ length: 40 }, () => rawApi(plane).watch('/api/v1/namespaces?watch=true')))
    await Promise.all(watchers.map(watch => watch.until(events => events.length > 2)))
    const table = (await api.call('GET', '/debug/api_priority_and_fairness/dump_priority_levels')).text.split('\n')
    expect(table[0]).toMatch(/^PriorityLevelName, +ActiveQueues, +IsIdle, /)
    expect(table.find(line => line.startsWith('exempt,'))!.split(/,\s+/).slice(0, 6)).toEqual(['exempt', '0', 'false', 'false', '0', '1'])
    for (const watch of watchers) watch.stop()
    const requests = (await api.call('GET', '/debug/api_priority_and_fairness/dump_requests?includeRequestDetails=1')).text
    expect(requests).toMatch(/exempt, +exempt, +-1, +-1, .*kubernetes-admin, +get, +\/debug\/api_priority_and_fairness\/dump_requests,/)
    expect((await api.call('GET', '/debug/api_priority_and_fairness/dump_queues')).text).toMatch(/^PriorityLevelName, +Index, +PendingRequests, /)
    expect((await api.call('GET', '/debug/inspect/flow-control')).json.levels.map((level: { name: string }) => level.name)).toContain('workload-high')
  })

  test('mandatory objects cannot be changed', async () => {
    const exempt = (await api.call('GET', `${schemas}/exempt`)).json
    exempt.spec.matchingPrecedence = 7
    const changed = await api.call('PUT', `${schemas}/exempt`, exempt)
    expect([changed.status, changed.json.message]).toEqual([422, expect.stringContaining("spec of 'exempt' must equal the fixed value")])
  })
})
