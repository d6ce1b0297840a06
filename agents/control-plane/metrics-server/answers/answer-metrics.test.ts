import { describe, expect, it } from 'vitest'
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import { UsageHistory } from '../usage/usage-history.ts'
import { answerMetrics } from './answer-metrics.ts'

const history = new UsageHistory(15_000)
for (const [seconds, at] of [[10, 1_000], [13, 16_000]] as const) {
  const point = { cpuSeconds: seconds, memoryBytes: 2_048_000, atMs: at, startedAtMs: 0 }
  history.put('n1', { node: point, pods: new Map([['shop/web', new Map([['side', point], ['app', { ...point, memoryBytes: 1_001 }]])]]) }, at)
}
const node = (name: string) => ({ metadata: { name, labels: { disk: name } } }) as unknown as Node
const pod = (name: string, app: string) => ({ metadata: { name, namespace: 'shop', labels: { app } } }) as unknown as Pod
const measured = { nodes: () => [node('n1'), node('n2')], pods: (namespace: string | undefined) => (namespace === undefined || namespace === 'shop' ? [pod('web', 'a'), pod('unmeasured', 'a')] : []), history, nowMs: 20_000 }
const ask = (path: string, accept = 'application/json', method = 'GET') => {
  const url = new URL(`/apis/metrics.k8s.io/v1beta1${path}`, 'https://x')
  return answerMetrics({ method, path: url.pathname, query: url.searchParams, accept }, measured)
}
const names = (path: string) => ((ask(path)!.body as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name))

describe('metrics.k8s.io', () => {
  it('AM1: tells what is measured, in nanocores and bytes', () => {
    expect(ask('/nodes/n1')).toEqual({ code: 200, type: 'application/json', body: {
      kind: 'NodeMetrics', apiVersion: 'metrics.k8s.io/v1beta1', metadata: { name: 'n1', labels: { disk: 'n1' }, creationTimestamp: '1970-01-01T00:00:20Z' },
      timestamp: '1970-01-01T00:00:16Z', window: '15s', usage: { cpu: '200000000n', memory: '2000Ki' },
    } })
    expect(ask('/namespaces/shop/pods/web')!.body).toMatchObject({ kind: 'PodMetrics', containers: [{ name: 'app', usage: { cpu: '200000000n', memory: '1001' } }, { name: 'side' }] })
    expect(ask('/namespaces/shop/pods/unmeasured')).toMatchObject({ code: 404, body: { reason: 'NotFound', message: 'pods.metrics.k8s.io "shop/unmeasured" not found' } })
    expect(names('/nodes')).toEqual(['n1'])
    expect(names('/pods')).toEqual(['web'])
    expect(names('/namespaces/other/pods')).toEqual([])
  })

  it('AM2: chooses by labels and fields, and refuses what it cannot read', () => {
    expect([names('/pods?labelSelector=app%3Da'), names('/pods?labelSelector=app%3Db'), names('/nodes?labelSelector=disk+in+(n1)'), names('/pods?fieldSelector=metadata.name%3Dweb'), names('/pods?fieldSelector=metadata.name%21%3Dweb')]).toEqual([['web'], [], ['n1'], ['web'], []])
    expect(ask('/pods?labelSelector=a+in')!.code).toBe(400)
  })

  it('AM3: answers tables to whoever asks for one', () => {
    const table = ask('/namespaces/shop/pods', 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json')!.body as { columnDefinitions: { name: string }[]; rows: { cells: unknown[] }[] }
    expect([table.columnDefinitions.map(({ name }) => name), table.rows.map(({ cells }) => cells)]).toEqual([['Name', 'cpu', 'memory', 'Window'], [['web', '400m', '2049001', '15s']]])
  })

  it('AM4: refuses writes and watches, and leaves other paths alone', () => {
    expect([ask('/nodes', '', 'POST')!.code, ask('/nodes?watch=1')!.code, ask('/pods/web'), ask('/namespaces/shop/services')]).toEqual([405, 405, undefined, undefined])
  })

  it('says what it serves, plainly and aggregated', () => {
    expect(ask('')!.body).toMatchObject({ kind: 'APIResourceList', groupVersion: 'metrics.k8s.io/v1beta1', resources: [{ name: 'nodes', kind: 'NodeMetrics' }, { name: 'pods', namespaced: true }] })
    const aggregated = answerMetrics({ method: 'GET', path: '/apis', query: new URLSearchParams(), accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json' }, measured)
    expect(aggregated).toMatchObject({ type: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList', body: { items: [{ versions: [{ resources: [{ resource: 'nodes', scope: 'Cluster' }, { resource: 'pods', scope: 'Namespaced' }] }] }] } })
  })
})
