import { expect, test } from 'vitest'
import { pod } from './pod.ts'
import type { Pod, PodAffinityTerm, PodSpec } from './types.ts'

function created(spec: Partial<PodSpec>): PodSpec {
  const made = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default', labels: { 'app': 'web', 'pod-template-hash': 'abc', 'tenant': 'a' } }, spec: { containers: [], ...spec }, status: {} } as unknown as Pod
  pod.prepareForCreate!(made)
  return made.spec
}

const term = (more: Partial<PodAffinityTerm>): PodAffinityTerm => ({ topologyKey: 'zone', labelSelector: { matchLabels: { app: 'web' } }, ...more })
const hash = { key: 'pod-template-hash', operator: 'In', values: ['abc'] }

test('LK1: keys become requirements with the pod\'s own values, in affinity, anti-affinity and spreading', () => {
  const spec = created({
    affinity: {
      podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term({ matchLabelKeys: ['tenant', 'missing'] })], preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term({ matchLabelKeys: ['pod-template-hash'] }) }] },
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term({ mismatchLabelKeys: ['tenant'] })] },
    },
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', matchLabelKeys: ['pod-template-hash'], labelSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } }],
  })
  const { podAffinity, podAntiAffinity } = spec.affinity!
  expect(podAffinity!.requiredDuringSchedulingIgnoredDuringExecution![0]!.labelSelector).toEqual({ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tenant', operator: 'In', values: ['a'] }] })
  expect(podAffinity!.preferredDuringSchedulingIgnoredDuringExecution![0]!.podAffinityTerm.labelSelector!.matchExpressions).toEqual([hash])
  expect(podAntiAffinity!.requiredDuringSchedulingIgnoredDuringExecution![0]!.labelSelector!.matchExpressions).toEqual([{ key: 'tenant', operator: 'NotIn', values: ['a'] }])
  expect(spec.topologySpreadConstraints![0]!.labelSelector).toEqual({ matchExpressions: [{ key: 'app', operator: 'Exists' }, hash] })
})

test('LK2: without a selector nothing is added', () => {
  const [constraint] = created({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', matchLabelKeys: ['app'] }] }).topologySpreadConstraints!
  expect(constraint!.labelSelector).toBeUndefined()
})
