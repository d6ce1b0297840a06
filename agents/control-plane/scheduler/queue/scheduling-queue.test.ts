import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { allPlugins } from '../framework/plugin-set.ts'
import { defaultPlugins } from '../profile/default-plugins.ts'
import { Cluster } from '../snapshot/cluster.ts'
import { pod } from '../testing/scenario.ts'
import { SchedulingQueue } from './scheduling-queue.ts'

function make() {
  const clock = new FakeClock()
  const plugins = defaultPlugins({ cluster: new Cluster() })
  return { clock, queue: new SchedulingQueue({ clock, gates: plugins.preEnqueue, plugins: allPlugins(plugins) }) }
}
const never = new AbortController().signal

describe('scheduling queue', () => {
  test('SQ1 priority first, then who waited longest', async () => {
    const { clock, queue } = make()
    queue.add(pod('first'))
    await clock.advance(1)
    queue.add(pod('second'))
    queue.add(pod('important', { priority: 7 }))
    const order = [await queue.next(never), await queue.next(never), await queue.next(never)].map(queued => queued.pod.metadata.name)
    expect(order).toEqual(['important', 'first', 'second'])
  })

  test('SQ3 an unschedulable pod waits for a change its rejecting plugin named', async () => {
    const { clock, queue } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    queue.failed(await queue.next(never), new Set(['NodeAffinity']))
    await clock.advance(5_000)
    queue.changed({ resource: 'AssignedPod', action: 'Delete' })
    expect(queue.place(waiting.metadata.uid)).toBe('unschedulable')
    queue.changed({ resource: 'Node', action: 'Add' })
    expect(queue.place(waiting.metadata.uid)).toBe('active')
  })

  test('SQ3 after five minutes it is tried all the same', async () => {
    const { clock, queue } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    queue.failed(await queue.next(never), new Set(['NodeAffinity']))
    const next = queue.next(never)
    await clock.advance(5 * 60_000 + 1)
    expect((await next).pod).toBe(waiting)
  })

  test('SQ2 woken early it serves its backoff, SQ6 unless nothing else is there to do', async () => {
    const { queue } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    queue.failed(await queue.next(never), new Set(['NodeResourcesFit']))
    queue.changed({ resource: 'AssignedPod', action: 'Delete' })
    expect(queue.place(waiting.metadata.uid)).toBe('backoff')
    expect((await queue.next(never)).pod).toBe(waiting)
  })

  test('SQ4 a change during the attempt is not missed', async () => {
    const { queue } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    const queued = await queue.next(never)
    queue.changed({ resource: 'Node', action: 'Add' })
    queue.failed(queued, new Set(['NodeAffinity']))
    expect(queue.place(waiting.metadata.uid)).toBe('backoff')
  })

  test('SQ5 a gated pod enters when its last gate is taken away', () => {
    const { queue } = make()
    const gated = pod('gated', { spec: { schedulingGates: [{ name: 'later' }] } })
    queue.add(gated)
    expect(queue.place(gated.metadata.uid)).toBe('gated')
    queue.update({ ...gated, spec: { ...gated.spec, schedulingGates: [] } })
    expect(queue.place(gated.metadata.uid)).toBe('active')
  })

  test('a deleted pod is nowhere, and an aborted wait ends', async () => {
    const { queue } = make()
    const gone = pod('gone')
    queue.add(gone)
    queue.delete(gone.metadata.uid)
    const stop = new AbortController()
    const next = queue.next(stop.signal)
    stop.abort(new Error('stopped'))
    await expect(next).rejects.toThrow('stopped')
  })
})
