import { connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuthority, issueLeaf } from '../pki/certificate-authority.ts'
import { RehearsalApi, readPath, rehearsedNode } from './rehearsal-api.ts'

let api: RehearsalApi
let authority: Awaited<ReturnType<typeof createAuthority>>

beforeAll(async () => {
  authority = await createAuthority('rehearsal', Date.now())
  api = await RehearsalApi.open(await issueLeaf(authority, { commonName: 'api', hosts: ['127.0.0.1'], usages: ['server'] }, Date.now()))
})
afterAll(() => { api[Symbol.dispose]() })

async function ask(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const session = connect(`https://127.0.0.1:${api.port}`, { ca: authority.certificate })
  const stream = session.request({ ':method': method, ':path': path }, { endStream: body === undefined })
  if (body !== undefined) stream.end(JSON.stringify(body))
  const status = await new Promise<number>((resolve, reject) => {
    stream.once('response', headers => { resolve(headers[':status'] ?? 0) })
    session.once('error', reject)
  })
  const answered = JSON.parse(await text(stream)) as Record<string, unknown>
  session.close()
  return { status, body: answered }
}

test('paths are read as Kubernetes writes them', () => {
  expect(readPath('/api/v1/nodes')).toEqual({ resource: 'nodes', name: undefined, subresource: undefined })
  expect(readPath('/api/v1/nodes/a/status')).toEqual({ resource: 'nodes', name: 'a', subresource: 'status' })
  expect(readPath('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a')).toEqual({ resource: 'leases', name: 'a', subresource: undefined })
  expect(readPath('/api/v1/namespaces/default')).toEqual({ resource: 'namespaces', name: 'default', subresource: undefined })
})

test('RH1 nodes are listed and nothing else; what is written comes back', async () => {
  const nodes = (await ask('GET', '/api/v1/nodes?limit=500')).body['items'] as { metadata: { name: string } }[]
  expect(nodes.map(node => node.metadata.name)).toEqual([rehearsedNode.name, 'rehearsal-neighbour'])
  expect((await ask('GET', '/api/v1/pods')).body['items']).toEqual([])
  const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
  expect((await ask('GET', `${path}/a`)).status).toBe(404)
  expect(await ask('POST', path, { metadata: { name: 'a' }, spec: { holderIdentity: 'a' } })).toMatchObject({ status: 201, body: { metadata: { name: 'a', resourceVersion: '1' }, spec: { holderIdentity: 'a' } } })
})

test('RH2 it is over when the node is Ready, not before', async () => {
  let isOver = false
  void api.over.then(() => { isOver = true })
  const report = (status: string) => ask('PATCH', `/api/v1/nodes/${rehearsedNode.name}/status`, { status: { conditions: [{ type: 'Ready', status }] } })
  expect((await report('False')).body).toMatchObject({ metadata: { name: rehearsedNode.name }, status: { conditions: [{ status: 'False' }] } })
  expect(isOver).toBe(false)
  await report('True')
  await api.over
  expect(isOver).toBe(true)
})

test('RH3 who does not trust its authority is not served', async () => {
  const session = connect(`https://127.0.0.1:${api.port}`)
  const error = await new Promise<NodeJS.ErrnoException>(resolve => session.once('error', resolve))
  expect(error.code).toMatch(/SELF_SIGNED|UNABLE_TO_/)
})
