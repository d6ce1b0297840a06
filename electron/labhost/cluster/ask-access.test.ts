import { describe, expect, test } from 'vitest'
import type { AccessQuestion } from '../../contract/access.ts'
import { matches } from './ask-access.ts'

const question: AccessQuestion = { user: 'ann', groups: [], verb: 'get', group: '', resource: 'pods', subresource: '', namespace: 'default', name: 'web' }

describe('which rule says so', () => {
  test('AA1 a star means all', () => {
    expect(matches({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, question)).toBe(true)
    expect(matches({ verbs: ['list'], apiGroups: [''], resources: ['pods'] }, question)).toBe(false)
    expect(matches({ verbs: ['get'], apiGroups: ['apps'], resources: ['pods'] }, question)).toBe(false)
  })

  test('AA1 a rule for pods says nothing of their logs', () => {
    const logs = { ...question, subresource: 'log' }
    expect(matches({ verbs: ['get'], apiGroups: [''], resources: ['pods'] }, logs)).toBe(false)
    expect(matches({ verbs: ['get'], apiGroups: [''], resources: ['pods/log'] }, logs)).toBe(true)
    expect(matches({ verbs: ['get'], apiGroups: [''], resources: ['*/log'] }, logs)).toBe(true)
  })

  test('AA1 resource names narrow a rule to those names', () => {
    const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['web'] }
    expect(matches(rule, question)).toBe(true)
    expect(matches(rule, { ...question, name: 'other' })).toBe(false)
  })
})
