import { expect, test } from 'vitest'
import { readDrillFile } from './read-drill.ts'

const whole = `apiVersion: kubarium.dev/v1
kind: Drill
metadata: { name: mine }
spec:
  title: Mine
  hypothesis: It holds.
  explanation: Because.
  duration: 20s
  recovery: 10s
  objects:
    - { apiVersion: v1, kind: ConfigMap, metadata: { name: things }, data: { node: $victim } }
  choose:
    - { name: victim, node: { running: app=web } }
  probes:
    - { name: answers, every: 500ms, http: { service: web, from: $victim } }
    - name: errors
      metric: { component: kube-apiserver, query: 'sum(rate(apiserver_request_total{code=~"5.."}[30s]))' }
      expect: { atMost: 1 }
  faults:
    - { at: 1s, inject: component-kill, target: kubelet@$victim, times: 2, every: 5s }
    - { serial: [{ inject: component-pause, target: etcd, for: 2s }, { inject: component-kill, target: etcd }], pause: 1s }
    - random: { from: 0s, to: 10s, times: 3, of: [{ inject: component-pause, target: kube-scheduler, for: 1s }] }
  abort: [{ probe: answers, failingFor: 15s }]
  must:
    - { probe: answers, holds: { from: 5s, share: 95 }, weight: 2 }
    - { probe: errors, holdsAfter: { within: 5s } }
  repair:
    commands: ['kubectl get pods']
    steps:
      - { before: true, merge: { path: /api/v1/nodes/$victim, body: { spec: { unschedulable: true } } } }
      - { at: 3s, restart: kubelet@$victim }
  revert: [{ merge: { path: /api/v1/nodes/$victim, body: { spec: { unschedulable: null } } } }]
`

test('a whole drill is read, defaults filled in', () => {
  expect(readDrillFile(whole, 'mine.yaml')).toMatchObject({
    name: 'mine', title: { 'en': 'Mine', 'zh-Hant': 'Mine' }, needs: { nodes: 1, providers: null }, durationMs: 20_000, recoveryMs: 10_000, steadyMs: 3_000,
    choices: [{ name: 'victim', from: 'node', running: 'app=web', not: [] }],
    probes: [
      { name: 'answers', everyMs: 500, timeoutMs: 2_000, look: { kind: 'http', service: 'web', namespace: '$namespace', port: 80, path: '/', from: '$victim' }, expect: { is: 200 } },
      { name: 'errors', look: { kind: 'metric', component: 'kube-apiserver' }, expect: { atMost: 1 } },
    ],
    faults: [
      { step: 'inject', atMs: 1_000, times: 2, everyMs: 5_000, order: { kind: 'component-kill', target: 'kubelet@$victim', durationMs: null } },
      { step: 'serial', pauseMs: 1_000, orders: [{ durationMs: 2_000 }, { durationMs: null }] },
      { step: 'random', toMs: 10_000, times: 3 },
    ],
    aborts: [{ probe: 'answers', failingForMs: 15_000 }],
    musts: [{ rule: 'holds', fromMs: 5_000, sharePercent: 95, weight: 2 }, { rule: 'holds-after', withinMs: 5_000, weight: 1 }],
    repair: { steps: [{ act: 'merge', atMs: null }, { act: 'restart', component: 'kubelet@$victim', atMs: 3_000 }] },
    revert: [{ act: 'merge', path: '/api/v1/nodes/$victim' }],
  })
})

function problems(...changes: readonly (readonly [string | RegExp, string])[]): string {
  let text = whole
  for (const [from, to] of changes) {
    expect(text).toMatch(from)
    text = text.replace(from, to)
  }
  try {
    readDrillFile(text, 'mine.yaml')
  } catch (error) {
    return (error as Error).message
  }
  return 'none'
}

test('DF1 faults, parameters and durations are checked against the kinds there are', () => {
  expect(problems(['inject: component-kill, target: kubelet', 'inject: component-kiss, target: kubelet'])).toBe('mine.yaml:20:25: spec.faults[0].inject: there is no fault "component-kiss"; `kubarium fault kinds` lists them')
  expect(problems(['times: 2,', 'set: { hard: 1 }, times: 2,'])).toMatch(/mine.yaml:20:\d+: spec.faults\[0\].set.hard: unknown field/)
  expect(problems([', every: 5s }', ' }'])).toMatch(/spec.faults\[0\]: needs "every"/)
  expect(problems(['target: etcd, for: 2s }', 'target: etcd }'])).toMatch(/serial\[0\]: needs "for"/)
  expect(problems(['target: kubelet@$victim, times', 'target: kubelet@$victim, for: 5s, times'])).toMatch(/happens once and has no duration/)
})

test('DF2 a rule names a probe that there is, and there is something to judge', () => {
  expect(problems(['probe: answers, holds', 'probe: answer, holds'])).toMatch(/mine.yaml:25:\d+: spec.must\[0\].probe: "answer" is no probe of this drill; it has answers, errors/)
  expect(problems([/ {2}must:\n.*\n.*\n/, ''])).toMatch(/spec.must: a drill has at least one thing that must hold/)
  expect(problems(['holdsAfter: { within: 5s }', 'holdsAfter: { within: 10s }'])).toMatch(/less than the recovery/)
  expect(problems(['name: errors', 'name: answers'])).toMatch(/probes\[1\].name: "answers" is there already/)
})

test('DF3 a name that is not chosen is refused where it stands', () => {
  expect(problems(['from: $victim', 'from: $somebody'])).toMatch(/mine.yaml:15:\d+: spec.probes\[0\].http.from: \$somebody is not chosen anywhere; this drill chooses .*\$victim/)
})

test('every problem is said with its line and column', () => {
  expect(problems(['duration: 20s', 'duration: long'], ['spec:\n', 'spec:\n  colour: red\n']).split('\n')).toEqual([
    expect.stringMatching(/^mine.yaml:5:3: spec.colour: unknown field; known here: title, /),
    'mine.yaml:9:13: spec.duration: "long" is not a duration; write 500ms, 30s or 5m',
  ])
  expect(problems(['code=~', 'code='])).toBe('none')
  expect(problems(['rate(', 'rat('])).toMatch(/mine.yaml:17:\d+: spec.probes\[1\].metric.query: /)
  expect(problems(['kind: Drill', 'kind: Lab'])).toMatch(/^mine.yaml:2:7: kind: must be Drill, not "Lab"/)
  expect(problems(['path: /api/v1/nodes/$victim, body: { spec: { unschedulable: true', 'path: nodes/$victim, body: { spec: { unschedulable: true'])).toMatch(/is not a path of the API server/)
  expect(problems(['restart: kubelet@$victim', 'restart: kubelet@$victim, reset: a'])).toMatch(/does one of/)
})

test('broken YAML is said at its place', () => {
  expect(problems(['kind: Drill', 'kind: [Drill'])).toMatch(/^mine.yaml:\d+:\d+: /)
})
