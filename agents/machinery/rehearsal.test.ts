import { describe, expect, it } from 'vitest'
import { FakeCluster } from '../../test/fakes/fake-cluster.ts'
import { configMaps, pods, secrets } from '../api/resources.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { createCaches } from './caches.ts'
import type { Controller } from './controller.ts'
import { again, ControllerRunner, done } from './controller.ts'
import { EventRecorder } from './events.ts'
import { Informers } from './informers.ts'

async function start(controller: Controller, cluster: FakeCluster, clock: FakeClock): Promise<ControllerRunner> {
  const abort = new AbortController()
  const common = { client: cluster, clock, log: silentLog, random: seededRandom(1) }
  const informers = new Informers(common)
  const runner = new ControllerRunner(controller, { ...common, informers, cache: createCaches(informers), events: new EventRecorder({ client: cluster, clock, component: 'test' }) })
  runner.pause() // so that all that happens is rehearsed
  informers.start(abort.signal)
  void runner.run(abort.signal)
  await clock.advance(0)
  return runner
}

describe('rehearsal', () => {
  it('RH1, RH3: what would be written and told is noted, and nothing is', async () => {
    const clock = new FakeClock()
    const cluster = new FakeCluster({ clock })
    const object = cluster.put(configMaps, { metadata: { namespace: 'shop', name: 'settings' }, data: { colour: 'red', size: 'big' } })
    const runner = await start({
      name: 'test', reconciles: configMaps, rehearse: 'reconcile',
      compare: (key, caches) => [{ what: 'colour', bound: 'exact', desired: 'blue', actual: caches.get(configMaps, key)?.data?.['colour'] ?? '', met: false }],
      async reconcile(key, { cache, client, events }, signal) {
        const settings = cache.get(configMaps, key)
        if (settings === undefined) return done
        const written = await client.update(configMaps, { ...settings, data: { ...settings.data, colour: 'blue' } }, {}, signal)
        const pod = await client.create(pods, { metadata: { namespace: 'shop', generateName: `${written.data?.['colour']}-` }, spec: { containers: [] } }, {}, signal)
        await client.patch(configMaps, key, { data: { size: null } }, { patchType: 'merge' }, signal)
        await client.delete(pods, { namespace: 'shop', name: pod.metadata.name }, {}, signal)
        events.event(settings, 'Normal', 'Painted', 'it is blue now')
        return again(1_500)
      },
    }, cluster, clock)
    const intention = await runner.intention('shop/settings')
    expect(intention).toMatchObject({
      controller: 'test', kind: 'ConfigMap', key: 'shop/settings', exists: true,
      comparisons: [{ what: 'colour', desired: 'blue', actual: 'red' }],
      next: {
        writes: [
          { verb: 'update', kind: 'ConfigMap', namespace: 'shop', name: 'settings', changes: [{ path: 'data.colour', from: 'red', to: 'blue' }] }, // RH4
          { verb: 'create', kind: 'Pod', namespace: 'shop', name: 'blue-*' },
          { verb: 'patch', name: 'settings', changes: [{ path: 'data.size', from: 'big' }] },
          { verb: 'delete', name: 'blue-*' },
        ],
        events: [{ type: 'Normal', reason: 'Painted', message: 'it is blue now' }],
        outcome: 'again in 1.5s', awaits: null,
      },
    })
    expect(cluster.writes).toEqual([])
    await expect(cluster.get(configMaps, { namespace: 'shop', name: 'settings' })).resolves.toMatchObject({ metadata: { resourceVersion: object.metadata.resourceVersion } })
    expect((await runner.intention('shop/other'))).toMatchObject({ exists: false, comparisons: [], next: { writes: [], outcome: 'done' } })
  })

  it('RH2: what is waited for is told, and waited for as long as before', async () => {
    const clock = new FakeClock()
    const cluster = new FakeCluster({ clock })
    const { metadata: { uid } } = cluster.put(configMaps, { metadata: { namespace: 'shop', name: 'settings' } })
    let settled: boolean[] = []
    const runner = await start({
      name: 'test', reconciles: configMaps, rehearse: 'reconcile',
      reconcile(_key, { expectations }) {
        settled.push(expectations.settled(uid))
        expectations.expect(uid, 2, [])
        return Promise.resolve(done)
      },
    }, cluster, clock)
    await runner.intention('shop/settings')
    await runner.intention('shop/settings')
    expect(settled).toEqual([true, true])
    settled = []
    runner.resume()
    await clock.advance(0)
    expect((await runner.intention('shop/settings')).next.awaits).toEqual({ creates: 2, deletes: 0 })
    expect(settled).toEqual([true, false])
  })

  it('RH5: of Secrets only the names of fields are told', async () => {
    const clock = new FakeClock()
    const cluster = new FakeCluster({ clock })
    cluster.put(configMaps, { metadata: { namespace: 'shop', name: 'settings' } })
    const runner = await start({
      name: 'test', reconciles: configMaps, rehearse: 'reconcile',
      async reconcile(_key, { client }, signal) {
        await client.create(secrets, { metadata: { namespace: 'shop', name: 'token' }, data: { token: 'aGlkZGVu' } }, {}, signal)
        return done
      },
    }, cluster, clock)
    const { next } = await runner.intention('shop/settings')
    expect(next.writes[0]?.changes).toEqual([{ path: 'data.token' }])
  })

  it('CT7: a controller that remembers and has no copy to give is refused by name', async () => {
    const clock = new FakeClock()
    const runner = await start({ name: 'remembering-controller', reconciles: configMaps, reconcile: () => Promise.resolve(done) }, new FakeCluster({ clock }), clock)
    await expect(runner.intention('shop/settings')).rejects.toThrow('remembering-controller remembers what it saw')
    expect(runner.state).toMatchObject({ tellsNext: false, objects: { kind: 'ConfigMap', count: 0, first: [] } })
  })
})
