import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { kindByGvk, kindOf, kinds } from './kinds.ts'
import type { Kind } from './kind.ts'
import type { KubernetesObject } from './kubernetes-object.ts'
import { deepClone } from './schema/clone.ts'
import { resourceRows, splitApiVersion } from './schema/definitions.ts'
import { fieldErrorsText } from './field-error.ts'
import { buildTable } from './table.ts'

// The samples were also put to Kubernetes 1.36: its defaults and cells equal the goldens (but for what its registry does after defaulting).
const samples = JSON.parse(readFileSync(new URL('testdata/samples.json', import.meta.url), 'utf8')) as KubernetesObject[]
const now = Date.parse('2026-01-03T00:00:00Z')

function kindFor(object: KubernetesObject): Kind {
  const { group, version } = splitApiVersion(object.apiVersion)
  return kindByGvk(group, version, object.kind)!
}

function defaulted(sample: KubernetesObject): KubernetesObject {
  const object = deepClone(sample)
  kindFor(object).setDefaults(object)
  return object
}

function expectGolden(name: string, text: string): void {
  const url = new URL(`testdata/${name}.golden.txt`, import.meta.url)
  if (process.env['GOLDEN'] === 'write') writeFileSync(url, text)
  expect(text).toBe(readFileSync(url, 'utf8'))
}

describe('kinds', () => {
  test('every row of discovery has one', () => {
    expect(kinds.length).toBe(resourceRows.length)
    expect(kindOf('apps', 'deployments')?.type.kind).toBe('Deployment')
    expect(kindOf('autoscaling', 'horizontalpodautoscalers')?.type.version).toBe('v2')
    expect(kindOf('autoscaling', 'horizontalpodautoscalers', 'v1')?.type.version).toBe('v1')
    expect(kindOf('', 'nonsense')).toBeUndefined()
  })

  test('KD2 defaulting twice changes nothing', () => {
    for (const sample of samples) {
      const once = defaulted(sample)
      expect(defaulted(once)).toEqual(once)
    }
  })

  test('defaults', () => {
    expectGolden('defaults', samples.map(sample => `${JSON.stringify(sample)}\n  ${JSON.stringify(defaulted(sample))}\n`).join('\n'))
  })

  test('tables', () => {
    expectGolden('tables', samples.map(sample => {
      const kind = kindFor(sample)
      const table = buildTable(kind, [defaulted(sample)], { now })
      return `${kind.type.kind}\n  ${table.columnDefinitions.map(column => `${column.name}${column.priority > 0 ? '*' : ''}`).join(' | ')}\n  ${table.rows[0]!.cells.map(String).join(' | ')}\n`
    }).join('\n'))
  })

  test('DK1 DK2 a write keeps the status, a status write keeps the spec, generation follows the spec', () => {
    const kind = kindOf('apps', 'deployments')!
    const old = defaulted(samples.find(sample => sample.kind === 'Deployment')!) as KubernetesObject & { spec: { replicas: number }; status: { replicas?: number } }
    kind.prepareForCreate(old)
    expect(old.metadata.generation).toBe(1)
    expect(old.status).toEqual({})
    old.status = { replicas: 2 }
    const changed = deepClone(old)
    changed.spec.replicas = 7
    changed.status = { replicas: 99 }
    changed.metadata.generation = 55
    const forStatus = deepClone(changed)
    forStatus.metadata.annotations = { seen: 'yes' }
    forStatus.metadata.labels = { lost: 'yes' }
    kind.prepareForUpdate(changed, old)
    expect(changed.status).toEqual({ replicas: 2 })
    expect(changed.metadata.generation).toBe(2)
    kind.prepareForStatusUpdate(forStatus, old)
    expect(forStatus.spec.replicas).toBe(1)
    expect(forStatus.status).toEqual({ replicas: 99 })
    expect(forStatus.metadata.generation).toBe(1)
    expect(forStatus.metadata.annotations).toEqual({ seen: 'yes' })
    expect(forStatus.metadata.labels).toEqual(old.metadata.labels)
  })

  test('PO2 a running pod changes its image but not its node', () => {
    const kind = kindOf('', 'pods')!
    const old = defaulted(samples.find(sample => sample.kind === 'Pod')!) as KubernetesObject & { spec: { containers: { image: string }[]; hostname?: string } }
    old.metadata.resourceVersion = '1'
    const image = deepClone(old)
    image.spec.containers[0]!.image = 'other:2'
    expect(kind.validateUpdate(image, old)).toEqual([])
    const hostname = deepClone(old)
    hostname.spec.hostname = 'x'
    expect(kind.validateUpdate(hostname, old)[0]?.message).toContain('Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations)')
  })

  test.each([
    [{ metadata: { name: 'Bad_Name', namespace: 'd' } }, 'metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character (e.g. \'example.com\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\')'],
    [{ spec: { containers: [] } }, 'spec.containers: Required value'],
    [{ spec: { containers: [{ name: 'a', image: 'b' }, { name: 'a', image: 'b' }] } }, 'spec.containers[1].name: Duplicate value: "a"'],
    [{ spec: { containers: [{ name: 'a', image: 'b', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] } }, 'spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    [{ spec: { restartPolicy: 'X', containers: [{ name: 'a', image: 'b' }] } }, 'spec.restartPolicy: Unsupported value: "X": supported values: "Always", "OnFailure", "Never"'],
    [{ spec: { containers: [{ name: 'a', image: 'b', resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }] } }, 'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  ])('refuses a pod with %j', (part, text) => {
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: 'd' }, spec: { containers: [{ name: 'a', image: 'b' }] }, ...part } as unknown as KubernetesObject
    expect(fieldErrorsText(kindFor(object).validate(defaulted(object)))).toBe(text)
  })
})
