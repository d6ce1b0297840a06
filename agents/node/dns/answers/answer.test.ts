import packet from 'dns-packet'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../base/random.ts'
import { ClusterZone } from '../zones/cluster-zone.ts'
import { answerQuestion } from './answer.ts'
import { readQuery, renderAnswer } from './packet.ts'

const zone = new ClusterZone('cluster.local')
const service = (name: string, spec: object) => zone.setService({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' }, spec, status: {} })
service('web', { clusterIP: '10.96.3.4', ports: [{ name: 'http', port: 80 }] })
service('alias', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' })
service('away', { type: 'ExternalName', externalName: 'example.org' })
service('many', { clusterIP: 'None' })
zone.setSlice({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', metadata: { name: 'many-1', namespace: 'default', uid: 'x', resourceVersion: '1', creationTimestamp: '', labels: { 'kubernetes.io/service-name': 'many' } }, endpoints: Array.from({ length: 60 }, (_, index) => ({ addresses: [`10.244.1.${index}`] })) })

const ask = (name: string, type = 'A') => answerQuestion({ name, type, class: 'IN' }, zone, seededRandom(1))

test('AN1 no such name and no such record', () => {
  expect(ask('nope.default.svc.cluster.local')).toMatchObject({ code: 'NXDOMAIN', isAuthoritative: true, withSoa: true })
  expect(ask('web.default.svc.cluster.local', 'AAAA')).toMatchObject({ code: 'NOERROR', answers: [], withSoa: true })
})
test('AN2 aliases are followed inside', () => {
  expect(ask('alias.default.svc.cluster.local').answers.map(answer => answer.record.type)).toEqual(['CNAME', 'A'])
  expect(ask('away.default.svc.cluster.local').answers.map(answer => answer.record.type)).toEqual(['CNAME'])
})
test('AN3 there is no outside', () => {
  expect(ask('example.org')).toMatchObject({ code: 'NXDOMAIN', isAuthoritative: false })
})
test('AN5 SRV brings addresses along', () => {
  expect(ask('_http._tcp.web.default.svc.cluster.local', 'SRV').additionals).toEqual([{ name: 'web.default.svc.cluster.local', record: { type: 'A', address: '10.96.3.4' } }])
})
test('PK1 PK2 a large answer is truncated over UDP and whole over TCP', () => {
  const bytes = packet.encode({ type: 'query', id: 4711, flags: packet.RECURSION_DESIRED, questions: [{ type: 'A', name: 'mAny.default.svc.cluster.local' }] })
  const query = readQuery(bytes)!
  const answer = ask('many.default.svc.cluster.local')
  const small = packet.decode(renderAnswer(query, answer, 'cluster.local', query.udpBytes))
  expect(small).toMatchObject({ id: 4711, flag_tc: true, flag_rd: true, answers: [] })
  expect(small.questions?.[0]?.name).toBe('mAny.default.svc.cluster.local')
  expect(packet.decode(renderAnswer(query, answer, 'cluster.local', 65_535)).answers).toHaveLength(60)
})
test('PK3 noise gets no answer', () => {
  expect(readQuery(Buffer.from('hello'))).toBeUndefined()
})
