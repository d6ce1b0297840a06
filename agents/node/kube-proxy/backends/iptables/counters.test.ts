import { describe, expect, test } from 'vitest'
import { readCounters } from './counters.ts'

const saved = `*nat
:KUBE-SVC-A - [0:0]
[7:420] -A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-A
[1:60] -A KUBE-SVC-A ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ
[3:180] -A KUBE-SVC-A -m statistic --mode random --probability 0.5 -j KUBE-SEP-1
[4:240] -A KUBE-SVC-A -j KUBE-SEP-2
[3:180] -A KUBE-SEP-1 -p tcp -j DNAT --to-destination 10.244.0.2:80
[0:0] -A KUBE-SVC-B -j KUBE-SEP-3
COMMIT
`

describe('counters of rules', () => {
  test('CO1 of a Service: its rules and those of its endpoints, and no others', () => {
    expect(readCounters(saved, 'KUBE-SVC-A').map(({ chain, packets, target }) => `${chain} ${packets} ${target ?? ''}`)).toEqual(['KUBE-SVC-A 1 KUBE-MARK-MASQ', 'KUBE-SVC-A 3 KUBE-SEP-1', 'KUBE-SVC-A 4 KUBE-SEP-2', 'KUBE-SEP-1 3 DNAT'])
  })

  test('all rules where no chain is named', () => {
    expect(readCounters(saved, undefined)).toHaveLength(6)
  })
})
