import { afterEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../test/fakes/fake-cluster.ts'
import { configMaps } from '../api/resources.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { Informer } from './informer.ts'
import { newStatus, StatusError } from './status-error.ts'

let abort = new AbortController()
afterEach(() => {
  abort.abort(new Error('test is over'))
  abort = new AbortController()
})

async function scene() {
  const clock = new FakeClock()
  const cluster = new FakeCluster({ clock })
  const informer = new Informer({ client: cluster, type: configMaps, clock, log: silentLog, random: seededRandom(1) })
  const heard: string[] = []
  informer.onChange(({ type, object }) => heard.push(`${type} ${object.metadata.name} ${object.data?.['k'] ?? ''}`.trim()))
  const settle = () => clock.advance(0)
  const run = async () => {
    void informer.run(abort.signal)
    await informer.synced(abort.signal)
    await settle()
  }
  const put = (name: string, k: string) => cluster.put(configMaps, { metadata: { namespace: 'default', name, managedFields: [{}] }, data: { k } })
  return { clock, cluster, informer, heard, run, settle, put }
}

describe('Informer', () => {
  it('lists, then follows', async () => {
    const { cluster, heard, run, settle, put, informer } = await scene()
    put('a', '1')
    await run()
    put('a', '2')
    put('b', '1')
    cluster.vanish(configMaps, { namespace: 'default', name: 'a' })
    await settle()
    expect(heard).toEqual(['added a 1', 'updated a 2', 'added b 1', 'deleted a 2'])
    expect(informer.cache.list('default').map(object => object.metadata.name)).toEqual(['b'])
  })

  it('IN1: a broken watch resumes where it was, without a list', async () => {
    const { clock, cluster, heard, run, put } = await scene()
    await run()
    put('a', '1')
    await clock.advance(2_000)
    cluster.breakWatches(new Error('connection reset'))
    put('a', '2')
    put('b', '1')
    await clock.advance(1_000)
    expect(heard).toEqual(['added a 1', 'updated a 2', 'added b 1'])
    expect(cluster.requests.filter(({ verb }) => verb === 'list')).toHaveLength(1)
  })

  it('IN2: after 410 Expired it lists again and tells the difference', async () => {
    const { clock, cluster, heard, run, put } = await scene()
    put('a', '1')
    put('b', '1')
    await run()
    cluster.breakWatches(new Error('connection reset'))
    put('a', '2')
    cluster.vanish(configMaps, { namespace: 'default', name: 'b' })
    put('c', '1')
    cluster.expireHistory()
    await clock.advance(2_000)
    expect(heard).toEqual(['added a 1', 'added b 1', 'updated a 2', 'added c 1', 'deleted b 1'])
    expect(cluster.requests.filter(({ verb }) => verb === 'list')).toHaveLength(2)
  })

  it('IN2: an object made again under the same name is told as deleted and added', async () => {
    const { clock, cluster, heard, run, put } = await scene()
    put('a', '1')
    await run()
    cluster.breakWatches(new Error('connection reset'))
    cluster.vanish(configMaps, { namespace: 'default', name: 'a' })
    put('a', 'new')
    cluster.expireHistory()
    await clock.advance(2_000)
    expect(heard).toEqual(['added a 1', 'deleted a 1', 'added a new'])
  })

  it('IN3: a server that is away is asked about once a second', async () => {
    const { clock, cluster, informer } = await scene()
    using _hook = cluster.onRequest(() => new Error('connection refused'))
    void informer.run(abort.signal)
    await clock.advance(60_000)
    const asked = cluster.requests.length
    expect(asked).toBeGreaterThan(40)
    expect(asked).toBeLessThan(65)
  })

  it('IN3: lists again at once when the server comes back and has forgotten', async () => {
    const { clock, cluster, heard, run, put } = await scene()
    put('a', '1')
    await run()
    const away = cluster.onRequest(() => new Error('connection refused'))
    cluster.breakWatches(new Error('connection reset'))
    await clock.advance(20_000)
    put('a', '2')
    cluster.expireHistory()
    away[Symbol.dispose]()
    await clock.advance(1_500)
    expect(heard).toEqual(['added a 1', 'updated a 2'])
  })

  it('IN3: does not list without end when every watch is expired at once', async () => {
    const { clock, cluster, run } = await scene()
    await run()
    using _hook = cluster.onRequest(({ verb }) => (verb === 'watch' ? new StatusError(newStatus(410, 'Expired', 'too old')) : undefined))
    cluster.breakWatches(new Error('connection reset'))
    await clock.advance(10_000)
    expect(cluster.requests.filter(({ verb }) => verb === 'list').length).toBeLessThan(25)
  })

  it('IN5, IN6: a late listener hears what is there, without managedFields', async () => {
    const { informer, run, put } = await scene()
    put('a', '1')
    await run()
    const late: unknown[] = []
    informer.onChange(change => late.push([change.type, change.object.metadata.managedFields]))
    expect(late).toEqual([['added', undefined]])
  })
})
