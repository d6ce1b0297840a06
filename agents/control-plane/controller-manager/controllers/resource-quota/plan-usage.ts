/**
 * What a quota's status should say, from the objects of its namespace. Pure.
 *
 *   QP1  Everything that spec.hard names and somebody counts is there, with 0 if nothing uses it.
 *   QP2  What nobody counts (yet) keeps the figure it has: a count of nothing would open the namespace.
 *   QP3  Equal amounts are equal however they are written: such a status is left alone.
 */
import type { ResourceQuota, ResourceQuotaStatus } from '../../../../api/groups/core-v1/types.ts'
import { countsFor, quotaConcerns, usageOf } from '../../../../api/quota/quota-usage.ts'
import { addQuantities, compareQuantities } from '../../../../api/schema/quantity.ts'

/** All objects of one resource in the quota's namespace. */
export interface CountedObjects {
  readonly group: string
  readonly resource: string
  readonly objects: readonly object[]
}

/** Undefined: the status is right as it is. */
export function planUsage(quota: ResourceQuota, counted: readonly CountedObjects[], nowMs: number): ResourceQuotaStatus | undefined {
  const hard = quota.spec.hard ?? {}
  const used: Record<string, string> = {}
  for (const name of Object.keys(hard)) {
    const before = quota.status?.used?.[name]
    if (before !== undefined) used[name] = before // QP2
  }
  for (const { group, resource, objects } of counted) {
    const names = Object.keys(hard).filter(name => countsFor(name, group, resource))
    if (names.length === 0) continue
    for (const name of names) used[name] = '0' // QP1
    for (const object of objects) {
      if (!quotaConcerns(quota, group, resource, object)) continue
      const usage = usageOf(group, resource, object, nowMs)
      for (const name of names) if (usage[name] !== undefined) used[name] = addQuantities(used[name]!, usage[name])
    }
  }
  const isRight = quota.status?.hard !== undefined && quota.status.used !== undefined && isSame(quota.status.hard, hard) && isSame(quota.status.used, used)
  return isRight ? undefined : { hard, used }
}

/** QP3 */
function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every(name => b[name] !== undefined && compareQuantities(a[name]!, b[name]) === 0)
}
