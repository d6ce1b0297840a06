import { describe, expect, it } from 'vitest'
import { FakeTransport } from '../../test/fakes/fake-transport.ts'
import { deployments, nodes, pods } from '../api/resources.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { createClient } from './client.ts'
import { isConflict, isExpired, newStatus } from './status-error.ts'

const signal = new AbortController().signal

function clientOf(answer: ConstructorParameters<typeof FakeTransport>[0]) {
  const clock = new FakeClock()
  const transport = new FakeTransport(answer)
  return { clock, transport, client: createClient(transport, { userAgent: 'test/1', clock }) }
}

describe('rest client', () => {
  it('asks the paths that the API serves', async () => {
    const { transport, client } = clientOf(() => ({ body: '{"metadata":{}}' }))
    await client.get(nodes, { name: 'node-1' })
    await client.list(deployments, { namespace: 'a', labelSelector: 'x in (a,b)', limit: 5 })
    await client.patch(pods, { namespace: 'a', name: 'p' }, { status: {} }, { patchType: 'strategic', subresource: 'status', fieldManager: 'me' })
    await client.delete(pods, { namespace: 'a', name: 'p' }, { gracePeriodSeconds: 0 })
    await client.createSubresource(pods, { namespace: 'a', name: 'p' }, 'binding', {})
    expect(transport.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/nodes/node-1',
      'GET /apis/apps/v1/namespaces/a/deployments?labelSelector=x%20in%20(a%2Cb)&limit=5',
      'PATCH /api/v1/namespaces/a/pods/p/status?fieldManager=me',
      'DELETE /api/v1/namespaces/a/pods/p',
      'POST /api/v1/namespaces/a/pods/p/binding',
    ])
    expect(transport.requests[2]?.headers?.['content-type']).toBe('application/strategic-merge-patch+json')
    expect(transport.requests[0]?.headers?.['user-agent']).toBe('test/1')
  })

  it('throws the Status of a refusal', async () => {
    const { client } = clientOf(() => ({ status: 409, body: JSON.stringify(newStatus(409, 'Conflict', 'modified')) }))
    await expect(client.get(nodes, { name: 'a' })).rejects.toSatisfy(isConflict)
  })

  it('RC1: waits as long as Retry-After says, then asks again', async () => {
    let calls = 0
    const { clock, client } = clientOf(() => (++calls < 3 ? { status: 429, headers: { 'retry-after': '1' }, body: '' } : { body: '{"metadata":{"name":"a"}}' }))
    const answer = client.get(nodes, { name: 'a' })
    await clock.advance(1_999)
    expect(calls).toBe(2)
    await clock.advance(1)
    expect((await answer).metadata.name).toBe('a')
  })

  it('RC2: names the items of a list', async () => {
    const { client } = clientOf(() => ({ body: '{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"a"}}]}' }))
    expect(await client.list(deployments)).toEqual({ resourceVersion: '7', items: [{ kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'a' } }] })
  })

  it('RC3: cuts a watch into events wherever the chunks end, letters of many bytes included', async () => {
    const line = (name: string) => `${JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })}\n`
    const bytes = Buffer.from(line('a') + line('網路') + line('c'))
    for (let size = 1; size < 60; size += 7) {
      const transport = new FakeTransport(() => ({}))
      transport.stream = () => Promise.resolve({ status: 200, headers: {}, body: (async function* () {
        for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
      })() })
      const names: string[] = []
      for await (const event of createClient(transport, { userAgent: 't', clock: new FakeClock() }).watch(pods, {}, signal)) names.push(event.object.metadata.name)
      expect(names).toEqual(['a', '網路', 'c'])
    }
  })

  it('throws an ERROR event and a refused watch', async () => {
    const expired = JSON.stringify(newStatus(410, 'Expired', 'too old'))
    for (const reply of [{ body: `{"type":"ERROR","object":${expired}}\n` }, { status: 410, body: expired }]) {
      const { client } = clientOf(() => reply)
      await expect((async () => {
        for await (const _ of client.watch(pods, {}, signal)) expect.unreachable()
      })()).rejects.toSatisfy(isExpired)
    }
  })
})
