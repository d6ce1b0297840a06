import { beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { silentLog } from '../../../base/log.ts'
import { FakeRuntime } from '../cri/fake-runtime.ts'
import { sampleContainer, sampleObserved, samplePod } from '../pod-worker/sample-pods.ts'
import { countOutcome, newCounter } from './probe-counter.ts'
import { ProbeManager } from './probe-manager.ts'

describe('probe counter', () => {
  test('PB1 PB2 thresholds', () => {
    let counter = newCounter('readiness')
    expect(counter.verdict).toBe('failure')
    const seen = [true, true, false, true, true, false, false, false].map(success => (counter = countOutcome(counter, 'readiness', { successThreshold: 2, failureThreshold: 3 }, success)).verdict)
    expect(seen).toEqual(['failure', 'success', 'success', 'success', 'success', 'success', 'success', 'failure'])
  })

  test('PB3 a failed liveness probe rests', () => {
    expect(countOutcome(newCounter('liveness'), 'liveness', { failureThreshold: 1 }, false)).toMatchObject({ verdict: 'failure', rests: true })
    expect(countOutcome(newCounter('readiness'), 'readiness', { failureThreshold: 1 }, false).rests).toBe(false)
  })
})

describe('probe manager', () => {
  let clock: FakeClock
  let runtime: FakeRuntime
  let manager: ProbeManager
  let told: string[]
  let healthy: boolean
  const exec = { exec: { command: ['check'] } }

  beforeEach(() => {
    clock = new FakeClock()
    runtime = new FakeRuntime(clock)
    told = []
    healthy = true
    runtime.onExec = () => ({ exitCode: healthy ? 0 : 1, stdout: Buffer.from(healthy ? 'ok' : 'bad') })
    manager = new ProbeManager({ runtime, clock, log: silentLog, tell: (_pod, container, reason, message) => void told.push(`${container.name} ${reason} ${message}`), onVerdict: () => {} })
  })

  function follow(probes: object, containerId = 'main-0', started?: object) {
    const pod = samplePod({ containers: [{ name: 'main', image: 'web', ...probes }] }, started === undefined ? {} : { status: { containerStatuses: [{ name: 'main', image: '', imageID: '', restartCount: 0, ready: true, started: true, containerID: `containerd://${containerId}` }] } })
    const observed = sampleObserved([sampleContainer('main', 'running', { id: containerId, startedAtMs: clock.now() })])
    manager.follow(pod, observed, '127.0.0.1')
    return { verdicts: () => manager.verdicts(pod, observed), again: (isTerminating: boolean) => { manager.follow(pod, observed, '127.0.0.1', isTerminating) } }
  }

  test('PM2 PM1 liveness after its delay, every period, not before the startup probe succeeded', async () => {
    healthy = false
    const { verdicts } = follow({ startupProbe: { ...exec, periodSeconds: 2, failureThreshold: 10 }, livenessProbe: { ...exec, periodSeconds: 1, failureThreshold: 2 } })
    await clock.advance(5_000)
    expect(verdicts().startedIds.size + verdicts().liveness.size).toBe(0)
    healthy = true
    await clock.advance(2_000)
    expect(verdicts().started.has('main')).toBe(true)
    healthy = false
    await clock.advance(3_000)
    expect([...verdicts().liveness]).toEqual(['main-0'])
    expect(told.at(-1)).toBe('main Unhealthy Liveness probe failed: bad')
  })

  test('PM3 another container id begins anew', async () => {
    healthy = false
    follow({ livenessProbe: { ...exec, periodSeconds: 1, failureThreshold: 1 } })
    await clock.advance(2_000)
    expect(follow({ livenessProbe: { ...exec, periodSeconds: 1, failureThreshold: 1, initialDelaySeconds: 60 } }, 'main-1').verdicts().liveness.size).toBe(0)
  })

  test('PM4 what the API server says stands until the first verdict', () => {
    const probes = { readinessProbe: { ...exec, initialDelaySeconds: 30 }, startupProbe: { ...exec, initialDelaySeconds: 30 } }
    expect(follow(probes, 'main-0', {}).verdicts().readyIds.size).toBe(1)
    manager.forget('u1')
    expect(follow(probes).verdicts().readyIds.size).toBe(0)
  })

  test('PM5 a try that cannot be carried out is repeated twice and counts as nothing', async () => {
    let tries = 0
    runtime.onExec = () => {
      tries++
      throw new Error('no runtime')
    }
    const { verdicts } = follow({ livenessProbe: { ...exec, periodSeconds: 10, failureThreshold: 1 } })
    await clock.advance(1_000)
    expect([tries, verdicts().liveness.size]).toEqual([3, 0])
    expect(told).toEqual(['main Unhealthy Liveness probe errored: no runtime'])
  })

  test('PM6 a terminating pod keeps only readiness; nothing is left when it is forgotten', async () => {
    const { again } = follow({ livenessProbe: exec, readinessProbe: exec })
    expect(manager.snapshot()).toHaveLength(2)
    again(true)
    expect(manager.snapshot().map(entry => entry.kind)).toEqual(['readiness'])
    manager.forget('u1')
    await clock.advance(0)
    expect([manager.snapshot().length, clock.pendingTimers]).toEqual([0, 0])
  })
})
