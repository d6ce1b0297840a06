import { describe, expect, test } from 'vitest'
import { knownPlugins } from '../profile/configured-profiles.ts'
import { readConfigurationText } from './config-file.ts'

const head = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n'
const read = (text: string) => readConfigurationText(head + text, 'scheduler.yaml', knownPlugins)

function refusal(text: string): string {
  try {
    read(text)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the configuration was accepted')
}

describe('KubeSchedulerConfiguration', () => {
  test('KC2 without profiles there is one, with upstream\'s defaults', () => {
    expect(read('')).toMatchObject({
      parallelism: 16, percentageOfNodesToScore: 0, podInitialBackoffSeconds: 1, podMaxBackoffSeconds: 10, delayCacheUntilActive: false, extenders: [],
      leaderElection: { leaderElect: true, leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000, resourceName: 'kube-scheduler', resourceNamespace: 'kube-system' },
      profiles: [{ schedulerName: 'default-scheduler', percentageOfNodesToScore: null, pluginArgs: { NodeResourcesFit: { scoringStrategy: { type: 'LeastAllocated' } }, InterPodAffinity: { hardPodAffinityWeight: 1 }, DefaultPreemption: { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 } } }],
    })
  })

  test('KC1 SR3 a field that does not exist is named with its line and column', () => {
    expect(refusal('profiles:\n- schedulerName: a\n  plugin:\n    score: {}\n')).toBe('--config: scheduler.yaml:5:3: unknown field "profiles[0].plugin"')
  })

  test('KC1 another version is refused', () => {
    expect(() => readConfigurationText('apiVersion: kubescheduler.config.k8s.io/v1beta3\nkind: KubeSchedulerConfiguration\n', 'f', knownPlugins)).toThrow('f:1:13: apiVersion: Unsupported value: "kubescheduler.config.k8s.io/v1beta3": supported values: "kubescheduler.config.k8s.io/v1"')
  })

  test('a YAML error has its place too', () => {
    expect(refusal('profiles: [')).toMatch(/^--config: scheduler\.yaml:3:\d+: /)
  })

  test('SR2 all problems are told at once', () => {
    expect(refusal('parallelism: 0\npercentageOfNodesToScore: 101\npodInitialBackoffSeconds: many\n')).toBe([
      '--config: scheduler.yaml:3:14: parallelism: Invalid value: 0: should be an integer value greater than zero',
      'scheduler.yaml:4:27: percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]',
      'scheduler.yaml:5:27: podInitialBackoffSeconds: must be a whole number',
    ].join('; '))
  })

  test('KC2 names of profiles are unique', () => {
    expect(refusal('profiles:\n- schedulerName: a\n- schedulerName: a\n')).toContain('scheduler.yaml:5:18: profiles[1].schedulerName: Duplicate value: "a"')
  })

  test('KC3 a plugin that does not exist is refused', () => {
    expect(refusal('profiles:\n- plugins:\n    score:\n      disabled:\n      - name: Nope\n')).toContain('scheduler.yaml:7:15: profiles[0].plugins.score.disabled[0].name: Unsupported value: "Nope"')
  })

  test('PA2 PA3 arguments are read, defaulted and validated', () => {
    const args = (text: string) => `profiles:\n- pluginConfig:\n  - name: NodeResourcesFit\n    args:\n      scoringStrategy:\n${text}`
    expect(read(args('        type: MostAllocated\n        resources:\n        - name: cpu\n          weight: 3\n')).profiles[0]!.pluginArgs.NodeResourcesFit.scoringStrategy).toEqual({ type: 'MostAllocated', resources: [{ name: 'cpu', weight: 3 }] })
    expect(refusal(args('        type: RequestedToCapacityRatio\n'))).toContain('requestedToCapacityRatio: Required value: must be specified when type is RequestedToCapacityRatio')
    expect(refusal(args('        type: RequestedToCapacityRatio\n        requestedToCapacityRatio:\n          shape:\n          - {utilization: 50, score: 1}\n          - {utilization: 20, score: 11}\n'))).toContain('shape[1].utilization: Invalid value: 20: values must be sorted in increasing order')
  })

  test('PA3 devices are waited for at least a second, and searched for without end only when that is asked for', () => {
    const args = (text: string) => `profiles:\n- pluginConfig:\n  - name: DynamicResources\n    args: {${text}}`
    expect(refusal(args('bindingTimeout: 500ms'))).toContain('must be at least 1 second')
    expect(refusal(args('filterTimeout: -1s'))).toContain('must be a duration')
  })

  test('PA1 arguments of another kind are refused', () => {
    expect(refusal('profiles:\n- pluginConfig:\n  - name: InterPodAffinity\n    args:\n      kind: NodeAffinityArgs\n')).toContain('has to match plugin args')
  })

  test('KC4 an extender that prioritizes needs a weight, and only one may bind', () => {
    expect(refusal('extenders:\n- urlPrefix: http://a\n  prioritizeVerb: p\n')).toContain('extenders[0].weight: Invalid value: 0: must have a positive weight applied to it')
    expect(refusal('extenders:\n- {urlPrefix: "http://a", bindVerb: b}\n- {urlPrefix: "http://b", bindVerb: b}\n')).toContain('found 2 extenders implementing bind')
  })

  test('KC5 a lock other than a Lease is refused', () => {
    expect(refusal('leaderElection:\n  resourceLock: endpoints\n')).toContain('resourceLock value must be "leases"')
  })
})
