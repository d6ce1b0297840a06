import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { JobSpec } from '../../../../api/groups/batch-v1/types.ts'
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { jobs, pods } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { controllerReference } from '../../../../machinery/owner.ts'
import { indexesText, readIndexes } from './indexes.ts'
import { jobController } from './job-controller.ts'
import { trackingFinalizer } from './plan-job.ts'

const at = { namespace: 'default', name: 'work' }
let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(jobController)
})
afterEach(() => scene[Symbol.asyncDispose]())

async function create(spec: Partial<JobSpec> = {}) {
  await scene.cluster.create(jobs, { metadata: at, spec: { selector: { matchLabels: { job: 'work' } }, template: { metadata: { labels: { job: 'work' } }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }, ...spec } })
  await scene.settle()
}

const live = () => scene.cluster.all(pods).filter(pod => pod.status.phase === 'Pending' && pod.metadata.deletionTimestamp === undefined)
const status = () => scene.cluster.peek(jobs, at)!.status
const conditions = () => (status().conditions ?? []).filter(condition => condition.status === 'True').map(({ type, reason }) => `${type} ${reason}`)

async function end(pod: Pod, phase: 'Succeeded' | 'Failed', exitCode = 1) {
  const state = { terminated: { exitCode: phase === 'Failed' ? exitCode : 0, finishedAt: timeText(scene.clock.now()) } }
  scene.cluster.put(pods, { ...scene.cluster.peek(pods, { namespace: 'default', name: pod.metadata.name })!, spec: { ...pod.spec, nodeName: 'n1' }, status: { phase, containerStatuses: [{ name: 'c', image: 'i', imageID: 'i', ready: false, restartCount: 0, state }] } })
  await scene.settle()
}

