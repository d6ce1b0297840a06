import { describe, expect, it } from 'vitest'
import type { Node, NodeSelectorTerm, PodSpec } from '../../../api/groups/core-v1/types.ts'
import { satisfiesNodeAffinity } from './affinity.ts'

const node = { metadata: { name: 'n1', labels: { disk: 'ssd', cores: '8', tier: 'gold' } } } as unknown as Node
const has = (key: string, operator: string, ...values: string[]) => ({ key, operator, values })

function fits(...nodeSelectorTerms: readonly NodeSelectorTerm[]): boolean {
  return satisfiesNodeAffinity({ containers: [], affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [...nodeSelectorTerms] } } } } as PodSpec, node)
}

describe('node affinity', () => {
  it('AF1: one term is enough, all of it must hold, and one without requirements matches nothing', () => {
    expect(fits({ matchExpressions: [has('disk', 'In', 'hdd')] }, { matchExpressions: [has('disk', 'In', 'ssd')] })).toBe(true)
    expect(fits({ matchExpressions: [has('disk', 'In', 'ssd'), has('tier', 'In', 'silver')] })).toBe(false)
    expect(fits({})).toBe(false)
  })

  it.each([['cores', 'Gt', '7', true], ['cores', 'Gt', '8', false], ['cores', 'Lt', '10', true], ['tier', 'Gt', '1', false], ['none', 'Lt', '1', false], ['cores', 'Gt', 'few', false]])('AF2: %s %s %s: %s', (key, operator, value, expected) => {
    expect(fits({ matchExpressions: [has(key, operator, value)] })).toBe(expected)
  })

  it('AF3: of the fields only the name is known', () => {
    expect(fits({ matchFields: [has('metadata.name', 'In', 'n1')] })).toBe(true)
    expect(fits({ matchFields: [has('metadata.name', 'In', 'n2')] })).toBe(false)
    expect(fits({ matchFields: [has('metadata.uid', 'NotIn', 'n2')] })).toBe(false)
  })
})
