import { describe, expect, it } from 'vitest'
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts'
import { nodes } from '../../../api/resources.ts'
import { FakeClock } from '../../../base/fake-clock.ts'
import { MemoryLog } from '../../../base/log.ts'
import { seededRandom } from '../../../base/random.ts'
import { createCaches } from '../../../machinery/caches.ts'
import { Informers } from '../../../machinery/informers.ts'
import { noMetrics } from '../../../machinery/metrics.ts'
import type { TransportRequest } from '../../../machinery/transport.ts'
import { readResourceMetrics } from './read-resource-metrics.ts'
import type { ResourceSample } from './read-resource-metrics.ts'
import { Scraper } from './scraper.ts'
import { UsageHistory } from './usage-history.ts'

const text = `# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="web",namespace="shop",pod="web-1"} 4.5 20000
container_cpu_usage_seconds_total{container="half",namespace="shop",pod="web-1"} 4.5 20000
container_memory_working_set_bytes{container="web",namespace="shop",pod="web-1"} 1.048576e+06 20000
container_start_time_seconds{container="web",namespace="shop",pod="web-1"} 5
container_swap_usage_bytes{container="web",namespace="shop",pod="web-1"} 7
node_cpu_usage_seconds_total 100.25
node_memory_working_set_bytes 2097152
pod_cpu_usage_seconds_total{namespace="shop",pod="web-1"} 9 20000
broken {
`

describe('resource metrics of a kubelet', () => {
  it('RM1 RM2 RM3: whole points, with the time of the line or of the scrape', () => {
    const sample = readResourceMetrics(text, 21_000)
    expect(sample.node).toEqual({ cpuSeconds: 100.25, memoryBytes: 2_097_152, atMs: 21_000, startedAtMs: 0 })
    expect([...sample.pods].map(([pod, containers]) => [pod, [...containers]])).toEqual([['shop/web-1', [['web', { cpuSeconds: 4.5, memoryBytes: 1_048_576, atMs: 20_000, startedAtMs: 5_000 }]]]])
  })
})

describe('usage history', () => {
  const point = (cpuSeconds: number, atMs: number, startedAtMs = 0) => ({ cpuSeconds, memoryBytes: 1_024, atMs, startedAtMs })
  const sample = (node: number, atMs: number, containers: Record<string, ReturnType<typeof point>> = {}): ResourceSample => ({ node: point(node, atMs), pods: new Map(Object.keys(containers).length === 0 ? [] : [['shop/web', new Map(Object.entries(containers))]]) })

  it('UH1: cpu is what it grew by, memory what it is now', () => {
    const history = new UsageHistory(15_000)
    history.put('n', sample(10, 1_000), 1_000)
    expect(history.node('n')).toBeUndefined()
    history.put('n', sample(13, 16_000), 16_000)
    expect(history.node('n')).toEqual({ cpuNanos: 200_000_000n, memoryBytes: 1_024n, atMs: 16_000, windowMs: 15_000 })
    history.put('n', sample(13, 16_000), 31_000)
    expect(history.node('n')).toMatchObject({ cpuNanos: 200_000_000n })
  })

  it('UH2: a young container is measured from its start', () => {
    const history = new UsageHistory(15_000)
    history.put('n', sample(1, 112_000, { web: point(6, 112_000, 100_000) }), 112_000)
    expect(history.pod('shop', 'web')?.containers.get('web')).toMatchObject({ cpuNanos: 500_000_000n, windowMs: 12_000 })
  })

  it('UH3 UH4: a pod is known when all its containers are, and not across a restart', () => {
    const history = new UsageHistory(15_000)
    history.put('n', sample(1, 100_000, { a: point(1, 100_000), b: point(5, 100_000) }), 100_000)
    history.put('n', sample(2, 115_000, { a: point(4, 115_000), b: point(0.1, 115_000, 114_000) }), 115_000)
    expect(history.pod('shop', 'web')).toBeUndefined()
    history.put('n', sample(3, 130_000, { a: point(7, 130_500), b: point(1.6, 130_000, 114_000) }), 130_000)
    expect(history.pod('shop', 'web')).toMatchObject({ atMs: 130_000, windowMs: 15_000 })
  })

  it('UH5: forgets silent nodes with their pods, and pods that are gone', () => {
    const history = new UsageHistory(15_000)
    history.put('n', sample(1, 0, { web: point(1, 0) }), 0)
    history.put('n', sample(2, 15_000), 15_000)
    expect(history.size).toEqual({ nodes: 1, pods: 0 })
    history.forgetOld(60_000)
    expect(history.node('n')).toBeDefined()
    history.forgetOld(60_001)
    expect(history.size).toEqual({ nodes: 0, pods: 0 })
  })
})

describe('scraper', () => {
  it('SC1 SC3: asks every node with a kubelet once a round, tells a failure once and goes on', async () => {
    const clock = new FakeClock()
    const log = new MemoryLog()
    const asked: string[] = []
    let isDown = true
    class Cluster extends FakeCluster {
      override raw({ path }: TransportRequest) {
        asked.push(path)
        return Promise.resolve(path.includes('/down/') && isDown ? { status: 503, headers: {}, body: 'no route' } : { status: 200, headers: {}, body: text })
      }
    }
    const cluster = new Cluster({ clock })
    for (const [name, Port] of [['a', 10_250], ['down', 10_250], ['none', 0]] as const) cluster.put(nodes, { metadata: { name }, spec: {}, status: { daemonEndpoints: { kubeletEndpoint: { Port } } } })
    const informers = new Informers({ client: cluster, clock, log, random: seededRandom(1) })
    const cache = createCaches(informers).of(nodes)
    const abort = new AbortController()
    informers.start(abort.signal)
    await clock.advance(1)
    const scraper = new Scraper({ client: cluster, nodes: cache, history: new UsageHistory(15_000), resolutionMs: 15_000, timeoutMs: 1_000, atOnce: 1, clock, random: seededRandom(1), log, metrics: noMetrics })
    const running = scraper.run(abort.signal)
    await clock.advance(1)
    expect(asked.toSorted()).toEqual(['/api/v1/nodes/a/proxy/metrics/resource', '/api/v1/nodes/down/proxy/metrics/resource'])
    for (let turn = 0; turn < 15; turn++) await clock.advance(1_000)
    expect(asked).toHaveLength(4)
    expect(log.lines.filter(({ message }) => message === 'node could not be scraped')).toHaveLength(1)
    expect(scraper.state).toMatchObject({ failing: { down: 'request failed, status 503: no route' } })
    isDown = false
    for (let turn = 0; turn < 15; turn++) await clock.advance(1_000)
    expect(scraper.state).toMatchObject({ failing: {}, nodes: 2 })
    abort.abort()
    await clock.advance(0)
    await running
  })
})
