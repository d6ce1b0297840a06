/**
 * Runs the probes of every running container and keeps their latest verdicts.
 *
 *   PM1  Liveness and readiness wait until the startup probe has succeeded; the startup probe then never runs again.
 *   PM2  Each probe runs every periodSeconds, first after initialDelaySeconds from the container's start.
 *   PM3  A verdict belongs to one container id; a restarted container begins anew.
 *   PM4  After a kubelet restart the API server's word on started and ready stands until the first verdict.
 *   PM5  A try that could not be carried out is repeated twice at once and then counts as nothing.
 *   PM6  A pod that is being terminated keeps only its readiness probes.
 */
import type { Pod, Probe } from '../../../api/groups/core-v1/types.ts'
import { pods } from '../../../api/resources.ts'
import type { Clock } from '../../../base/clock.ts'
import { faultPoints } from '../../../base/fault-points.ts'
import { errorText, type Log } from '../../../base/log.ts'
import { objectAttributes, spans } from '../../../base/spans.ts'
import type { ObservedPod } from '../cri/observed-pod.ts'
import type { Runtime } from '../cri/runtime.ts'
import type { ProbeVerdicts } from '../pod-worker/compute-actions.ts'
import { containersOf, type AnyContainer } from '../pod-worker/pod-containers.ts'
import { attemptProbe } from './probe-attempt.ts'
import { countOutcome, newCounter, type ProbeCounter, type ProbeKind } from './probe-counter.ts'

export interface ProbeManagerDeps {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly log: Log
  tell(pod: Pod, container: AnyContainer, reason: string, message: string): void
  onVerdict(podUid: string): void
}

export interface PodProbes extends ProbeVerdicts {
  readonly startedIds: ReadonlySet<string>
  readonly readyIds: ReadonlySet<string>
}

interface Watched {
  readonly kind: ProbeKind
  readonly containerId: string
  readonly startedAtMs: number
  pod: Pod
  container: AnyContainer
  probe: Probe
  podAddress: string
  counter: ProbeCounter
  timer: Disposable | undefined
  isRunning: boolean
  isOver: boolean
}

const probeFault = faultPoints.define({ name: 'kubelet.probe', help: 'A probe that is about to run. hold: it never ends; change: its outcome is the value, success or failure, without a try.', attributes: ['kind', 'namespace', 'pod', 'container'], effects: ['delay', 'hold', 'change'] })

const specOf = { liveness: 'livenessProbe', readiness: 'readinessProbe', startup: 'startupProbe' } as const
const kinds: readonly ProbeKind[] = ['startup', 'liveness', 'readiness']

export class ProbeManager {
  readonly #deps: ProbeManagerDeps
  readonly #pods = new Map<string, Map<string, Watched>>()

  constructor(deps: ProbeManagerDeps) {
    this.#deps = deps
  }

  /** Makes the set of probes fit what runs now. */
  follow(pod: Pod, observed: ObservedPod, hostAddress: string, isTerminating = false): void {
    const uid = pod.metadata.uid
    const watched = this.#pods.get(uid) ?? new Map<string, Watched>()
    const wanted = new Set<string>()
    const podAddress = pod.spec.hostNetwork === true ? hostAddress : (observed.addresses[0] ?? '')
    for (const { role, spec } of containersOf(pod)) {
      const running = observed.containers.find(container => container.name === spec.name && container.state === 'running')
      if (running === undefined || role === 'ephemeral') continue
      for (const kind of kinds) {
        const probe = spec[specOf[kind]]
        if (probe === undefined || (isTerminating && kind !== 'readiness')) continue // PM6
        const key = `${kind}|${running.id}`
        wanted.add(key)
        const known = watched.get(key)
        if (known === undefined) watched.set(key, this.#start({ kind, containerId: running.id, startedAtMs: running.startedAtMs, pod, container: spec, probe, podAddress }))
        else Object.assign(known, { pod, container: spec, probe, podAddress })
      }
    }
    for (const [key, probe] of watched) {
      if (wanted.has(key)) continue
      this.#stop(probe)
      watched.delete(key)
    }
    if (watched.size > 0) this.#pods.set(uid, watched)
    else this.#pods.delete(uid)
  }

  forget(podUid: string): void {
    for (const probe of this.#pods.get(podUid)?.values() ?? []) this.#stop(probe)
    this.#pods.delete(podUid)
  }

  verdicts(pod: Pod, observed: ObservedPod): PodProbes {
    const watched = this.#pods.get(pod.metadata.uid)
    const result = { liveness: new Set<string>(), startup: new Set<string>(), started: new Set<string>(), startedIds: new Set<string>(), readyIds: new Set<string>() }
    for (const { spec } of containersOf(pod)) {
      const running = observed.containers.find(container => container.name === spec.name && container.state === 'running')
      if (running === undefined) continue
      const verdict = (kind: ProbeKind) => watched?.get(`${kind}|${running.id}`)?.counter.verdict
      if (verdict('liveness') === 'failure') result.liveness.add(running.id)
      if (verdict('startup') === 'failure') result.startup.add(running.id)
      const started = spec.startupProbe === undefined || verdict('startup') === 'success'
      if (started) {
        result.started.add(spec.name)
        result.startedIds.add(running.id)
      }
      if (started && (spec.readinessProbe === undefined || verdict('readiness') === 'success')) result.readyIds.add(running.id)
    }
    return result
  }

  /** For inspection. */
  snapshot(): readonly { pod: string; container: string; kind: ProbeKind; verdict: string; run: number }[] {
    return [...this.#pods.values()].flatMap(watched =>
      [...watched.values()].map(({ pod, container, kind, counter }) => ({ pod: `${pod.metadata.namespace}/${pod.metadata.name}`, container: container.name, kind, verdict: counter.verdict, run: counter.run })),
    )
  }

  #start(spec: Omit<Watched, 'counter' | 'timer' | 'isRunning' | 'isOver'>): Watched {
    const watched: Watched = { ...spec, counter: inheritedCounter(spec), timer: undefined, isRunning: false, isOver: false }
    const sinceStart = this.#deps.clock.now() - spec.startedAtMs
    this.#schedule(watched, Math.max(0, (spec.probe.initialDelaySeconds ?? 0) * 1_000 - sinceStart)) // PM2
    return watched
  }

  #stop(watched: Watched): void {
    watched.isOver = true
    watched.timer?.[Symbol.dispose]()
  }

