/** Admission plugins that are chosen on the command line, and the file they are configured with. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'

let plane: ControlPlane
let api: RawApi
const folder = mkdtempSync(join(tmpdir(), 'kubarium-admission-'))

beforeAll(async () => {
  writeFileSync(join(folder, 'limits.yaml'), 'apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\nlimits:\n- {type: Namespace, qps: 1, burst: 2}\n')
  writeFileSync(join(folder, 'admission.yaml'), `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: EventRateLimit
  path: limits.yaml
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: baseline, warn: restricted}
    exemptions: {namespaces: [kube-system]}
`)
  plane = await startControlPlane({ flags: [`--admission-control-config-file=${join(folder, 'admission.yaml')}`, '--enable-admission-plugins=NodeRestriction,NamespaceAutoProvision,AlwaysPullImages,EventRateLimit,DenyServiceExternalIPs,OwnerReferencesPermissionEnforcement'] })
  api = rawApi(plane)
  await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  await api.call('POST', '/api/v1/namespaces/kube-system/serviceaccounts', { metadata: { name: 'default' } })
})

afterAll(async () => {
  await plane?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const pod = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'web:1' }], ...spec } })

test('PodSecurity by default, with exemptions', async () => {
  const refused = await api.call('POST', '/api/v1/namespaces/default/pods', pod('host', { hostPID: true }))
  expect([refused.status, refused.json.message]).toEqual([403, 'pods "host" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)'])
  const warned = await api.call('POST', '/api/v1/namespaces/default/pods', pod('plain'))
  expect([warned.status, warned.headers.warning]).toEqual([201, expect.stringContaining('would violate PodSecurity \\"restricted:latest\\": allowPrivilegeEscalation != false (container \\"c\\" must set')])
  expect(warned.json.spec.containers[0].imagePullPolicy).toBe('Always')
  expect((await api.call('POST', '/api/v1/namespaces/kube-system/pods', pod('host', { hostPID: true }))).status).toBe(201)
})

test('EventRateLimit, NamespaceAutoProvision, DenyServiceExternalIPs', async () => {
  const made = await api.call('POST', '/api/v1/namespaces/fresh/configmaps', { metadata: { name: 'a' } })
  expect([made.status, (await api.call('GET', '/api/v1/namespaces/fresh')).status]).toEqual([201, 200])
  const event = (name: string) => api.call('POST', '/api/v1/namespaces/fresh/events', { metadata: { name }, involvedObject: { kind: 'Pod', namespace: 'fresh', name: 'p' }, reason: 'x', message: 'y', type: 'Normal' })
  const answers = [await event('1'), await event('2'), await event('3')]
  expect(answers.map(answer => answer.status)).toEqual([201, 201, 429])
  expect(answers[2]!.json.message).toBe('Too many requests: limit reached on type Namespace for key fresh')
  const service = await api.call('POST', '/api/v1/namespaces/default/services', { metadata: { name: 's' }, spec: { ports: [{ port: 80 }], externalIPs: ['203.0.113.1'] } })
  expect([service.status, service.json.message]).toEqual([403, 'services "s" is forbidden: Use of external IPs is denied by admission control'])
})

test('what is on, in upstream\'s order, can be looked at', async () => {
  const { plugins } = (await api.call('GET', '/debug/inspect/admission')).json.value ?? (await api.call('GET', '/debug/inspect/admission')).json
  expect(plugins.slice(0, 4)).toEqual(['NamespaceAutoProvision', 'NamespaceLifecycle', 'LimitRanger', 'ServiceAccount'])
  expect(plugins.slice(-5)).toEqual(['MutatingAdmissionPolicy', 'MutatingAdmissionWebhook', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionWebhook', 'ResourceQuota'])
})
