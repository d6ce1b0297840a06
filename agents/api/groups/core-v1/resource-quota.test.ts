import { describe, expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { resourceQuota } from './resource-quota.ts'
import type { ResourceQuota } from './types.ts'

const errors = (spec: object) => fieldErrorsText(resourceQuota.validate({ kind: 'ResourceQuota', apiVersion: 'v1', metadata: { namespace: 'n', name: 'q' }, spec } as ResourceQuota))
const selecting = (...matchExpressions: object[]) => errors({ hard: { pods: '1' }, scopeSelector: { matchExpressions } })

describe('what a quota is applied to', () => {
  test('QV2 scopes fit what they limit', () => {
    expect(errors({ hard: { pods: '1', services: '1' }, scopes: ['BestEffort', 'Odd'] })).toBe('[spec.scopes: Invalid value: ["BestEffort","Odd"]: unsupported scope applied to resource, spec.scopes: Invalid value: ["BestEffort","Odd"]: unsupported scope]')
    expect(errors({ hard: { pods: '1' }, scopes: ['Terminating', 'NotTerminating'] })).toContain('conflicting scopes')
  })

  test('QV3 so do those of a selector, whose operator wants values or none', () => {
    expect(selecting({ scopeName: '', operator: '' })).toBe('[spec.scopeSelector.matchExpressions.scopeName: Invalid value: "": unsupported scope, spec.scopeSelector.matchExpressions.operator: Invalid value: "": not a valid selector operator]')
    expect(selecting({ scopeName: 'PriorityClass', operator: 'In' })).toContain('must be at least one value')
    expect(selecting({ scopeName: 'PriorityClass', operator: 'Exists', values: ['high'] })).toContain('must be no value')
    expect(selecting({ scopeName: 'BestEffort', operator: 'DoesNotExist' })).toContain("must be 'Exists' when scope is any of")
    expect(selecting({ scopeName: 'BestEffort', operator: 'Exists' }, { scopeName: 'NotBestEffort', operator: 'Exists' })).toContain('conflicting scopes')
    expect(selecting({ scopeName: 'PriorityClass', operator: 'In', values: ['high'] })).toBe('[]')
  })
})