  #schedule(watched: Watched, delayMs: number): void {
    watched.timer?.[Symbol.dispose]()
    if (!watched.isOver) watched.timer = this.#deps.clock.after(delayMs, () => void this.#tick(watched))
  }

  async #tick(watched: Watched): Promise<void> {
    if (watched.isOver || watched.isRunning || watched.counter.rests) return
    if (watched.kind === 'startup' && watched.counter.verdict === 'success') return // PM1
    const periodMs = (watched.probe.periodSeconds ?? 10) * 1_000
    const dueMs = this.#deps.clock.monotonic() + periodMs
    if (this.#isGated(watched)) {
      this.#schedule(watched, periodMs)
      return
    }
    watched.isRunning = true
    await this.#attempt(watched).catch(error => { this.#deps.log.error('probe failed to run', { error: errorText(error) }) })
    watched.isRunning = false
    this.#schedule(watched, Math.max(100, dueMs - this.#deps.clock.monotonic()))
  }

  #isGated(watched: Watched): boolean {
    if (watched.kind === 'startup' || watched.container.startupProbe === undefined) return false
    const startup = this.#pods.get(watched.pod.metadata.uid)?.get(`startup|${watched.containerId}`)
    return startup !== undefined && startup.counter.verdict !== 'success' // PM1
  }

  async #attempt(watched: Watched): Promise<void> {
    const span = spans.on ? spans.begin({ name: 'probe', parent: null, attributes: { ...objectAttributes(pods, watched.pod.metadata), 'probe.kind': watched.kind, 'probe.container': watched.container.name } }) : undefined
    const outcome = await this.#tryThrice(watched)
    const verdict = outcome === undefined ? 'unknown' : outcome.success ? 'success' : 'failure'
    span?.end({ attributes: { 'probe.outcome': verdict }, error: outcome?.success === false ? outcome.output : undefined })
    if (outcome === undefined || watched.isOver) return
    const before = watched.counter.verdict
    watched.counter = countOutcome(watched.counter, watched.kind, watched.probe, outcome.success)
    if (!outcome.success) this.#deps.tell(watched.pod, watched.container, 'Unhealthy', `${title(watched.kind)} probe failed: ${outcome.output}`)
    if (watched.counter.verdict === before) return
    this.#deps.log.info('probe verdict changed', { pod: watched.pod.metadata.name, namespace: watched.pod.metadata.namespace, container: watched.container.name, probe: watched.kind, verdict: watched.counter.verdict })
    if (watched.kind === 'startup' && watched.counter.verdict === 'success') this.#release(watched)
    spans.within(span?.context, () => { this.#deps.onVerdict(watched.pod.metadata.uid) })
  }

  /** The startup probe has succeeded: the others need not wait out their period. */
  #release(startup: Watched): void {
    for (const other of this.#pods.get(startup.pod.metadata.uid)?.values() ?? []) {
      if (other.containerId === startup.containerId && other.kind !== 'startup') this.#schedule(other, 0)
    }
  }

  async #tryThrice(watched: Watched): Promise<{ success: boolean; output: string } | undefined> {
    let failure: unknown
    if (probeFault.rules !== undefined) {
      const { kind, container, pod: { metadata } } = watched
      const rule = await probeFault.meet({ kind, container: container.name, pod: metadata.name, namespace: metadata.namespace })
      if (rule?.effect === 'change') return { success: rule.parameters['value'] === 'success', output: 'said so on purpose' }
    }
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        return await attemptProbe(watched.probe, watched, (watched.probe.timeoutSeconds ?? 1) * 1_000, this.#deps.runtime)
      } catch (error) {
        failure = error
        if (watched.isOver) return undefined
      }
    }
    this.#deps.tell(watched.pod, watched.container, 'Unhealthy', `${title(watched.kind)} probe errored: ${errorText(failure)}`) // PM5
    return undefined
  }
}

function inheritedCounter({ kind, pod, container, containerId }: Pick<Watched, 'kind' | 'pod' | 'container' | 'containerId'>): ProbeCounter {
  const fresh = newCounter(kind)
  const known = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])].find(status => status.name === container.name)
  if (known?.containerID !== `containerd://${containerId}`) return fresh
  if ((kind === 'startup' && known.started === true) || (kind === 'readiness' && known.ready)) return { ...fresh, verdict: 'success' } // PM4
  return fresh
}

function title(kind: ProbeKind): string {
  return kind[0]!.toUpperCase() + kind.slice(1)
}
