import { describe, expect, it } from 'vitest'
import { type Lifecycle, type Stage, defaultLifecycles, lifecycleOf, matchAll, stageDefaults } from '../simulation/stages.ts'
import { type PodRun, adoptRun, advance, deletionDelayMs, newRun, rebooted, stopped } from './pod-run.ts'
import { podStatusOf } from './pod-status.ts'
import { samplePod } from './sample-pods.ts'

const start = Date.UTC(2026, 0, 1)
const place = { hostIp: '198.19.0.1', podIp: '10.244.1.2' }
const stages = (...list: (Pick<Stage, 'from' | 'to'> & Partial<Stage>)[]): Lifecycle => ({ match: matchAll, stages: list.map(given => ({ ...stageDefaults, ...given })) })
const ownedByJob = { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'j', controller: true }] }

/** The states a pod goes through, each with the second in which it enters it. */
function story(pod = samplePod('web'), lifecycle = lifecycleOf(pod, defaultLifecycles)!, seconds = 1_000, seed = 1): string[] {
  const told: string[] = []
  let run: PodRun = newRun(start)
  for (let now = start; now <= start + seconds * 1_000;) {
    const { run: next, dueAtMs } = advance(run, pod, { lifecycle, seed }, now)
    if (next.state !== run.state || next.restarts !== run.restarts || next.initDone !== run.initDone || next.initRestarts !== run.initRestarts) told.push(`${(now - start) / 1_000} ${next.state}${next.restarts > 0 ? ` restarts=${next.restarts}` : ''}`)
    run = next
    if (dueAtMs === undefined) break
    now = dueAtMs
  }
  return told
}

