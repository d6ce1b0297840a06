/**
 * What controllers promise a user, seen from outside on real nodes: a file of tests for a lab that is already there.
 *
 * Each test has a namespace of its own, so that it can be tried again, and takes only pods that end at once. They wait for
 * clocks most of the time (of the autoscaler, of cron jobs, of evictions), so that those which share the nodes run side by side.
 */
import { describe, expect, test } from 'vitest'
import type { Job } from '../../agents/api/groups/batch-v1/types.ts'
import type { HorizontalPodAutoscaler } from '../../agents/api/groups/autoscaling-v2/types.ts'
import type { Node, Pod } from '../../agents/api/groups/core-v1/types.ts'
import { eventually, patience } from './test-lab.ts'
import type { Ended, TestLab } from './test-lab.ts'

interface ListOf<T> {
  readonly items: readonly T[]
}

/** kubectl in one namespace. */
interface Room {
  readonly must: (argv: readonly string[], input?: unknown) => Promise<string>
  readonly kubectl: (argv: readonly string[], input?: unknown) => Promise<Ended>
  readonly json: <T>(argv: readonly string[]) => Promise<T>
}

const image = { image: 'busybox', imagePullPolicy: 'IfNotPresent' }
const endsAtOnce = { terminationGracePeriodSeconds: 0 }
const isRunning = ({ metadata, status }: Pod) => status.phase === 'Running' && metadata.deletionTimestamp === undefined

let rooms = 0

async function inRoom(lab: TestLab, work: (room: Room) => Promise<void>): Promise<void> {
  const namespace = `lesson-${++rooms}`
  const text = (input: unknown) => (input === undefined ? '' : JSON.stringify(input))
  await lab.must(['create', 'namespace', namespace])
  try {
    await work({
      must: (argv, input) => lab.must(['-n', namespace, ...argv], patience.commandMs, text(input)),
      kubectl: (argv, input) => lab.kubectl(['-n', namespace, ...argv], patience.commandMs, text(input)),
      json: argv => lab.json(['-n', namespace, ...argv]),
    })
  } finally {
    await lab.kubectl(['delete', 'namespace', namespace, '--wait=false'])
  }
}

/** A workload of pods that run `script`. */
function workload(kind: 'Deployment' | 'DaemonSet', name: string, script: string, more: { readonly replicas?: number; readonly resources?: unknown } = {}): unknown {
  const { replicas, resources } = more
  return {
    apiVersion: 'apps/v1', kind, metadata: { name },
    spec: {
      ...(replicas === undefined ? {} : { replicas }), selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { ...endsAtOnce, containers: [{ name: 'c', ...image, command: ['sh', '-c', script], ...(resources === undefined ? {} : { resources }) }] } },
    },
  }
}

function onePod(name: string, resources?: unknown): unknown {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { ...endsAtOnce, containers: [{ name: 'c', ...image, command: ['sleep', '100000'], ...(resources === undefined ? {} : { resources }) }] } }
}

