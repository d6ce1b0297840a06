import { describe, expect, it } from 'vitest'
import { FakeCluster } from '../../test/fakes/fake-cluster.ts'
import { events, pods } from '../api/resources.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { EventRecorder } from './events.ts'

function scene() {
  const clock = new FakeClock()
  const cluster = new FakeCluster({ clock })
  const pod = cluster.put(pods, { metadata: { namespace: 'default', name: 'web' }, spec: { containers: [] } })
  const recorder = new EventRecorder({ client: cluster, clock, component: 'tester' })
  const told = () => cluster.all(events).map(event => `${event.count} ${event.reason} ${event.message}`)
  return { clock, cluster, pod, recorder, told }
}

describe('EventRecorder', () => {
  it('EV1: counts the same event instead of repeating it', async () => {
    const { clock, pod, recorder, told } = scene()
    for (let index = 0; index < 3; index++) recorder.event(pod, 'Normal', 'Pulled', 'image is there')
    recorder.event(pod, 'Warning', 'Failed', 'no')
    await clock.advance(100)
    expect(told()).toEqual(['3 Pulled image is there', '1 Failed no'])
  })

  it('EV2: combines events that differ in message only', async () => {
    const { clock, pod, recorder, told } = scene()
    for (let index = 0; index < 12; index++) recorder.event(pod, 'Normal', 'Tick', `number ${index}`)
    await clock.advance(100)
    await clock.advance(100)
    expect(told()).toHaveLength(10)
    expect(told().at(-1)).toBe('3 Tick (combined from similar events): number 11')
  })

  it('EV3: drops what one object causes beyond its share', async () => {
    const { clock, cluster, pod, recorder } = scene()
    for (let index = 0; index < 40; index++) recorder.event(pod, 'Normal', `Reason${index}`, 'x')
    for (let turn = 0; turn < 5; turn++) await clock.advance(100)
    expect(cluster.all(events)).toHaveLength(25)
  })

  it('EV4: survives a lost connection and an expired event', async () => {
    const { clock, cluster, pod, recorder, told } = scene()
    cluster.failNext(new Error('connection reset'))
    recorder.event(pod, 'Normal', 'A', 'x')
    await clock.advance(2_000)
    expect(told()).toEqual(['1 A x'])
    for (const event of cluster.all(events)) cluster.vanish(events, { namespace: 'default', name: event.metadata.name })
    recorder.event(pod, 'Normal', 'A', 'x')
    await clock.advance(100)
    expect(told()).toEqual(['1 A x'])
  })
})
