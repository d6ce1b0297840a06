import { describe, expect, test } from 'vitest'
import { sampleContainer as c, sampleObserved as seen, samplePod } from '../pod-worker/sample-pods.ts'
import { isSame, podStatusOf, statusPatch, type PodStatusInput } from './pod-status.ts'

const nowMs = Date.UTC(2026, 0, 1)
const now = '2026-01-01T00:00:00Z'

function status(input: Partial<PodStatusInput> & Pick<PodStatusInput, 'observed'>) {
  const running = input.observed.containers.filter(container => container.state === 'running').map(container => container.id)
  return podStatusOf({ pod: samplePod(), failures: new Map(), startedIds: new Set(running), readyIds: new Set(running), messages: new Map(), isOver: false, hostAddresses: ['172.30.0.11'], nowMs, ...input })
}

const conditions = (value: ReturnType<typeof status>) => Object.fromEntries((value.conditions ?? []).map(entry => [entry.type, `${entry.status}${entry.reason === undefined ? '' : ` ${entry.reason}`}`]))

describe('container statuses', () => {
  test('CS1 what is not made yet waits', () => {
    expect(status({ observed: seen([], []) }).containerStatuses?.[0]).toMatchObject({ name: 'main', state: { waiting: { reason: 'ContainerCreating' } }, ready: false, restartCount: 0, image: 'web' })
    expect(status({ pod: samplePod({ initContainers: [{ name: 'i' }] }), observed: seen([]) }).containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'PodInitializing' } })
  })

  test('CS2 a failure to start shows as waiting, how it ended as lastState', () => {
    const value = status({ observed: seen([c('main', 'exited', { exitCode: 1 })]), failures: new Map([['main', { reason: 'CrashLoopBackOff', message: 'back-off 10s' }]]) })
    expect(value.containerStatuses?.[0]).toMatchObject({ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 1, reason: 'Error', containerID: 'containerd://main-0' } } })
    expect(value.phase).toBe('Running')
  })

  test('CS3 a running container tells how the one before ended', () => {
    const value = status({ observed: seen([c('main', 'running', { id: 'main-1', restartCount: 1 }), c('main', 'exited', { exitCode: 137, reason: 'OOMKilled' })]) })
    expect(value.containerStatuses?.[0]).toMatchObject({ restartCount: 1, ready: true, state: { running: {} }, lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } } })
  })

  test('CS4 ready wants started and the readiness probe', () => {
    expect(status({ observed: seen([c('main', 'running')]), readyIds: new Set() }).containerStatuses?.[0]).toMatchObject({ ready: false, started: true })
    expect(status({ observed: seen([c('main', 'running')]), startedIds: new Set() }).containerStatuses?.[0]).toMatchObject({ ready: false, started: false })
  })

  test('CS5 a container that was lost ended with 137', () => {
    const pod = samplePod({}, { status: { phase: 'Running', containerStatuses: [{ name: 'main', image: 'web', imageID: '', ready: true, restartCount: 2, state: { running: { startedAt: now } } }] } })
    expect(status({ pod, observed: seen([], []) }).containerStatuses?.[0]).toMatchObject({ restartCount: 2, lastState: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } } })
    expect(status({ pod, observed: seen([], []), isOver: true })).toMatchObject({ phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode: 137 } } }] })
  })

  test('CS6 restart counts never go down', () => {
    const pod = samplePod({}, { status: { containerStatuses: [{ name: 'main', image: 'web', imageID: '', ready: true, restartCount: 7 }] } })
    expect(status({ pod, observed: seen([c('main', 'running', { restartCount: 1 })]) }).containerStatuses?.[0]?.restartCount).toBe(7)
  })
})

describe('phase', () => {
  const phase = (restartPolicy: string, containers: Parameters<typeof seen>[0], isOver = false) => status({ pod: samplePod({ restartPolicy, containers: [{ name: 'a', image: 'web' }, { name: 'b', image: 'web' }] }), observed: seen(containers), isOver }).phase
  test('PH2 PH3 PH4', () => {
    expect(phase('Always', [])).toBe('Pending')
    expect(phase('Always', [c('a', 'running')])).toBe('Pending')
    expect(phase('Always', [c('a', 'running'), c('b', 'exited')])).toBe('Running')
    expect(phase('Always', [c('a', 'exited'), c('b', 'exited')])).toBe('Running')
    expect(phase('Never', [c('a', 'exited'), c('b', 'exited')])).toBe('Succeeded')
    expect(phase('Never', [c('a', 'exited'), c('b', 'exited', { exitCode: 1 })])).toBe('Failed')
    expect(phase('OnFailure', [c('a', 'exited'), c('b', 'exited', { exitCode: 1 })])).toBe('Running')
    expect(phase('Always', [c('a', 'exited'), c('b', 'exited')], true)).toBe('Succeeded')
    expect(phase('Always', [], true)).toBe('Failed')
  })

  test('PH1 a failed init container with Never fails the pod', () => {
    const pod = samplePod({ restartPolicy: 'Never', initContainers: [{ name: 'i', image: 'web' }] })
    expect(status({ pod, observed: seen([c('i', 'exited', { exitCode: 1 })]) }).phase).toBe('Failed')
    expect(status({ pod, observed: seen([c('i', 'running')]) }).phase).toBe('Pending')
  })

  test('PH5 a terminal phase stays', () => {
    expect(status({ pod: samplePod({}, { status: { phase: 'Succeeded' } }), observed: seen([c('main', 'running')]) }).phase).toBe('Succeeded')
  })
})

