import { X509Certificate, createPublicKey } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LabPki } from './lab-pki.ts'

let dir: string
let now: number
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kubarium-pki-'))
  now = Date.now()
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

const pki = () => new LabPki({ dir, now: () => now, serviceAddress: '10.96.0.1', nodeLocalAddress: '198.18.0.1' })
const contents = () => Object.fromEntries(readdirSync(dir).map(file => [file, readFileSync(join(dir, file), 'utf8')]))
const certificate = (name: string) => new X509Certificate(readFileSync(join(dir, `${name}.crt`)))

test('PK1 every file is 0600', async () => {
  await pki().ensure()
  const modes = new Set(readdirSync(dir).map(file => statSync(join(dir, file)).mode & 0o777))
  expect(readdirSync(dir).length).toBeGreaterThan(20)
  expect([...modes]).toEqual([0o600])
})

test('PK2 running again changes nothing, and near their end only leaves are renewed', async () => {
  await pki().ensure()
  await pki().ensureNode('node-1', ['172.30.0.11'])
  const first = contents()
  await pki().ensure()
  await pki().ensureNode('node-1', ['172.30.0.11'])
  expect(contents()).toEqual(first)

  now += 340 * 24 * 3_600_000
  await pki().ensure()
  const later = contents()
  expect(later['ca.crt']).toBe(first['ca.crt']) // PK3
  expect(later['sa.key']).toBe(first['sa.key'])
  expect(later['apiserver.crt']).not.toBe(first['apiserver.crt'])
})

test('PK2 a changed address gives a new certificate', async () => {
  await pki().ensure()
  const before = await pki().ensureNode('node-1', ['172.30.0.11'])
  const after = await pki().ensureNode('node-1', ['172.30.0.12'])
  expect(after.kubeletServer.certificate).not.toBe(before.kubeletServer.certificate)
  expect(after.kubeletClient.certificate).toBe(before.kubeletClient.certificate)
  expect(new X509Certificate(after.kubeletServer.certificate).checkIP('172.30.0.12')).toBe('172.30.0.12')
})

test('PK4 subjects, names and issuers are those of the plan', async () => {
  await pki().ensure()
  await pki().ensureNode('node-1', ['172.30.0.11'])
  expect(certificate('admin').subject).toBe('O=system:masters\nCN=kubernetes-admin')
  expect(certificate('node-node-1-client').subject).toBe('O=system:nodes\nCN=system:node:node-1')
  expect(certificate('overlay').subject).toBe('O=system:overlay\nCN=system:overlay')
  for (const host of ['localhost', 'kubernetes.default.svc']) expect(certificate('apiserver').checkHost(host)).toBe(host)
  for (const ip of ['127.0.0.1', '198.18.0.1', '10.96.0.1']) expect(certificate('apiserver').checkIP(ip)).toBe(ip)
  expect(certificate('apiserver-etcd-client').checkIssued(certificate('etcd-ca'))).toBe(true)
  expect(certificate('apiserver-etcd-client').verify(certificate('ca').publicKey)).toBe(false)
  expect(certificate('front-proxy-client').verify(certificate('front-proxy-ca').publicKey)).toBe(true)
  expect(certificate('ca').ca).toBe(true)
  expect(createPublicKey(readFileSync(join(dir, 'sa.pub'))).asymmetricKeyType).toBe('rsa')
})

test('a kubeconfig carries everything it needs', async () => {
  const made = pki()
  await made.ensure()
  const text = made.kubeconfig('admin', 'kubernetes-admin', 'https://127.0.0.1:6443', 'lab')
  expect(text).toContain('server: https://127.0.0.1:6443')
  expect(Buffer.from(/client-certificate-data: (.*)/.exec(text)![1]!, 'base64').toString()).toBe(readFileSync(join(dir, 'admin.crt'), 'utf8'))
})