describe('the run of a simulated pod', () => {
  it('PR1 without delays is ready at once', () => {
    expect(story()).toEqual(['0 ready'])
  })

  it('PR1 goes on as its stages come due', () => {
    expect(story(samplePod('web'), stages({ from: 'scheduled', to: 'started', delayMs: 2_000 }, { from: 'running', to: 'ready', delayMs: 3_000 }))).toEqual(['2 running', '5 ready'])
  })

  it('PR2 runs init containers one after the other, and counts a sidecar as started', () => {
    const pod = samplePod('web', { initContainers: [{ name: 'a', image: 'i' }, { name: 'side', image: 'i', restartPolicy: 'Always' }, { name: 'b', image: 'i' }] })
    expect(story(pod, stages({ from: 'scheduled', to: 'started' }, { from: 'initializing', to: 'initialized', delayMs: 1_000 }, { from: 'running', to: 'ready' }))).toEqual(['0 initializing', '1 initializing', '2 ready'])
  })

  it('PR3 restarts a container that crashes: at once, then with back-off', () => {
    expect(story(samplePod('web'), stages({ from: 'scheduled', to: 'started' }, { from: 'running', to: 'crashed', delayMs: 1_000 }), 80)).toEqual([
      '0 running', '1 running restarts=1', '2 waiting restarts=1', '12 running restarts=2', '13 waiting restarts=2', '33 running restarts=3', '34 waiting restarts=3', '74 running restarts=4', '75 waiting restarts=4',
    ])
  })

  it('PR3 ends a pod that is not to be restarted, by its exit code', () => {
    const crash = stages({ from: 'scheduled', to: 'started' }, { from: 'running', to: 'crashed', exitCode: 3 })
    expect(story(samplePod('job', { restartPolicy: 'Never' }), crash)).toEqual(['0 failed'])
    expect(story(samplePod('job', { restartPolicy: 'OnFailure' }), stages({ from: 'scheduled', to: 'started' }, { from: 'running', to: 'completed', delayMs: 500 }))).toEqual(['0 running', '0.5 succeeded'])
  })

  it('PR3 fails a pod whose init container fails and may not be restarted', () => {
    const pod = samplePod('web', { restartPolicy: 'Never', initContainers: [{ name: 'a', image: 'i' }] })
    expect(story(pod, stages({ from: 'scheduled', to: 'started' }, { from: 'initializing', to: 'crashed' }))).toEqual(['0 failed'])
  })

  it('SG1 lets the pods of Jobs end after a second', () => {
    expect(story(samplePod('job', { restartPolicy: 'Never' }, ownedByJob))).toEqual(['0 ready', '1 succeeded'])
  })

  it('PR4 fails at the deadline, while running and while waiting', () => {
    const pod = samplePod('web', { activeDeadlineSeconds: 5 })
    expect(story(pod)).toEqual(['0 ready', '5 failed'])
    const { run } = advance({ ...newRun(start), state: 'ready', startedAtMs: start - 6_000 }, pod, { lifecycle: undefined, seed: 1 }, start)
    expect(podStatusOf(pod, run, place, start)).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' })
  })

  it('PR5 takes up from the status what was told before', () => {
    const pod = samplePod('web')
    const told = advance(newRun(start), pod, { lifecycle: lifecycleOf(pod, defaultLifecycles), seed: 1 }, start).run
    const known = { ...pod, status: podStatusOf(pod, told, place, start)! }
    expect(adoptRun(known, start + 60_000)).toMatchObject({ state: 'ready', startedAtMs: start, containersAtMs: start, restarts: 0 })
    expect(adoptRun({ ...pod, status: { phase: 'Failed' } }, start).state).toBe('failed')
    expect(adoptRun(pod, start).state).toBe('scheduled')
  })

  it('PR6 has restarted its containers after its machine was off, or has failed', () => {
    const ready: PodRun = { ...newRun(start), state: 'ready', startedAtMs: start, containersAtMs: start }
    const data = { lifecycle: lifecycleOf(samplePod('web'), defaultLifecycles), seed: 1 }
    const again = advance(rebooted(ready, samplePod('web'), start + 9_000), samplePod('web'), data, start + 9_000).run
    expect(again).toMatchObject({ state: 'ready', restarts: 1, lastEnd: { exitCode: 255, reason: 'Unknown' } })
    expect(rebooted(ready, samplePod('web', { restartPolicy: 'Never' }), start + 9_000).state).toBe('failed')
  })

  it('PR7 stays as it ended', () => {
    const ended: PodRun = { ...newRun(start), state: 'succeeded' }
    expect(advance(ended, samplePod('web'), { lifecycle: defaultLifecycles[1], seed: 1 }, start + 1e9)).toEqual({ run: ended, dueAtMs: undefined })
  })

  it('PR8 has failed when it is stopped to go', () => {
    const ready: PodRun = { ...newRun(start), state: 'ready', startedAtMs: start, containersAtMs: start }
    expect(stopped(ready, start + 9_000)).toMatchObject({ state: 'failed', lastEnd: { exitCode: 143, reason: 'Error', startedAtMs: start, finishedAtMs: start + 9_000 } })
    const ended: PodRun = { ...ready, state: 'succeeded' }
    expect([stopped(ended, start), stopped(newRun(start), start).state]).toEqual([ended, 'scheduled'])
  })

  it('SG2 draws by weight, and the same seed draws the same', () => {
    const lifecycle = stages({ from: 'scheduled', to: 'started' }, { from: 'running', to: 'ready', weight: 7 }, { from: 'running', to: 'crashed', weight: 3 })
    const outcomes = (seed: number) => Array.from({ length: 1_000 }, (_, index) => story(samplePod(`pod-${index}`, { restartPolicy: 'Never' }), lifecycle, 1, seed).at(-1)!)
    const failed = outcomes(1).filter(state => state === '0 failed').length
    expect(failed).toBeGreaterThan(240)
    expect(failed).toBeLessThan(360)
    expect(outcomes(1)).toEqual(outcomes(1))
    expect(outcomes(2)).not.toEqual(outcomes(1))
  })

  it('SG3 adds at most the jitter', () => {
    const lifecycle = stages({ from: 'scheduled', to: 'started', delayMs: 1_000, jitterMs: 500 })
    const starts = Array.from({ length: 200 }, (_, index) => Number(story(samplePod(`pod-${index}`), lifecycle, 10)[0]!.split(' ')[0]))
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(1)
    expect(Math.max(...starts)).toBeLessThan(1.5)
    expect(new Set(starts).size).toBeGreaterThan(50)
  })

  it('SG5 stays in a state without a stage', () => {
    expect(story(samplePod('web'), stages({ from: 'scheduled', to: 'started' }))).toEqual(['0 running'])
  })

  it('lets a pod that is deleted run on for its stage, but not longer than its grace', () => {
    const lifecycle = stages({ from: 'deleting', to: 'gone', delayMs: 5_000 })
    expect(deletionDelayMs(samplePod('web', {}, { deletionGracePeriodSeconds: 30 }), { lifecycle, seed: 1 })).toBe(5_000)
    expect(deletionDelayMs(samplePod('web', {}, { deletionGracePeriodSeconds: 2 }), { lifecycle, seed: 1 })).toBe(2_000)
  })
})

