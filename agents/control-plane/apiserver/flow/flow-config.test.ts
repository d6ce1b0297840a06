import { describe, expect, test } from 'vitest'
import { priorityLevelConfiguration } from '../../../api/groups/flowcontrol-v1/flow-control-kinds.ts'
import { standardLevels } from '../../../api/groups/flowcontrol-v1/standard-objects.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { autoUpdateAnnotation, wantedFlowObject } from './flow-config.ts'

const of = { group: 'flowcontrol.apiserver.k8s.io', resource: 'prioritylevelconfigurations' }
const deps = { table: { stored: () => ({ rules: priorityLevelConfiguration }) } } as never

function mended(name: string, annotation: string | undefined, generation: number, shares: number): { readonly annotation: string | undefined; readonly shares: number } | 'left alone' {
  const standard = standardLevels.find(level => level.name === name)!
  const spec = structuredClone(standard.spec)
  const sharing = spec.limited ?? spec.exempt!
  sharing.nominalConcurrencyShares = shares
  const existing = { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'PriorityLevelConfiguration', metadata: { name, generation, ...(annotation === undefined ? {} : { annotations: { [autoUpdateAnnotation]: annotation } }) }, spec } as unknown as KubeObject
  const next = wantedFlowObject(of, standard, deps).mend!(existing)
  if (next === undefined) return 'left alone'
  const nextSpec = next['spec'] as typeof spec
  return { annotation: next.metadata.annotations?.[autoUpdateAnnotation], shares: (nextSpec.limited ?? nextSpec.exempt!).nominalConcurrencyShares! }
}

describe('standard flow objects', () => {
  test('FC2 a suggested one that updates itself gets its spec back; one that does not keeps what people wrote', () => {
    expect(mended('workload-low', 'true', 3, 7)).toEqual({ annotation: 'true', shares: 100 })
    expect(mended('workload-low', 'true', 3, 100)).toBe('left alone')
    expect(mended('workload-low', 'false', 3, 7)).toBe('left alone')
  })

  test('FC2 without a usable annotation it updates itself only if its spec was never changed', () => {
    expect(mended('workload-low', undefined, 1, 100)).toEqual({ annotation: 'true', shares: 100 })
    expect(mended('workload-low', undefined, 2, 7)).toEqual({ annotation: 'false', shares: 7 })
    expect(mended('workload-low', 'perhaps', 1, 7)).toEqual({ annotation: 'true', shares: 100 })
  })

  test('FC2 a mandatory one always has its spec', () => {
    expect(mended('catch-all', 'false', 5, 50)).toEqual({ annotation: 'true', shares: 5 })
    expect(mended('catch-all', 'true', 1, 5)).toBe('left alone')
  })
})