/** Defines the tests; the lab is there when they run. */
export function controllerLessons(lab: () => TestLab): void {
  describe.concurrent('side by side', () => {
    test('an autoscaler follows the cpu that pods really use, up and down again', async () => {
      await inRoom(lab(), async ({ must, json }) => {
        const burns = 'while true; do if [ -e /tmp/burn ]; then i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; else sleep 1; fi; done'
        await must(['apply', '-f', '-'], workload('Deployment', 'busy', burns, { replicas: 1, resources: { requests: { cpu: '50m' }, limits: { cpu: '300m' } } }))
        await must(['autoscale', 'deployment', 'busy', '--min=1', '--max=3', '--cpu-percent=60'])
        await must(['patch', 'hpa', 'busy', '--type=merge', '-p', '{"spec":{"behavior":{"scaleDown":{"stabilizationWindowSeconds":5}}}}'])
        await must(['rollout', 'status', 'deployment/busy', '--timeout=180s'])
        const [pod] = (await json<ListOf<Pod>>(['get', 'pods', '-l', 'app=busy'])).items
        await must(['exec', pod!.metadata.name, '--', 'touch', '/tmp/burn'])
        const scaler = () => json<HorizontalPodAutoscaler>(['get', 'hpa', 'busy'])
        const replicas = async () => (await json<{ status: { readyReplicas?: number } }>(['get', 'deployment', 'busy'])).status.readyReplicas
        const used = await eventually('usage above the target is seen', async () => {
          const percent = (await scaler()).status?.currentMetrics?.[0]?.resource?.current.averageUtilization
          return percent !== undefined && percent > 60 && percent
        })
        expect(used).toBeLessThanOrEqual(700) // 300m of 50m, and what measuring is off by
        await eventually('three pods run', async () => (await replicas()) === 3)
        expect(await must(['describe', 'hpa', 'busy'])).toMatch(/SuccessfulRescale.*cpu resource utilization \(percentage of request\) above target/)
        await must(['exec', pod!.metadata.name, '--', 'rm', '/tmp/burn'])
        await eventually('one pod is left', async () => (await replicas()) === 1)
        expect(await must(['describe', 'hpa', 'busy'])).toMatch(/SuccessfulRescale.*All metrics below target/)
      })
    })

    test('a disruption budget holds a drain, and lets go when enough pods are elsewhere', async () => {
      await inRoom(lab(), async ({ must, kubectl, json }) => {
        await must(['apply', '-f', '-'], workload('Deployment', 'guarded', 'sleep 100000', { replicas: 2 }))
        await must(['create', 'pdb', 'guarded', '--selector=app=guarded', '--min-available=2'])
        await must(['rollout', 'status', 'deployment/guarded', '--timeout=180s'])
        const pods = async () => (await json<ListOf<Pod>>(['get', 'pods', '-l', 'app=guarded'])).items.filter(isRunning)
        const node = (await pods())[0]!.spec.nodeName!
        const drain = (seconds: number) => kubectl(['drain', node, '--pod-selector=app=guarded', '--ignore-daemonsets', `--timeout=${seconds}s`])
        await eventually('the budget counts both pods', async () => (await must(['get', 'pdb', 'guarded', '-o', 'jsonpath={.status.currentHealthy}'])) === '2')
        try {
          const held = await drain(7)
          expect(held.code).toBe(1)
          expect(held.stderr).toMatch(/error when evicting pods\/"guarded-.*" .*\(will retry after 5s\): Cannot evict pod as it would violate the pod's disruption budget\./)
          await must(['scale', 'deployment', 'guarded', '--replicas=4'])
          await must(['rollout', 'status', 'deployment/guarded', '--timeout=180s'])
          expect((await drain(120)).stdout).toContain(`node/${node} drained`)
          await eventually('four pods run on the other node', async () => {
            const now = await pods()
            return now.length === 4 && now.every(({ spec }) => spec.nodeName !== node)
          })
        } finally {
          await must(['uncordon', node])
        }
      })
    })

    test('a job does each index once, two at a time; a cron job makes jobs by the clock and by hand', async () => {
      await inRoom(lab(), async ({ must, json }) => {
        await must(['create', 'cronjob', 'tick', '--image=busybox', '--schedule=* * * * *', '--', 'true'])
        await must(['apply', '-f', '-'], {
          apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'parts' },
          spec: { completions: 4, parallelism: 2, completionMode: 'Indexed', template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', ...image, command: ['sh', '-c', 'echo part $JOB_COMPLETION_INDEX; sleep 3'] }] } } },
        })
        await must(['create', 'job', 'by-hand', '--from=cronjob/tick'])
        await must(['wait', '--for=condition=Complete', 'job/parts', 'job/by-hand', '--timeout=180s'])
        const job = await json<Job>(['get', 'job', 'parts'])
        expect({ succeeded: job.status.succeeded, indexes: job.status.completedIndexes, failed: job.status.failed }).toEqual({ succeeded: 4, indexes: '0-3', failed: undefined })
        const pods = (await json<ListOf<Pod>>(['get', 'pods', '-l', 'batch.kubernetes.io/job-name=parts'])).items
        expect((await Promise.all(pods.map(({ metadata }) => must(['logs', metadata.name])))).sort()).toEqual([0, 1, 2, 3].map(index => `part ${index}`))
        const spans = pods.map(({ status }) => status.containerStatuses![0]!.state!.terminated!).map(({ startedAt, finishedAt }) => ({ from: Date.parse(startedAt!), to: Date.parse(finishedAt!) }))
        expect(Math.max(...spans.map(({ from }) => spans.filter(other => other.from <= from && from < other.to).length))).toBeLessThanOrEqual(2)

        const own = (await json<ListOf<Job>>(['get', 'jobs'])).items.find(({ metadata }) => metadata.name === 'by-hand')!
        expect(own.metadata.annotations?.['cronjob.kubernetes.io/instantiate']).toBe('manual')
        await eventually('the clock has made a job, which completed', async () => (await json<ListOf<Job>>(['get', 'jobs'])).items.some(({ metadata, status }) => metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'] !== undefined && status.succeeded === 1))
      })
    })

    test('what is over a quota or a limit is refused in the words of upstream', async () => {
      await inRoom(lab(), async ({ must, kubectl }) => {
        await must(['create', 'quota', 'small', '--hard=pods=1,requests.cpu=200m'])
        await must(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'most' }, spec: { limits: [{ type: 'Container', max: { memory: '64Mi' } }] } })
        const refused = async (pod: unknown) => {
          const ended = await kubectl(['create', '-f', '-'], pod)
          expect(ended.code).toBe(1)
          return ended.stderr.trim().replace(/^.*(?=pods ")/, '')
        }
        await eventually('the quota is counted', async () => (await must(['get', 'quota', 'small', '-o', 'jsonpath={.status.hard.pods}'])) === '1')
        expect(await refused(onePod('greedy'))).toBe('pods "greedy" is forbidden: failed quota: small: must specify requests.cpu for: c')
        expect(await refused(onePod('greedy', { requests: { cpu: '300m' } }))).toBe('pods "greedy" is forbidden: exceeded quota: small, requested: requests.cpu=300m, used: requests.cpu=0, limited: requests.cpu=200m')
        expect(await refused(onePod('greedy', { requests: { cpu: '100m' }, limits: { memory: '128Mi' } }))).toBe('pods "greedy" is forbidden: maximum memory usage per Container is 64Mi, but limit is 128Mi')
        await must(['create', '-f', '-'], onePod('modest', { requests: { cpu: '100m' } }))
        expect(await refused(onePod('second', { requests: { cpu: '100m' } }))).toBe('pods "second" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1')
      })
    })

    test('a raw disk is a device of its pod, and keeps what was written when the pod is made again', async () => {
      await inRoom(lab(), async ({ must }) => {
        await must(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'raw' }, spec: { volumeMode: 'Block', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '32Mi' } } } })
        const user = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'user' }, spec: { ...endsAtOnce, containers: [{ name: 'c', ...image, command: ['sleep', '100000'], volumeDevices: [{ name: 'raw', devicePath: '/dev/raw-disk' }] }], volumes: [{ name: 'raw', persistentVolumeClaim: { claimName: 'raw' } }] } }
        for (const text of ['printf kept | dd of=/dev/raw-disk bs=4 count=1 conv=fsync 2>/dev/null', 'true']) {
          await must(['apply', '-f', '-'], user)
          await must(['wait', '--for=condition=Ready', 'pod/user', '--timeout=180s'])
          await must(['exec', 'user', '--', 'sh', '-c', `[ -b /dev/raw-disk ] && ${text}`])
          expect(await must(['exec', 'user', '--', 'dd', 'if=/dev/raw-disk', 'bs=4', 'count=1'])).toBe('kept')
          await must(['delete', 'pod', 'user', '--wait'])
        }
        await must(['delete', 'pvc', 'raw', '--wait'])
      })
    })
  })

  test('a daemon set has a pod on a node that is added, and loses it with the node', { timeout: 900_000 }, async () => {
    await inRoom(lab(), async ({ must, json }) => {
      await must(['apply', '-f', '-'], workload('DaemonSet', 'agent', 'sleep 100000'))
      await must(['rollout', 'status', 'daemonset/agent', '--timeout=180s'])
      const places = async () => (await json<ListOf<Pod>>(['get', 'pods', '-l', 'app=agent'])).items.filter(isRunning).map(({ spec }) => spec.nodeName).sort()
      expect(await places()).toEqual(['node-1', 'node-2'])
      try {
        const added = await lab().kubarium(['node', 'add', 'node-3'], 600_000)
        expect(added.code, added.stderr).toBe(0)
        await eventually('its pod runs on node-3', async () => (await places()).includes('node-3'))
      } finally {
        await lab().kubarium(['node', 'remove', 'node-3'])
      }
      await eventually('the pod and the node are gone', async () => (await places()).length === 2 && (await json<ListOf<Node>>(['get', 'nodes'])).items.length === 2)
    })
  })
}
