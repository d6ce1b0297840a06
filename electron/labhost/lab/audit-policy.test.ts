import { expect, test } from 'vitest'
import { auditPolicy } from './audit-policy.ts'

test('LA1 no rule keeps what is sent or answered, and the last rule is for everything', () => {
  expect(new Set(auditPolicy.rules.map(rule => rule.level))).toEqual(new Set(['None', 'Metadata']))
  expect(auditPolicy.rules.at(-1)).toEqual({ level: 'Metadata' })
})

test('LA2 what people do is never left out: each rule of level None names paths, resources, or the machinery that asks', () => {
  for (const rule of auditPolicy.rules.slice(0, -1)) {
    expect(Object.keys(rule).some(field => ['nonResourceURLs', 'resources', 'users', 'userGroups'].includes(field))).toBe(true)
    for (const user of 'users' in rule ? rule.users : []) expect(user).toMatch(/^system:/)
    for (const group of 'userGroups' in rule ? rule.userGroups : []) expect(group).toMatch(/^system:(?:nodes$|serviceaccounts:kube-system$)/)
  }
})
