import { expect, test } from 'vitest'
import type { MachineReport } from '../../../electron/contract/machines.ts'
import { cardsOf, sampleOf } from './machine-sample.ts'

test('MS1 interfaces that stay are drawn', () => {
  const counted = { bytes: 7, packets: 1, errors: 0, dropped: 0 }
  const report = { at: 5, cpuSeconds: 3, memory: { totalBytes: 9, usedBytes: 8, workingSetBytes: 6 }, interfaces: ['lo', 'lan0', 'vxlan.kubarium', 'cni0', 'veth1'].map(name => ({ name, mac: '', mtu: 1, isUp: true, addresses: [], received: counted, sent: { ...counted, bytes: 9 } })) } as unknown as MachineReport
  const sample = sampleOf(report)
  expect(sample).toEqual({ at: 5, values: { 'cpu': 3, 'memory': 6, 'received lan0': 7, 'sent lan0': 9, 'received vxlan.kubarium': 7, 'sent vxlan.kubarium': 9 } })
  expect(cardsOf([sample])).toEqual(['lan0', 'vxlan.kubarium'])
  expect(cardsOf([])).toEqual([])
})
