import { expect, test } from 'vitest'
import type { Flow } from '../../../electron/contract/connections.ts'
import { podsOf, servicesOf } from './places.ts'
import { type Report, ratesOf } from './traffic.ts'

const flow = (change: Partial<Flow> = {}): Flow => ({ protocol: 'tcp', source: '10.244.0.3', destination: '10.96.0.7', port: 80, target: '10.244.1.3', targetPort: 8080, connections: 1, packets: 2, bytes: 100, ...change })
const report = (at: number, ...flows: Flow[]): Report => ({ at, nodes: [{ node: 'node-1', flows, problem: null }] })

test('TR1 a rate is what was counted since the report before', () => {
  const rate = (before: Report | null, now: Report) => ratesOf(before, now).map(({ bytesPerSecond }) => bytesPerSecond)
  expect(rate(report(1_000, flow()), report(3_000, flow({ bytes: 500 })))).toEqual([200])
  expect(rate(report(1_000), report(3_000, flow({ bytes: 500 })))).toEqual([250])
  expect(rate(report(1_000, flow({ bytes: 900 })), report(3_000, flow({ bytes: 500 })))).toEqual([0])
  expect(rate(null, report(3_000, flow({ bytes: 500 })))).toEqual([0])
})

test('TR2 a connection that two nodes track is told of once, as it was dialled', () => {
  const beyond: Report = { at: 1, nodes: [{ node: 'node-2', flows: [flow({ destination: '10.244.1.3', port: 8080 })], problem: null }, { node: 'node-1', flows: [flow()], problem: null }] }
  expect(ratesOf(null, beyond).map(({ destination }) => destination)).toEqual(['10.96.0.7'])
})

test('places are read from the server\'s tables', () => {
  const columns = (...names: string[]) => names.map(name => ({ name, type: 'string', description: '', priority: 0 }))
  const row = (name: string, ...cells: unknown[]) => ({ uid: name, namespace: 'default', name, createdAt: '', cells: [name, ...cells] })
  expect(podsOf({ columns: columns('Name', 'Status', 'IP', 'Node'), rows: [row('web-1', 'Running', '10.244.0.3', 'node-1')] })).toEqual([{ id: 'default/web-1', namespace: 'default', name: 'web-1', node: 'node-1', ip: '10.244.0.3', status: 'Running' }])
  expect(servicesOf({ columns: columns('Name', 'Cluster-IP', 'Port(s)'), rows: [row('web', '10.96.0.7', '80/TCP,53:30053/UDP'), row('bare', 'None', '80/TCP')] })).toEqual([{ id: 'default/web', namespace: 'default', name: 'web', ip: '10.96.0.7', ports: [{ port: 80, protocol: 'TCP' }, { port: 53, protocol: 'UDP' }] }])
})