describe('job controller', () => {
  it('runs one Pod to its end and says so', async () => {
    await create()
    expect(live()[0]!.metadata.finalizers).toEqual([trackingFinalizer])
    expect(status()).toMatchObject({ active: 1 })
    await end(live()[0]!, 'Succeeded')
    expect(status()).toMatchObject({ active: 0, succeeded: 1, completionTime: expect.any(String) as unknown })
    expect(conditions()).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached'])
    expect(scene.cluster.all(pods)[0]!.metadata.finalizers).toEqual([]) // JC1
  })

  it('JB5: keeps so many Pods as parallelism allows until all completions are there', async () => {
    await create({ completions: 5, parallelism: 2 })
    const seen: number[] = []
    for (let step = 0; step < 5; step++) {
      seen.push(live().length)
      await end(live()[0]!, 'Succeeded')
    }
    expect(seen).toEqual([2, 2, 2, 2, 1])
    expect(status()).toMatchObject({ succeeded: 5 })
    expect(scene.cluster.all(pods)).toHaveLength(5)
  })

  it('JB6, JB3: waits longer after each failure and gives up beyond backoffLimit', async () => {
    await create({ backoffLimit: 2 })
    const waits: number[] = []
    for (let failure = 0; failure < 3; failure++) {
      await end(live()[0]!, 'Failed')
      if (failure === 2) break
      let waited = 0
      while (live().length === 0 && waited < 100) {
        await scene.settle(1_000)
        waited++
      }
      waits.push(waited)
    }
    expect(waits[0]).toBeGreaterThanOrEqual(10)
    expect(waits[1]).toBeGreaterThanOrEqual(20)
    expect(status()).toMatchObject({ failed: 3 })
    expect(conditions()).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded'])
  })

  it('indexed: every index succeeds once, names and env tell which', async () => {
    await create({ completions: 3, parallelism: 3, completionMode: 'Indexed' })
    const index = (pod: Pod) => pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index']
    expect(live().map(index).toSorted()).toEqual(['0', '1', '2'])
    expect(live()[0]!.spec).toMatchObject({ hostname: 'work-0', containers: [{ env: [{ name: 'JOB_COMPLETION_INDEX' }] }] })
    await end(live().find(pod => index(pod) === '1')!, 'Failed')
    await scene.settle(12_000)
    expect(live().map(index).toSorted()).toEqual(['0', '1', '2'])
    for (const pod of live()) await end(pod, 'Succeeded')
    expect(status()).toMatchObject({ succeeded: 3, failed: 1, completedIndexes: '0-2' })
    expect(conditions()).toContain('Complete CompletionsReached')
  })

  it('JB3: an active deadline ends the Pods first, then the Job', async () => {
    await create({ activeDeadlineSeconds: 60 })
    scene.cluster.put(pods, { ...live()[0]!, spec: { ...live()[0]!.spec, nodeName: 'n1' } })
    await scene.settle(62_000)
    expect(conditions()).toEqual(['FailureTarget DeadlineExceeded'])
    const [pod] = scene.cluster.all(pods)
    expect(pod!.metadata).toMatchObject({ deletionTimestamp: expect.any(String) as unknown, finalizers: [] })
    expect(status()).toMatchObject({ failed: 1, terminating: 1 })
    await end(pod!, 'Failed')
    expect(conditions()).toEqual(['FailureTarget DeadlineExceeded', 'Failed DeadlineExceeded'])
  })

  it('JF1: a FailJob rule fails the Job at once, an Ignore rule counts nothing', async () => {
    await create({ backoffLimit: 0, podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [7] } }, { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }] } })
    await end(live()[0]!, 'Failed', 7)
    await scene.settle(20_000)
    expect(status().failed ?? 0).toBe(0)
    await end(live()[0]!, 'Failed', 42)
    expect(conditions()).toEqual(['FailureTarget PodFailurePolicy', 'Failed PodFailurePolicy'])
  })

  it('JB6: with a limit per index, each index waits for its own failures and fails alone', async () => {
    await create({ completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 1, backoffLimit: 2_147_483_647, podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [7] } }] } })
    const index = (pod: Pod) => pod.metadata.annotations!['batch.kubernetes.io/job-completion-index']!
    const notes = (pod: Pod) => [pod.metadata.annotations!['batch.kubernetes.io/job-index-failure-count'], pod.metadata.annotations!['batch.kubernetes.io/job-index-ignored-failure-count']]
    const of = (wanted: string) => live().find(pod => index(pod) === wanted)!
    await end(of('0'), 'Failed', 7)
    await scene.settle(11_000)
    expect(notes(of('0'))).toEqual(['0', '1'])
    await end(of('0'), 'Failed')
    await scene.settle(5_000)
    expect(live().map(index)).toEqual(['1'])
    await scene.settle(20_000)
    expect(notes(of('0'))).toEqual(['1', '1'])
    await end(of('1'), 'Succeeded')
    expect(live().map(index)).toEqual(['0'])
    await end(of('0'), 'Failed')
    expect(status()).toMatchObject({ completedIndexes: '1', failedIndexes: '0', failed: 2 })
    expect(conditions()).toEqual(['FailureTarget FailedIndexes', 'Failed FailedIndexes'])
  })

  it('JB7: a success policy is met by the indexes it names, and ends the others', async () => {
    await create({ completions: 3, parallelism: 3, completionMode: 'Indexed', backoffLimit: 0, successPolicy: { rules: [{ succeededIndexes: '1-2', succeededCount: 1 }] } })
    await end(live().find(pod => pod.metadata.annotations!['batch.kubernetes.io/job-completion-index'] === '2')!, 'Succeeded')
    expect(conditions()[0]).toBe('SuccessCriteriaMet SuccessPolicy')
    expect(live()).toEqual([])
    expect(conditions()).toContain('Complete SuccessPolicy')
  })

  it('JB7: an indexed Job that shrinks counts only the indexes it has left', async () => {
    await create({ completions: 3, parallelism: 3, completionMode: 'Indexed' })
    await end(live().find(pod => pod.metadata.annotations!['batch.kubernetes.io/job-completion-index'] === '2')!, 'Succeeded')
    expect(status()).toMatchObject({ completedIndexes: '2', succeeded: 1 })
    await scene.cluster.patch(jobs, at, { spec: { completions: 2, parallelism: 2 } }, { patchType: 'merge' })
    await scene.settle()
    expect(live()).toHaveLength(2)
    for (const pod of live()) await end(pod, 'Succeeded')
    expect(status()).toMatchObject({ completedIndexes: '0,1', succeeded: 2 })
    expect(conditions()).toContain('Complete CompletionsReached')
  })

  it('JC2: makes no more Pods while those it made are not back', async () => {
    using _cut = scene.cluster.onRequest(({ verb, resource }) => (verb === 'watch' && resource === 'pods' ? new Error('cut') : undefined))
    scene.cluster.breakWatches(new Error('cut'))
    await create({ parallelism: 2 })
    await scene.cluster.patch(jobs, at, { metadata: { labels: { woken: 'again' } } }, { patchType: 'merge' })
    await scene.settle(1_000)
    expect(scene.cluster.all(pods)).toHaveLength(2)
  })

  it('JC2: begins no index again that its own status, not back yet, says is done', async () => {
    await create({ completions: 2, parallelism: 2, completionMode: 'Indexed' })
    const first = live().find(pod => pod.metadata.annotations!['batch.kubernetes.io/job-completion-index'] === '0')
    using _cut = scene.cluster.onRequest(({ verb, resource }) => (verb === 'watch' && resource === 'jobs.batch' ? new Error('cut') : undefined))
    scene.cluster.breakWatches(new Error('cut'))
    await scene.settle()
    await end(first!, 'Succeeded')
    scene.cluster.vanish(pods, { namespace: 'default', name: first!.metadata.name })
    await scene.settle(1_000)
    const begun = scene.cluster.requests.filter(({ verb, resource }) => verb === 'create' && resource === 'pods').map(({ body }) => (body as Pod).metadata.annotations!['batch.kubernetes.io/job-completion-index'])
    expect(begun.filter(index => index === '0')).toHaveLength(1)
  })

  it('JC3: a finished Job stays as it is, and late Pods lose their finalizer', async () => {
    await create({ suspend: true })
    const job = scene.cluster.peek(jobs, at)!
    const finished = scene.cluster.put(jobs, { ...job, spec: { ...job.spec, suspend: false }, status: { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] } })
    scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'late', labels: { job: 'work' }, finalizers: [trackingFinalizer], ownerReferences: [controllerReference(jobs, finished)] }, spec: { containers: [] }, status: { phase: 'Failed' } })
    await scene.settle()
    expect(scene.cluster.all(pods).map(({ metadata }) => metadata.finalizers)).toEqual([[]])
    expect(scene.cluster.peek(jobs, at)).toEqual(finished)
  })

  it('JB5: Pods that are stopped to have fewer, or for suspension, do not count as failed', async () => {
    await create({ completions: 4, parallelism: 3 })
    for (const pod of live()) scene.cluster.put(pods, { ...pod, spec: { ...pod.spec, nodeName: 'n1' } })
    await scene.settle()
    await scene.cluster.patch(jobs, at, { spec: { parallelism: 1 } }, { patchType: 'merge' })
    await scene.settle()
    await scene.cluster.patch(jobs, at, { spec: { suspend: true } }, { patchType: 'merge' })
    await scene.settle()
    expect([live().length, status().failed ?? 0]).toEqual([0, 0])
    expect(scene.cluster.all(pods).flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([])
  })

  it('JC5: a Job that somebody else manages is left alone', async () => {
    await create({ managedBy: 'example.com/queue' })
    expect([live(), status()]).toEqual([[], {}])
  })

  it('JC4: a suspended Job has no Pods; resumed, it starts anew', async () => {
    await create({ suspend: true })
    expect(live()).toEqual([])
    expect(conditions()).toEqual(['Suspended JobSuspended'])
    await scene.cluster.patch(jobs, at, { spec: { suspend: false } }, { patchType: 'merge' })
    await scene.settle()
    expect(live()).toHaveLength(1)
    expect(status().startTime).toBeDefined()
    expect(conditions()).toEqual([])
  })

  it('JC1: a crash after any write counts every Pod exactly once', async () => {
    for (let crashAt = 1; crashAt <= 6; crashAt++) {
      await using other = createControllerScene()
      let writes = 0
      using _crash = other.cluster.onRequest(({ verb }) => (verb !== 'get' && verb !== 'list' && verb !== 'watch' && ++writes === crashAt ? new Error('crashed') : undefined))
      await other.start(jobController)
      other.cluster.put(jobs, { metadata: at, spec: { completions: 2, parallelism: 2, selector: { matchLabels: { job: 'work' } }, template: { metadata: { labels: { job: 'work' } }, spec: { containers: [] } } } })
      for (let step = 0; step < 10; step++) {
        await other.settle(1_000)
        for (const pod of other.cluster.all(pods)) if (pod.status.phase === 'Pending') other.cluster.put(pods, { ...pod, status: { phase: 'Succeeded' } })
      }
      expect(other.cluster.peek(jobs, at)!.status, `crash at write ${crashAt}`).toMatchObject({ succeeded: 2, uncountedTerminatedPods: {} })
    }
  })
})

describe('indexes', () => {
  it.each([['', []], ['1', [1]], ['1,2', [1, 2]], ['1-3,5,7-9', [1, 2, 3, 5, 7, 8, 9]]])('%s', (text, indexes) => {
    expect([...readIndexes(text)]).toEqual(indexes)
    expect(indexesText(new Set(indexes))).toBe(text)
  })
})
