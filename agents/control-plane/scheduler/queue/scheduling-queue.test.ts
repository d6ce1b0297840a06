import { describe, expect, test } from 'vitest'
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { FakeClock } from '../../../base/fake-clock.ts'
import type { ClusterEvent } from '../framework/cluster-event.ts'
import type { Plugin, PreEnqueuePlugin } from '../framework/plugin.ts'
import { fits, rejected } from '../framework/verdict.ts'
import { prioritySort } from '../plugins/priority-sort.ts'
import { schedulingGates } from '../plugins/scheduling-gates.ts'
import { pod } from '../testing/scenario.ts'
import { SchedulingQueue } from './scheduling-queue.ts'

const fit: Plugin = { name: 'Fit', wakeOn: [{ resource: 'Pod', actions: ['Delete'] }, { resource: 'Node', actions: ['Add', 'UpdateNodeAllocatable'] }] }
const affinity: Plugin = { name: 'Affinity', wakeOn: [{ resource: 'Node', actions: ['Add', 'UpdateNodeLabel'], hint: (_, __, after) => ((after as { good?: boolean }).good === true ? 'Queue' : 'Skip') }] }
const faulty: Plugin = { name: 'Faulty', wakeOn: [{ resource: 'Node', actions: ['Add'], hint: () => { throw new Error('broken') } }] }
const silent: Plugin = { name: 'Silent' }
const podDeleted: ClusterEvent = { resource: 'AssignedPod', action: 'Delete' }
const nodeAdded: ClusterEvent = { resource: 'Node', action: 'Add' }
const never = new AbortController().signal

function make(preEnqueue: readonly PreEnqueuePlugin[] = [schedulingGates]) {
  const clock = new FakeClock()
  const moves: string[] = []
  const profile = { preEnqueue, plugins: [fit, affinity, faulty, silent, ...preEnqueue] }
  const queue = new SchedulingQueue({ clock, sort: prioritySort, profiles: new Map([['default-scheduler', profile]]), onMove: (to, event) => { moves.push(`${to} ${event}`) } })
  const failWith = (...plugins: string[]) => { queue.failed(queue.take()!, { rejectedBy: new Set(plugins) }) }
  return { clock, queue, moves, failWith }
}

const nameOf = (queued: { pod: Pod } | undefined) => queued?.pod.metadata.name

