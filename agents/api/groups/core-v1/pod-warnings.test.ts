import { expect, test } from 'vitest'
import { podSpecWarnings, podTemplateWarnings } from './pod-warnings.ts'
import type { PodSpec } from './types.ts'

const warnings = (spec: object) => podSpecWarnings({ containers: [], ...spec } as PodSpec, 'spec')
const ports = (...given: object[]) => warnings({ containers: [{ name: 'a', ports: given }] })

test('PW1 what upstream has given up is named', () => {
  expect(warnings({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' }, volumes: [{ name: 'v', gitRepo: { repository: 'r' } }] })).toEqual([
    'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    'spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+',
  ])
})

test('PW2 a variable that refers to the earlier of its name does not hide it', () => {
  const env = (value: string) => warnings({ containers: [{ name: 'a', env: [{ name: 'PATH', value: '/bin' }, { name: 'PATH', value }] }] })
  expect(env('/sbin:$(PATH)')).toEqual([])
  expect(env('/sbin')).toEqual(['spec.containers[0].env[1]: hides previous definition of "PATH", which may be dropped when using apply'])
})

test('PW2 ports of all containers are laid beside one another', () => {
  expect(ports({ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' })).toEqual([])
  expect(ports({ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' })).toEqual(['spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]'])
  expect(ports({ containerPort: 80 }, { containerPort: 80, hostPort: 80 })).toEqual(['spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]'])
  expect(ports({ containerPort: 80, hostPort: 80 }, { containerPort: 80, hostPort: 80, hostIP: '127.0.0.1' })).toEqual(['spec.containers[0].ports[1]: dangerously ambiguous port definition with spec.containers[0].ports[0]'])
  expect(ports({ containerPort: 80, name: 'web' }, { containerPort: 81, name: 'web' })).toEqual(['spec.containers[0].ports[1]: duplicate port name "web" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]'])
})

test('PW3 fractions of bytes, and selectors that are not there', () => {
  expect(warnings({ containers: [{ name: 'a', resources: { limits: { memory: '1500m' } } }], topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] })).toEqual([
    'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
    'spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer',
  ])
})

test('a template keeps a negative grace period, and is warned of it', () => {
  expect(podTemplateWarnings({ spec: { containers: [], terminationGracePeriodSeconds: -1 } }, 'spec.template')).toEqual(['spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1'])
})
