/** What a running server tells of itself: numbers, health, leases, certificates. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEtcd } from '../../agents/runtime/grpc/connect-etcd.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'

let plane: ControlPlane
let api: RawApi

beforeAll(async () => {
  plane = await startControlPlane()
  api = rawApi(plane)
})

afterAll(async () => {
  await plane?.stop()
})

describe('what a server tells of itself', () => {
  test('metrics have upstream\'s names, labels and types', async () => {
    const watch = await api.watch('/api/v1/namespaces/default/configmaps?watch=true')
    await api.call('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'a' }, data: { x: '1' } })
    await api.call('GET', '/api/v1/namespaces/default/configmaps/a')
    await watch.until(events => events.length > 0)
    const { text, headers } = await api.call('GET', '/metrics')
    expect(headers['content-type']).toContain('text/plain; version=0.0.4')
    for (const line of [
      'apiserver_request_total{verb="GET",dry_run="",group="",version="v1",resource="configmaps",subresource="",scope="resource",component="apiserver",code="200"} 1',
      'apiserver_resource_objects{group="",resource="namespaces"} 4',
      'apiserver_storage_objects{resource="flowschemas.flowcontrol.apiserver.k8s.io"} 11',
      'apiserver_watch_events_total{group="",version="v1",resource="configmaps"} 1',
      'apiserver_longrunning_requests{verb="WATCH",resource="configmaps",subresource=""} 1',
      'etcd_requests_total{operation="create",group="",resource="configmaps"}',
      '# TYPE etcd_request_duration_seconds histogram',
      '# TYPE apiserver_watch_cache_events_received_total counter',
      '# TYPE process_cpu_seconds_total counter',
    ]) expect(text).toContain(line)
    expect(text).toMatch(/etcd_request_duration_seconds_bucket\{operation="create",group="",resource="configmaps",le="0.005"\} \d/)
    expect(text).toMatch(/apiserver_resource_size_estimate_bytes\{group="",resource="namespaces"\} [1-9]\d+/)
    watch.stop()
  })

  test('health lists its checks by upstream\'s names; anybody may ask, metrics are for those with the right', async () => {
    const verbose = (await api.call('GET', '/readyz?verbose')).text
    for (const check of ['ping', 'etcd', 'poststarthook/rbac/bootstrap-roles', 'poststarthook/priority-and-fairness-config-producer', 'poststarthook/start-kube-apiserver-identity-lease-controller', 'autoregister-completion']) expect(verbose).toContain(`[+]${check} ok`)
    expect((await api.call('GET', '/livez?verbose&exclude=etcd')).text).not.toContain('etcd')
    const nobody = rawApi(plane, await plane.certificateFor({ commonName: 'nobody' }))
    expect([(await nobody.call('GET', '/readyz')).status, (await nobody.call('GET', '/version')).status, (await nobody.call('GET', '/metrics')).status, (await nobody.call('GET', '/logs/')).status]).toEqual([200, 200, 403, 403])
    expect((await api.call('GET', '/logs/')).status).toBe(404)
  })

  test('each server has an identity lease, and a key among the living ones that goes with it', async () => {
    const leases = (await api.call('GET', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=apiserver.kubernetes.io/identity=kube-apiserver')).json.items
    expect(leases).toHaveLength(1)
    expect(leases[0]).toMatchObject({ metadata: { name: expect.stringMatching(/^apiserver-[a-z2-7]{26}$/) }, spec: { leaseDurationSeconds: 3_600, renewTime: expect.stringMatching(/^\d{4}-.*\.\d{6}Z$/) } })
    expect(leases[0].spec.holderIdentity).toMatch(new RegExp(`^${leases[0].metadata.name}_[0-9a-f-]{36}$`))
    const living = async () => {
      await using store = connectEtcd({ endpoints: [plane.etcdServer] })
      return (await store.range({ key: '/registry/masterleases/', end: '/registry/masterleases0' })).kvs.map(({ key }) => key)
    }
    expect(await living()).toEqual(['/registry/masterleases/127.0.0.1'])
  })

  test('/statusz and /flagz for people, and for programs that ask for their kind', async () => {
    const text = await api.call('GET', '/statusz')
    expect([text.headers['content-type'], text.text]).toEqual(['text/plain; charset=utf-8', expect.stringMatching(/^\nkube-apiserver statusz\nWarning: This endpoint is not meant to be machine parseable[^]*\nBinary version: 1\.36\n/)])
    const form = (kind: string, version: string) => ({ accept: `application/json;v=${version};g=config.k8s.io;as=${kind}` })
    expect((await api.call('GET', '/statusz', undefined, form('Statusz', 'v1beta1'))).json).toMatchObject({ kind: 'Statusz', apiVersion: 'config.k8s.io/v1beta1', metadata: { name: 'kube-apiserver' }, binaryVersion: '1.36', paths: expect.arrayContaining(['/livez', '/metrics']) })
    const flags = await api.call('GET', '/flagz', undefined, form('Flagz', 'v1alpha1'))
    expect(flags.json.flags).toMatchObject({ 'advertise-address': '127.0.0.1', 'authorization-mode': '[Node,RBAC]', 'request-timeout': '1m0s', 'enable-priority-and-fairness': 'true' })
    expect(flags.headers.warning).toBe('299 - "This version of the flagz endpoint is deprecated. Please use a newer version."')
    expect((await api.call('GET', '/flagz', undefined, { accept: 'application/json' })).status).toBe(406)
    const nobody = rawApi(plane, await plane.certificateFor({ commonName: 'nobody' }))
    expect((await nobody.call('GET', '/flagz')).status).toBe(403)
  })

  test('what is not healthy is named, why is not', async () => {
    await plane.killStore()
    const answer = await api.call('GET', '/readyz')
    expect([answer.status, answer.text]).toEqual([500, expect.stringContaining('[-]etcd failed: reason withheld\n')])
    plane.startStore()
  })

  test('the certificates in use, with the days they have left', async () => {
    const certificates = (await api.call('GET', '/debug/inspect/certificates')).json as { source: string; subject: string; daysLeft: number }[]
    expect(certificates.map(({ source, subject }) => `${source.split('/').at(-1)!}: ${subject}`)).toEqual(['apiserver.crt: CN=kube-apiserver', 'client CA: CN=kubernetes-ca'])
    expect(certificates.every(({ daysLeft }) => daysLeft >= 0)).toBe(true)
  })
})