describe('scheduling queue', () => {
  test('SQ1 priority first, then who waited longest', async () => {
    const { clock, queue } = make()
    queue.add(pod('first'))
    await clock.advance(1)
    queue.add(pod('second'))
    queue.add(pod('important', { priority: 7 }))
    expect([nameOf(queue.take()), nameOf(queue.take()), nameOf(queue.take())]).toEqual(['important', 'first', 'second'])
  })

  test('SQ3 an unschedulable pod waits for a change its rejecting plugin named', async () => {
    const { clock, queue, failWith } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    failWith('Fit')
    await clock.advance(5_000)
    queue.changed({ resource: 'Node', action: 'UpdateNodeLabel' })
    expect(queue.place(waiting.metadata.uid)).toBe('unschedulable')
    queue.changed(podDeleted)
    expect(queue.place(waiting.metadata.uid)).toBe('active')
  })

  test('SQ3 a hint may say that this change does not help', async () => {
    const { clock, queue, failWith } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    failWith('Affinity')
    await clock.advance(5_000)
    queue.changed(nodeAdded, undefined, { good: false })
    expect(queue.place(waiting.metadata.uid)).toBe('unschedulable')
    queue.changed(nodeAdded, undefined, { good: true })
    expect(queue.place(waiting.metadata.uid)).toBe('active')
  })

  test('CE5 a hint that throws counts as Queue', async () => {
    const { clock, queue, failWith } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    failWith('Faulty')
    await clock.advance(5_000)
    queue.changed(nodeAdded)
    expect(queue.place(waiting.metadata.uid)).toBe('active')
  })

  test('WT3 every answer of a hint is told: wakes, does not, failed; and what has none wakes in no time', async () => {
    let atMs = 0
    const clock = Object.assign(new FakeClock(), { monotonic: () => { atMs += 2; return atMs } })
    const told: unknown[][] = []
    const queue = new SchedulingQueue({ clock, sort: prioritySort, profiles: new Map([['default-scheduler', { preEnqueue: [], plugins: [fit, affinity, faulty] }]]), onHint: (...answer) => { told.push(answer) } })
    for (const [index, plugins] of [['Affinity'], ['Fit'], ['Faulty']].entries()) {
      queue.add(pod(`waiting-${index}`))
      queue.failed(queue.take()!, { rejectedBy: new Set(plugins) })
    }
    queue.changed(nodeAdded, undefined, {})
    expect(told).toEqual([['Affinity', 'NodeAdd', 'QueueSkip', 0.002], ['Fit', 'NodeAdd', 'Queue', 0], ['Faulty', 'NodeAdd', 'Error', 0.002]])
  })

  test('WT1 a plugin that registers nothing is woken by everything', async () => {
    const { clock, queue, failWith } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    failWith('Silent')
    await clock.advance(5_000)
    queue.changed({ resource: 'Node', action: 'UpdateNodeCondition' })
    expect(queue.place(waiting.metadata.uid)).toBe('active')
  })

  test('SQ3 after five minutes it is tried all the same', async () => {
    const { clock, queue, failWith, moves } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    failWith('Affinity')
    const next = queue.next(never)
    await clock.advance(5 * 60_000)
    expect(queue.place(waiting.metadata.uid)).toBe('unschedulable')
    await clock.advance(30_000)
    expect((await next).pod).toBe(waiting)
    expect((await next).flushed).toBe(true)
    expect(moves.at(-1)).toBe('active UnschedulableTimeout')
  })

  test('SQ2 BO3 the backoff is over when its second is', async () => {
    const { clock, queue, failWith } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    failWith('Fit')
    queue.changed(podDeleted)
    expect(queue.place(waiting.metadata.uid)).toBe('backoff')
    await clock.advance(1_999)
    expect(queue.counts().backoff).toBe(1)
    await clock.advance(1)
    expect(queue.counts().active).toBe(1)
  })

  test('BO1 the wait doubles up to ten seconds', async () => {
    const { clock, queue, failWith } = make()
    queue.add(pod('waiting'))
    const waits: number[] = []
    for (let attempt = 0; attempt < 6; attempt++) {
      const before = clock.now()
      failWith('Fit')
      queue.changed(podDeleted)
      while (queue.counts().backoff > 0) await clock.advance(1_000)
      waits.push((clock.now() - before) / 1_000 - 1)
    }
    expect(waits).toEqual([1, 2, 4, 8, 10, 10])
  })

  test('SQ6 woken early it serves its backoff, unless nothing else is there to do', () => {
    const { queue, failWith, moves } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    failWith('Fit')
    queue.changed(podDeleted)
    expect(nameOf(queue.take())).toBe('waiting')
    expect(moves).toEqual(['active UnschedulablePodAdd', 'unschedulable ScheduleAttemptFailure', 'backoff AssignedPodDelete', 'active PopFromBackoffQ'])
  })

  test('SQ6 SQ8 an error is never tried early', async () => {
    const { clock, queue, failWith } = make()
    queue.add(pod('broken'))
    failWith()
    expect(queue.take()).toBeUndefined()
    await clock.advance(2_000)
    expect(nameOf(queue.take())).toBe('broken')
  })

  test('SQ4 a change during the attempt is not missed', () => {
    const { queue } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    const queued = queue.take()!
    queue.changed(nodeAdded, undefined, { good: true })
    queue.failed(queued, { rejectedBy: new Set(['Affinity']) })
    expect(queue.place(waiting.metadata.uid)).toBe('backoff')
  })

  test('SQ4 a change before the attempt began is not counted again, and nothing is kept when nobody is in flight', () => {
    const { queue } = make()
    const waiting = pod('waiting')
    queue.add(pod('other'))
    const other = queue.take()!
    queue.changed(nodeAdded, undefined, { good: true })
    queue.add(waiting)
    const queued = queue.take()!
    queue.failed(queued, { rejectedBy: new Set(['Affinity']) })
    expect(queue.place(waiting.metadata.uid)).toBe('unschedulable')
    expect([...queue.keptEvents()]).toEqual([['NodeAdd', 1]])
    queue.done(other.pod.metadata.uid)
    expect([...queue.keptEvents()]).toEqual([])
  })

  test('IF3 an update of the pod in flight wakes that pod only', () => {
    const { queue } = make([])
    const gateless: Plugin = { name: 'Own', wakeOn: [{ resource: 'Pod', actions: ['UpdatePodLabel'] }] }
    const own = new SchedulingQueue({ clock: new FakeClock(), sort: prioritySort, profiles: new Map([['default-scheduler', { preEnqueue: [], plugins: [gateless] }]]) })
    const [first, second] = [pod('first'), pod('second')]
    own.add(first)
    own.add(second)
    const [one, two] = [own.take()!, own.take()!]
    own.update(first, { ...first, metadata: { ...first.metadata, labels: { changed: 'yes' } } })
    own.failed(one, { rejectedBy: new Set(['Own']) })
    own.failed(two, { rejectedBy: new Set(['Own']) })
    expect([own.place(first.metadata.uid), own.place(second.metadata.uid)]).toEqual(['backoff', 'unschedulable'])
    expect(queue.counts().active).toBe(0)
  })

  test('SQ5 a gated pod enters when its last gate is taken away', () => {
    const { queue } = make()
    const gated = pod('gated', { spec: { schedulingGates: [{ name: 'later' }] } })
    queue.add(gated)
    expect(queue.place(gated.metadata.uid)).toBe('gated')
    expect(queue.get(gated.metadata.uid)?.gate?.reasons).toEqual(['waiting for scheduling gates: [later]'])
    queue.update(gated, { ...gated, spec: { ...gated.spec, schedulingGates: [] } })
    expect(queue.place(gated.metadata.uid)).toBe('active')
  })

  test('SQ5 a change that the holding plugin does not listen to leaves the pod alone', async () => {
    const asked: string[] = []
    const holder: PreEnqueuePlugin = { name: 'Holder', wakeOn: [{ resource: 'Node', actions: ['Delete'] }], preEnqueue: held => { asked.push(held.metadata.name); return asked.length > 2 ? fits : rejected('held', false) } }
    const { clock, queue } = make([holder])
    queue.add(pod('held'))
    queue.changed(nodeAdded, undefined, { good: true })
    await clock.advance(10 * 60_000)
    expect(queue.counts()).toMatchObject({ gated: 1 })
    expect(asked).toHaveLength(1)
    queue.changed({ resource: 'Node', action: 'Delete' })
    queue.changed({ resource: 'Node', action: 'Delete' })
    expect(queue.counts()).toMatchObject({ active: 1, gated: 0 })
  })

  test('SQ7 what a plugin set going itself needs no backoff', () => {
    const { queue } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    queue.failed(queue.take()!, { rejectedBy: new Set(), pendingBy: new Set(['Fit']) })
    queue.changed(podDeleted)
    expect(queue.place(waiting.metadata.uid)).toBe('active')
  })

  test('activate brings a waiting pod back at once', () => {
    const { queue, failWith, moves } = make()
    const waiting = pod('waiting')
    queue.add(waiting)
    failWith('Affinity')
    queue.activate(waiting)
    expect(queue.place(waiting.metadata.uid)).toBe('active')
    expect(moves.at(-1)).toBe('active ForceActivate')
  })

  test('a pod that is being bound is left alone by its updates', () => {
    const { queue } = make()
    const bound = pod('bound')
    queue.add(bound)
    queue.take()
    queue.forgetEvents(bound.metadata.uid)
    queue.update(bound, { ...bound, status: { nominatedNodeName: 'a' } })
    expect(queue.place(bound.metadata.uid)).toBe('in-flight')
    expect(queue.nominated.on('a').map(other => other.metadata.name)).toEqual(['bound'])
    queue.done(bound.metadata.uid)
    expect(queue.place(bound.metadata.uid)).toBeUndefined()
  })

  test('rejections are counted by plugin while pods wait', () => {
    const { queue, failWith } = make()
    queue.add(pod('a'))
    failWith('Fit', 'Affinity')
    queue.add(pod('b'))
    failWith('Fit')
    expect(queue.rejections()).toEqual([{ profile: 'default-scheduler', plugin: 'Fit', pods: 2 }, { profile: 'default-scheduler', plugin: 'Affinity', pods: 1 }])
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

describe('nominator', () => {
  test('NM1 NM2 NM3 the last word counts', () => {
    const { queue } = make()
    const { nominated } = queue
    const promised = pod('promised')
    nominated.nominate(promised, 'a')
    nominated.seen(promised, promised)
    expect(nominated.nodeOf(promised.metadata.uid)).toBe('a')
    nominated.seen(promised, { ...promised, status: { nominatedNodeName: 'b' } })
    expect([nominated.on('a'), nominated.on('b').length]).toEqual([[], 1])
    nominated.seen({ ...promised, status: { nominatedNodeName: 'b' } }, promised)
    expect(nominated.size).toBe(0)
  })
})
