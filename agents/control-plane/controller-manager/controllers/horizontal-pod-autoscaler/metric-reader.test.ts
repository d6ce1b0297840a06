import { describe, expect, it } from 'vitest'
import { FakeCluster } from '../../../../../test/fakes/fake-cluster.ts'
import { FakeClock } from '../../../../base/fake-clock.ts'
import { ScaleTargets } from '../../resources/scale-targets.ts'
import { MetricReader } from './metric-reader.ts'

const clock = new FakeClock()
const readerOf = (cluster: FakeCluster) => new MetricReader(cluster, new ScaleTargets(clock), new AbortController().signal)

describe('metric reader', () => {
  it('MR1: a failure says which API did not answer', async () => {
    const cluster = new FakeCluster({ clock })
    const reader = readerOf(cluster)
    await expect(reader.ofExternal({ name: 'queue' }, 'default')).rejects.toThrow('unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)')
    await expect(reader.ofPodObjects({ name: 'hits' }, 'default', '')).rejects.toThrow('unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered')
    cluster.failNext(new Error('nobody listens'))
    await expect(reader.ofPods('cpu', 'default', '', undefined)).rejects.toThrow('unable to fetch metrics from resource metrics API: nobody listens')
    await expect(reader.ofPods('cpu', 'default', '', undefined)).rejects.toThrow('no metrics returned from resource metrics API')
  })

  it.each([['v1beta2', ['v1beta1', 'v1beta2']], ['v1beta1', ['v1beta1']]])('MR2: custom metrics are asked for in %s where %j are served', async (wanted, served) => {
    const cluster = new FakeCluster({ clock })
    const paths: string[] = []
    cluster.answers = ({ path }) => {
      paths.push(path)
      return path === '/apis/custom.metrics.k8s.io' ? { versions: served.map(version => ({ version })) } : { items: [{ describedObject: { name: 'p' }, value: '5', timestamp: '2026-01-01T00:00:00Z' }] }
    }
    expect((await readerOf(cluster).ofPodObjects({ name: 'hits' }, 'default', 'app=web')).get('p')?.value).toBe(5_000)
    expect(paths.at(-1)).toMatch(new RegExp(`^/apis/custom.metrics.k8s.io/${wanted}/namespaces/default/pods/\\*/hits\\?`))
  })
})
