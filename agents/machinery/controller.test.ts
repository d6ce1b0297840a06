import { afterEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../test/fakes/fake-cluster.ts'
import { configMaps, pods, replicaSets } from '../api/resources.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { createCaches } from './caches.ts'
import type { Controller, ReconcileDeps } from './controller.ts'
import { again, ControllerRunner, done, doneWith } from './controller.ts'
import { EventRecorder } from './events.ts'
import { Informers } from './informers.ts'
import { keyText } from './object-key.ts'
import { controllerReference } from './owner.ts'

let abort = new AbortController()
afterEach(() => {
  abort.abort(new Error('test is over'))
  abort = new AbortController()
})

async function start(controller: Controller, cluster: FakeCluster, clock: FakeClock) {
  const common = { client: cluster, clock, log: silentLog, random: seededRandom(1) }
  const informers = new Informers(common)
  const runner = new ControllerRunner(controller, { ...common, informers, cache: createCaches(informers), events: new EventRecorder({ client: cluster, clock, component: 'test' }) })
  informers.start(abort.signal)
  void runner.run(abort.signal)
  await clock.advance(0)
  return runner
}

describe('controller loop', () => {
  it('CT1: done waits for a change, again comes back, a throw backs off', async () => {
    const clock = new FakeClock()
    const cluster = new FakeCluster({ clock })
    const calls: string[] = []
    for (const name of ['calm', 'busy', 'sick']) cluster.put(configMaps, { metadata: { namespace: 'default', name } })
    const runner = await start({
      name: 'test', reconciles: configMaps,
      reconcile: key => {
        calls.push(key.name)
        if (key.name === 'sick') return Promise.reject(new Error('ill'))
        return Promise.resolve(key.name === 'busy' ? again(1_000) : done)
      },
    }, cluster, clock)
    await clock.advance(1_000)
    const count = (name: string) => calls.filter(call => call === name).length
    expect(count('calm')).toBe(1)
    expect(count('busy')).toBe(2)
    expect(count('sick')).toBe(8) // 5+10+20+40+80+160+320 ms
    expect(runner.state).toMatchObject({ name: 'test', depth: 0, last: expect.arrayContaining([expect.objectContaining({ key: 'default/sick', outcome: 'failed: ill' })]) as unknown })
  })

  it('CT4: what a reconcile did and what a controller knows besides its queue are shown', async () => {
    const clock = new FakeClock()
    const cluster = new FakeCluster({ clock })
    cluster.put(configMaps, { metadata: { namespace: 'default', name: 'old' } })
    const runner = await start({ name: 'test', reconciles: configMaps, reconcile: ({ name }) => Promise.resolve(doneWith(`${name} put away`)), inspect: () => ({ known: 7 }) }, cluster, clock)
    expect(runner.state).toMatchObject({ depth: 0, known: 7, last: [{ key: 'default/old', causes: ['ConfigMap added'], outcome: 'old put away' }] })
  })

  it('CT3: an owned object wakes its owner and settles its expectations', async () => {
    const clock = new FakeClock()
    const cluster = new FakeCluster({ clock })
    const calls: string[] = []
    let seen: ReconcileDeps | undefined
    const set = cluster.put(replicaSets, { metadata: { namespace: 'default', name: 'web' }, spec: { selector: {} } })
    await start({
      name: 'test', reconciles: replicaSets, alsoWokenBy: [pods],
      reconcile: (key, deps) => {
        seen = deps
        calls.push(keyText(key))
        return Promise.resolve(done)
      },
    }, cluster, clock)
    seen!.expectations.expect(set.metadata.uid, 1, [])
    expect(seen!.expectations.settled(set.metadata.uid)).toBe(false)
    cluster.put(pods, { metadata: { namespace: 'default', name: 'web-1', ownerReferences: [controllerReference(replicaSets, set)] }, spec: { containers: [] } })
    await clock.advance(0)
    expect(calls).toEqual(['default/web', 'default/web'])
    expect(seen!.expectations.settled(set.metadata.uid)).toBe(true)
    expect(seen!.cache.ownedBy(pods, set.metadata.uid).map(pod => pod.metadata.name)).toEqual(['web-1'])
  })

  it('CT4: a paused controller lets its queue grow, a step lets one key through', async () => {
    const clock = new FakeClock()
    const cluster = new FakeCluster({ clock })
    const calls: string[] = []
    const runner = await start({ name: 'test', workers: 3, reconciles: configMaps, reconcile: key => {
      calls.push(key.name)
      return Promise.resolve(done)
    } }, cluster, clock)
    runner.pause()
    for (const name of ['a', 'b', 'c']) cluster.put(configMaps, { metadata: { namespace: 'default', name } })
    await clock.advance(10)
    expect(calls).toEqual([])
    runner.step()
    await clock.advance(10)
    expect(calls).toHaveLength(1)
    runner.resume()
    await clock.advance(10)
    expect(calls.toSorted()).toEqual(['a', 'b', 'c'])
  })
})
