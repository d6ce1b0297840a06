import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readEgressSelections } from './node-dialer.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubarium-egress-'))

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function read(...egressSelections: object[]) {
  const file = join(folder, 'egress.yaml')
  writeFileSync(file, JSON.stringify({ apiVersion: 'apiserver.k8s.io/v1beta1', kind: 'EgressSelectorConfiguration', egressSelections }))
  return readEgressSelections(file)
}

const through = (name: string, udsName: string) => ({ name, connection: { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName } } } })
const direct = (name: string) => ({ name, connection: { proxyProtocol: 'Direct' } })

test('each way out is its own; the one to the control plane is there only where it is named', () => {
  expect(read()).toEqual({ cluster: 'direct', controlPlane: undefined })
  expect(read(through('cluster', '/run/a.sock'))).toEqual({ cluster: { socket: '/run/a.sock' }, controlPlane: undefined })
  expect(read(direct('controlplane'), through('cluster', '/run/a.sock'))).toEqual({ cluster: { socket: '/run/a.sock' }, controlPlane: 'direct' })
  expect(read(through('controlplane', '/run/b.sock'))).toEqual({ cluster: 'direct', controlPlane: { socket: '/run/b.sock' } })
  expect(() => read({ name: 'cluster', connection: { proxyProtocol: 'GRPC' } })).toThrow('proxyProtocol "GRPC" is not supported; use HTTPConnect or Direct')
})
