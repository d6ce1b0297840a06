import { expect, test } from 'vitest'
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { checkDevices } from './sandbox-starter.ts'

test('a pod with claims is told that no driver prepares its devices, one without is not concerned', () => {
  const told: string[] = []
  const check = (resourceClaims: Pod['spec']['resourceClaims'], extended?: string) => { checkDevices({ spec: { containers: [], ...(resourceClaims === undefined ? {} : { resourceClaims }) }, status: extended === undefined ? {} : { extendedResourceClaimStatus: { resourceClaimName: extended } } } as unknown as Pod, { tell: (_pod, type, reason) => { told.push(`${type} ${reason}`) } }) }
  expect(() => { check(undefined) }).not.toThrow()
  expect(() => { check([{ name: 'gpu', resourceClaimName: 'mine' }]) }).toThrow('no DRA driver is registered on this node for the claims gpu')
  expect(() => { check(undefined, 'p-extended-resources-x') }).toThrow('for the claims p-extended-resources-x')
  expect(told).toEqual(['Warning FailedPrepareDynamicResources', 'Warning FailedPrepareDynamicResources'])
})
