import { expect, it } from 'vitest'
import type { PodSpec } from '../core-v1/types.ts'
import { validateTemplateUpdate } from './suspended-job-template.ts'
import type { Job } from './types.ts'

const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] }
const pod: PodSpec = { containers: [{ name: 'c', image: 'busybox', resources: { requests: { cpu: '1' } } }], restartPolicy: 'Never', affinity: { podAffinity } }

function job(spec: Partial<PodSpec> = {}, status: Job['status'] = { conditions: [{ type: 'Suspended', status: 'True' }] }, suspend = true, labels: Record<string, string> = {}): Job {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' }, spec: { suspend, template: { metadata: { labels }, spec: { ...pod, ...spec } } }, status }
}

const larger = { containers: [{ ...pod.containers[0]!, resources: { requests: { cpu: '2' } } }] }
const started = { conditions: [{ type: 'Suspended', status: 'True' }], startTime: '2026-01-01T00:00:00Z' }
const gpuNodes = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'gpu', operator: 'Exists' }] }] } }

it.each<[string, Job, Job, string[]]>([
  ['SJ2 resources', job(larger), job(), []],
  ['SJ1 also of a job that had begun before', job(larger), job({}, started), []],
  ['SJ2 where it may run', job({ nodeSelector: { disk: 'ssd' }, tolerations: [{ operator: 'Exists' }], schedulingGates: [{ name: 'g' }] }, undefined, true, { queue: 'a' }), job(), []],
  ['SJ2 node affinity', job({ affinity: { podAffinity, nodeAffinity: gpuNodes } }), job(), []],
  ['SJ2 affinity to pods stays', job({ affinity: { nodeAffinity: gpuNodes } }), job(), ['spec.template.spec']],
  ['SJ2 the image stays', job({ containers: [{ ...pod.containers[0]!, image: 'other' }] }), job(), ['spec.template.spec']],
  ['SJ2 one container more', job({ containers: [...pod.containers, { name: 'd', image: 'busybox' }] }), job(), ['spec.template.spec']],
  ['SJ1 not suspended', job(larger), job({}, undefined, false), ['spec.template']],
  ['SJ1 the controller has not seen it', job(larger), job({}, {}), ['spec.template']],
  ['SJ1 pods are still there', job(larger), job({}, { ...started, active: 1 }), ['spec.template']],
])('%s', (_, now, old, fields) => {
  expect(validateTemplateUpdate(now, old).map(({ path }) => path)).toEqual(fields)
})