describe('conditions', () => {
  test('PC2 PC3 a running pod', () => {
    expect(conditions(status({ observed: seen([c('main', 'running')]) }))).toEqual({ PodReadyToStartContainers: 'True', Initialized: 'True', Ready: 'True', ContainersReady: 'True', PodScheduled: 'True' })
    expect(conditions(status({ observed: seen([], []) }))).toMatchObject({ PodReadyToStartContainers: 'False', Ready: 'False ContainersNotReady' })
  })

  test('PC2 initialisation', () => {
    const pod = samplePod({ initContainers: [{ name: 'i', image: 'web' }] })
    expect(status({ pod, observed: seen([c('i', 'running')]) }).conditions?.find(entry => entry.type === 'Initialized')).toMatchObject({ status: 'False', message: 'containers with incomplete status: [i]' })
  })

  test('PC3 readiness gates', () => {
    const gated = (value?: string) => samplePod({ readinessGates: [{ conditionType: 'x/y' }] }, { status: value === undefined ? {} : { conditions: [{ type: 'x/y', status: value }] } })
    expect(conditions(status({ pod: gated(), observed: seen([c('main', 'running')]) }))).toMatchObject({ Ready: 'False ReadinessGatesNotReady', ContainersReady: 'True' })
    expect(conditions(status({ pod: gated('True'), observed: seen([c('main', 'running')]) }))).toMatchObject({ Ready: 'True' })
  })

  test('PC4 a completed pod', () => {
    expect(conditions(status({ pod: samplePod({ restartPolicy: 'Never' }), observed: seen([c('main', 'exited')]) }))).toMatchObject({ Ready: 'False PodCompleted', Initialized: 'True PodCompleted' })
  })

  test('PC1 transition times move with the status only', () => {
    const old = '2025-12-31T00:00:00Z'
    const pod = samplePod({}, { status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: old }, { type: 'Initialized', status: 'False', lastTransitionTime: old }] } })
    const times = Object.fromEntries((status({ pod, observed: seen([c('main', 'running')]) }).conditions ?? []).map(entry => [entry.type, entry.lastTransitionTime]))
    expect([times['Ready'], times['Initialized']]).toEqual([old, now])
  })
})

describe('status patch', () => {
  test('nothing to say is no patch; others\' conditions are left alone', () => {
    const value = status({ observed: seen([c('main', 'running')]) })
    const pod = samplePod({}, { status: { ...value, conditions: [...(value.conditions ?? []), { type: 'x/y', status: 'True' }] } })
    expect(statusPatch(pod, value)).toBeUndefined()
  })

  test('only what changed, with the uid as precondition', () => {
    const before = status({ observed: seen([c('main', 'running')]), readyIds: new Set() })
    const after = status({ observed: seen([c('main', 'running')]) })
    const patch = statusPatch(samplePod({}, { status: before }), after) as { metadata: unknown; status: Record<string, unknown> }
    expect(patch.metadata).toEqual({ uid: 'u1' })
    expect(Object.keys(patch.status).sort()).toEqual(['conditions', 'containerStatuses'])
    expect(patch.status['conditions']).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True', reason: null, message: null }))
  })

  test('an address that is gone is taken out by name', () => {
    const value = status({ observed: seen([c('main', 'running')]) })
    const patch = statusPatch(samplePod({}, { status: { ...value, podIPs: [{ ip: '9.9.9.9' }] } }), value) as { status: Record<string, unknown> }
    expect(patch.status['podIPs']).toEqual([{ $patch: 'delete', ip: '9.9.9.9' }, { ip: '10.244.0.2' }])
  })

  test('equality forgives emptiness', () => {
    expect(isSame({ a: undefined, b: {} }, { c: [] })).toBe(true)
    expect(isSame({ a: 0 }, {})).toBe(false)
    expect(isSame([1], { 0: 1 })).toBe(false)
  })
})
