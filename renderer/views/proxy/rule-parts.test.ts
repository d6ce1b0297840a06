import { expect, test } from 'vitest'
import { readRule } from './rule-parts.ts'

test('a rule says how likely it is taken and where it leads', () => {
  expect(readRule('-m comment --comment "default/web -> 10.244.0.2:80" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-A')).toEqual({ probability: 0.5, destination: null, comment: 'default/web -> 10.244.0.2:80' })
  expect(readRule('-p tcp -m comment --comment default/web -j DNAT --to-destination 10.244.0.2:80')).toEqual({ probability: null, destination: '10.244.0.2:80', comment: 'default/web' })
})