describe('the status of a simulated pod', () => {
  const statusAt = (run: Partial<PodRun>, pod = samplePod('web')) => podStatusOf(pod, { ...newRun(start), startedAtMs: start, ...run }, place, start)!

  it('PS1 says nothing before the start', () => {
    expect(podStatusOf(samplePod('web'), newRun(start), place, start)).toBeUndefined()
  })

  it('PS2 PS3 tells of containers that nobody can find a process of', () => {
    const status = statusAt({ state: 'ready', containersAtMs: start, restarts: 2 })
    expect(status).toMatchObject({ phase: 'Running', podIP: '10.244.1.2', hostIP: '198.19.0.1', startTime: '2026-01-01T00:00:00Z' })
    expect(status.containerStatuses).toMatchObject([{ name: 'web', ready: true, started: true, restartCount: 2, containerID: 'simulated://uid-web/web/2', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }])
    expect(Object.fromEntries(status.conditions!.map(({ type, status: value }) => [type, value]))).toEqual({ PodReadyToStartContainers: 'True', Initialized: 'True', Ready: 'True', ContainersReady: 'True', PodScheduled: 'True' })
  })

  it('is Pending while init containers run, and names what is incomplete', () => {
    const pod = samplePod('web', { initContainers: [{ name: 'a', image: 'i' }, { name: 'b', image: 'i' }] })
    const status = statusAt({ state: 'initializing', initDone: 1, enteredAtMs: start }, pod)
    expect(status.phase).toBe('Pending')
    expect(status.initContainerStatuses!.map(({ name, ready, state }) => [name, ready, Object.keys(state!)[0]])).toEqual([['a', true, 'terminated'], ['b', false, 'running']])
    expect(status.containerStatuses![0]!.state).toEqual({ waiting: { reason: 'PodInitializing' } })
    expect(status.conditions!.find(({ type }) => type === 'Initialized')).toMatchObject({ status: 'False', message: 'containers with incomplete status: [b]' })
  })

  it('waits in CrashLoopBackOff with the last end', () => {
    const lastEnd = { exitCode: 1, reason: 'Error', startedAtMs: start, finishedAtMs: start + 1_000 }
    const status = statusAt({ state: 'waiting', containersAtMs: start, restarts: 1, enteredAtMs: start, resumeAtMs: start + 10_000, lastEnd })
    expect(status.phase).toBe('Running')
    expect(status.containerStatuses![0]).toMatchObject({ ready: false, restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container=web pod=web_default(uid-web)' } }, lastState: { terminated: { exitCode: 1, containerID: 'simulated://uid-web/web/1' } } })
  })

  it('is Failed with the exit code', () => {
    const lastEnd = { exitCode: 137, reason: 'OOMKilled', startedAtMs: start, finishedAtMs: start + 1_000 }
    const status = statusAt({ state: 'failed', containersAtMs: start, lastEnd })
    expect(status.phase).toBe('Failed')
    expect(status.containerStatuses![0]!.state).toMatchObject({ terminated: { exitCode: 137, reason: 'OOMKilled' } })
    expect(status.conditions!.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'False', reason: 'PodFailed' })
  })
})
