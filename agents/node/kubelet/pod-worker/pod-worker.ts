/**
 * One pod's life on this node: a loop that looks at what runs, compares it with what is wanted, and takes the next steps.
 *
 *   PW1  Phases: syncing -> terminating -> terminated -> over; never back.
 *   PW2  A pod that is to end stops whatever step is under way (an image pull, a hook) and is not restarted any more.
 *   PW3  The status is published before and after each round of steps, so a long pull shows as ContainerCreating.
 *   PW4  A container's start that failed stands in the status until it is started; back-off ends by itself.
 *   PW5  Terminal status first, then the API object goes (grace 0, by uid), then everything of the pod on this node.
 *   PW6  A shorter grace period given while terminating applies at once.
 *   PW8  CRI may learn of a container's end later than we do: until it says so the pod is looked at again and again.
 *   PW7  A step that failed as a whole is tried again after 1 s, 2 s … 10 s, or when something changes.
 */
import { rm } from 'node:fs/promises'
import type { Pod, PodCondition } from '../../../api/groups/core-v1/types.ts'
import { pods } from '../../../api/resources.ts'
import { backoffMs } from '../../../base/backoff.ts'
import { sleep } from '../../../base/clock.ts'
import { durationText } from '../../../base/duration.ts'
import { errorText } from '../../../base/log.ts'
import { objectAttributes, spans, Wakers } from '../../../base/spans.ts'
import { podLogFolder } from '../cri/cri-names.ts'
import { emptyObservation, newestOf, type ObservedPod } from '../cri/observed-pod.ts'
import { podStatusOf } from '../status/pod-status.ts'
import type { StartFailure } from '../status/container-statuses.ts'
import { readTerminationMessage } from '../status/termination-message.ts'
import { computePodActions, type PodActions } from './compute-actions.ts'
import { fieldPathOf, runningFacts, startContainer } from './container-starter.ts'
import { collectDeadContainers } from './dead-containers.ts'
import { containerHash, containersOf, isTerminalPhase, podIdentity, podText, type PodContainer } from './pod-containers.ts'
import type { PodDeps } from './pod-deps.ts'
import { killContainer, killPod, removeFromRuntime, stopSandbox } from './pod-killer.ts'
import { RestartBackoff } from './restart-backoff.ts'
import { checkDevices, checkNetwork, createSandbox, sandboxConfigFor } from './sandbox-starter.ts'
import { StartError } from './start-error.ts'

export type WorkerPhase = 'syncing' | 'terminating' | 'terminated' | 'over'

const resyncMs = 60_000
const errorRetryMs = 10_000
/** The pod network of a node that has just come up is there within seconds. */
const networkRetryMs = 1_000

export interface KubeletEnding {
  readonly reason: string
  readonly message: string
  readonly condition?: PodCondition
  readonly graceSeconds?: number
}

export class PodWorker {
  readonly uid: string
  readonly #deps: PodDeps
  readonly #backoff = new RestartBackoff()
  readonly #failures = new Map<string, StartFailure>()
  readonly #messages = new Map<string, string>()
  #pod: Pod
  #phase: WorkerPhase = 'syncing'
  #isGone = false
  #ending: KubeletEnding | undefined
  #observed: ObservedPod
  #step = new AbortController()
  #wake = Promise.withResolvers<void>()
  #timer: Disposable | undefined
  readonly #wakers = new Wakers()
  #lastError: string | undefined
  #errorsInRow = 0
  #volumesAtMs = -Infinity
  #volumePaths: ReadonlyMap<string, string> = new Map()
  #graceUsed = Infinity
  /** Tasks that ended and that CRI may still call running (it learns of it by the same event), with how often we looked. */
  readonly #endedTasks = new Map<string, number>()
  readonly finished: Promise<void>

  constructor(pod: Pod, deps: PodDeps, signal: AbortSignal) {
    this.uid = pod.metadata.uid
    this.#pod = pod
    this.#deps = deps
    this.#observed = emptyObservation(podIdentity(pod))
    if (pod.metadata.deletionTimestamp !== undefined) this.#phase = 'terminating'
    this.finished = this.#run(signal)
    this.wake()
  }

  get pod(): Pod {
    return this.#pod
  }

  get phase(): WorkerPhase {
    return this.#phase
  }

  get observed(): ObservedPod {
    return this.#observed
  }

  /** The API server let go of the pod before this worker was over. */
  get wasRemovedFirst(): boolean {
    return this.#isGone
  }

  get volumePaths(): ReadonlyMap<string, string> {
    return this.#volumePaths
  }

  /** What this worker knows and waits for. */
  snapshot(): Record<string, unknown> {
    return {
      pod: podText(this.#pod), phase: this.#phase, failures: Object.fromEntries(this.#failures), lastError: this.#lastError ?? null,
      sandboxes: this.#observed.sandboxes, containers: this.#observed.containers.map(({ id, name, state, restartCount, exitCode }) => ({ id, name, state, restartCount, exitCode })),
    }
  }

  /** The API server's newest word on the pod. */
  update(pod: Pod): void {
    this.#pod = pod
    if (pod.metadata.deletionTimestamp !== undefined) this.#terminate()
    this.wake()
  }

  /** The API server no longer has the pod, without our having asked. */
  gone(): void {
    this.#isGone = true
    this.#terminate()
    this.wake()
  }

  /** Ends the pod for the kubelet's own reasons, such as eviction. */
  endBy(ending: KubeletEnding): void {
    this.#ending ??= ending
    this.#terminate()
    this.wake()
  }

  wake(): void {
    this.#wakers.note()
    this.#wake.resolve()
  }

  /** The process of one of the pod's containers or sandboxes has ended. */
  taskEnded(runtimeId: string): void {
    this.#endedTasks.set(runtimeId, 0)
    this.wake()
  }

  #terminate(): void {
    if (this.#phase === 'syncing') this.#phase = 'terminating'
    this.#step.abort(new Error('the pod is being terminated')) // PW2
    const grace = this.#graceSeconds()
    if (this.#phase === 'terminating' && grace < this.#graceUsed && this.#graceUsed !== Infinity) this.#hasten(grace) // PW6
  }

  #hasten(graceSeconds: number): void {
    this.#graceUsed = graceSeconds
    for (const container of this.#observed.containers) {
      if (container.state === 'running') void this.#deps.runtime.stopContainer(container.id, graceSeconds).catch(() => {})
    }
  }

  #graceSeconds(): number {
    const asked = this.#ending?.graceSeconds ?? this.#pod.metadata.deletionGracePeriodSeconds ?? this.#pod.spec.terminationGracePeriodSeconds ?? 30
    return Math.max(1, asked)
  }

  async #run(signal: AbortSignal): Promise<void> {
    const ended = aborted(signal)
    while (!signal.aborted && this.#phase !== 'over') {
      await Promise.race([this.#wake.promise, ended])
      if (signal.aborted) return
      this.#wake = Promise.withResolvers()
      this.#timer?.[Symbol.dispose]()
      try {
        await (spans.on ? this.#watchedRound() : this.#round())
        this.#lastError = undefined
        this.#errorsInRow = 0
      } catch (error) {
        this.#failed(error)
      }
    }
    this.#timer?.[Symbol.dispose]()
  }

  #failed(error: unknown): void {
    if (this.#step.signal.aborted && this.#phase !== 'syncing') {
      this.wake() // the step was cut short on purpose
      return
    }
    this.#lastError = errorText(error)
    this.#deps.log.warn('pod could not be synced', { pod: podText(this.#pod), phase: this.#phase, error: this.#lastError })
    this.#wakeIn(this.#lastError.startsWith('network is not ready') ? networkRetryMs : backoffMs({ firstMs: 1_000, maxMs: errorRetryMs }, ++this.#errorsInRow)) // PW7
  }

  #wakeIn(delayMs: number): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = this.#deps.clock.after(Math.max(0, delayMs), () => { this.wake() })
  }

  async #watchedRound(): Promise<void> {
    const wakers = this.#wakers.take()
    const span = spans.begin({ name: 'sync', parent: wakers[0] ?? null, links: wakers, attributes: { ...objectAttributes(pods, this.#pod.metadata), 'pod.phase': this.#phase } })
    try {
      await spans.within(span.context, () => this.#round())
      span.end()
    } catch (error) {
      span.end({ error: errorText(error) })
      throw error
    }
  }

  async #round(): Promise<void> {
    this.#step = new AbortController()
    if (this.#phase === 'syncing') await this.#sync(this.#step.signal)
    if (this.#phase === 'terminating') await this.#stop()
    if (this.#phase === 'terminated') await this.#finish()
  }

  async #look(): Promise<ObservedPod> {
    this.#observed = await this.#deps.observer.observe(podIdentity(this.#pod))
    for (const { id } of [...this.#observed.sandboxes, ...this.#observed.containers]) this.#deps.noteOwner(id, this.uid)
    for (const container of this.#observed.containers) {
      if (container.state === 'exited' && !this.#messages.has(container.id)) this.#messages.set(container.id, await readTerminationMessage(container))
    }
    this.#checkEndedTasks()
    const present = new Set(this.#observed.containers.map(container => container.id))
    for (const id of this.#messages.keys()) if (!present.has(id)) this.#messages.delete(id)
    this.#deps.probes.follow(this.#pod, this.#observed, this.#deps.facts.hostAddresses[0] ?? '127.0.0.1', this.#phase !== 'syncing')
    return this.#observed
  }

  #checkEndedTasks(): void {
    const { containers, sandboxes } = this.#observed
    const lives = (id: string) => containers.some(container => container.id === id && container.state === 'running') || sandboxes.some(sandbox => sandbox.id === id && sandbox.isReady)
    for (const [id, looks] of this.#endedTasks) {
      if (!lives(id) || looks > 8) this.#endedTasks.delete(id)
      else this.#endedTasks.set(id, looks + 1)
    }
  }

  /** When to look again for the ends that CRI does not know yet (PW8). */
  #endedTaskDelayMs(): number {
    return Math.min(Infinity, ...[...this.#endedTasks.values()].map(looks => 25 * 2 ** looks))
  }

  #publish(isOver: boolean): void {
    const basis = this.#deps.statuses.basis(this.#pod)
    const { startedIds, readyIds } = this.#deps.probes.verdicts(this.#pod, this.#observed)
    const status = podStatusOf({
      pod: basis, observed: this.#observed, failures: this.#failures, startedIds, readyIds, messages: this.#messages, isOver,
      hostAddresses: this.#deps.facts.hostAddresses, nowMs: this.#deps.clock.now(),
      ended: this.#ending, ...(this.#ending?.condition === undefined ? {} : { extraConditions: [this.#ending.condition] }),
    })
    this.#deps.statuses.publish(this.uid, status)
  }

  async #sync(signal: AbortSignal): Promise<void> {
    if (isTerminalPhase(this.#pod.status.phase)) {
      this.#phase = 'terminating'
      return
    }
    const observed = await this.#look()
    if (this.#isPastDeadline()) return
    const actions = computePodActions(this.#pod, observed, this.#deps.probes.verdicts(this.#pod, observed))
    this.#publish(false) // PW3
    if (actions.killPod && !actions.createSandbox) {
      this.#phase = 'terminating'
      return
    }
    const retryAtMs = await this.#apply(actions, signal)
    if (actions.createSandbox || actions.start.length > 0 || actions.kill.length > 0) {
      await this.#look()
      this.#publish(false)
      if (this.#hasMoreToStart()) this.wake()
    }
    await collectDeadContainers(this.#pod, this.#observed, this.#deps)
    const nowMs = this.#deps.clock.now()
    this.#wakeIn(Math.min(resyncMs * (1 + 0.2 * this.#deps.random.next()), this.#endedTaskDelayMs(), retryAtMs - nowMs, this.#deadlineMs() - nowMs))
  }

  #deadlineMs(): number {
    const seconds = this.#pod.spec.activeDeadlineSeconds
    const startTime = this.#deps.statuses.basis(this.#pod).status.startTime
    return seconds === undefined || startTime === undefined ? Infinity : Date.parse(startTime) + seconds * 1_000
  }

  #isPastDeadline(): boolean {
    if (this.#deps.clock.now() < this.#deadlineMs()) return false
    this.#deps.tell(this.#pod, 'Normal', 'DeadlineExceeded', 'Pod was active on the node longer than the specified deadline')
    this.#ending = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' }
    this.#phase = 'terminating'
    return true
  }

  /** Returns when to try again what is backing off. */
  async #apply(actions: PodActions, signal: AbortSignal): Promise<number> {
    const pod = this.#pod
    await this.#ensureVolumes(actions.createSandbox || actions.start.length > 0)
    for (const { container, message, reason } of actions.kill) {
      const spec = containersOf(pod).find(entry => entry.spec.name === container.name)?.spec
      const probe = reason === 'LivenessProbe' ? spec?.livenessProbe : reason === 'StartupProbe' ? spec?.startupProbe : undefined
      await killContainer(pod, this.#observed, container, probe?.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30, message, this.#deps)
    }
    if (actions.createSandbox) {
      checkNetwork(pod, this.#deps)
      checkDevices(pod, this.#deps)
      if (actions.killPod) await this.#stopOldSandbox()
      await this.#deps.cgroups.ensure(pod)
      await createSandbox(pod, actions.attempt, this.#deps, signal)
      await this.#look()
    } else if (actions.kill.length > 0) await this.#look()
    return this.#startAll(actions.start, signal)
  }

  async #stopOldSandbox(): Promise<void> {
    const live = this.#observed.containers.filter(container => container.state === 'running')
    if (live.length > 0 || this.#observed.sandboxes.some(sandbox => sandbox.isReady)) {
      this.#deps.tell(this.#pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
      await killPod(this.#pod, this.#observed, this.#pod.spec.terminationGracePeriodSeconds ?? 30, this.#deps)
      return
    }
    this.#deps.tell(this.#pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
    for (const sandbox of this.#observed.sandboxes) await stopSandbox(sandbox.id, this.#deps)
  }

  async #ensureVolumes(isNeeded: boolean): Promise<void> {
    const nowMs = this.#deps.clock.monotonic()
    if (!isNeeded && nowMs - this.#volumesAtMs < resyncMs) return
    const span = spans.on ? spans.begin({ name: 'volumes', attributes: { ...objectAttributes(pods, this.#pod.metadata), 'pod.volumes': (this.#pod.spec.volumes ?? []).map(({ name }) => name) } }) : undefined
    try {
      this.#volumePaths = await this.#deps.volumes.ensure(this.#pod, runningFacts(this.#deps, this.#observed.addresses, this.#pod))
      this.#volumesAtMs = nowMs
      span?.end()
    } catch (error) {
      span?.end({ error: errorText(error) })
      this.#deps.tell(this.#pod, 'Warning', 'FailedMount', `MountVolume.SetUp failed: ${errorText(error)}`)
      throw error
    }
  }

  async #startAll(containers: readonly PodContainer[], signal: AbortSignal): Promise<number> {
    let retryAtMs = Infinity
    const sandbox = this.#observed.sandboxes[0]
    if (sandbox === undefined) return retryAtMs
    const sandboxConfig = await sandboxConfigFor(this.#pod, sandbox.attempt, this.#deps)
    for (const container of containers) {
      const name = container.spec.name
      try {
        this.#checkBackoff(container)
        await startContainer({ pod: this.#pod, container, observed: this.#observed, sandboxId: sandbox.id, sandboxConfig, podAddresses: this.#observed.addresses, volumePaths: this.#volumePaths, signal }, this.#deps)
        this.#failures.delete(name)
      } catch (error) {
        if (signal.aborted || !(error instanceof StartError)) throw error
        this.#failures.set(name, { reason: error.reason, message: error.message }) // PW4
        retryAtMs = Math.min(retryAtMs, error.retryAtMs ?? this.#deps.clock.now() + errorRetryMs)
      }
    }
    return retryAtMs
  }

  #checkBackoff(container: PodContainer): void {
    const newest = newestOf(this.#observed, container.spec.name)
    if (newest?.state !== 'exited') return
    const key = `${container.spec.name}|${containerHash(container.spec)}`
    const nowMs = this.#deps.clock.now()
    const until = this.#backoff.blockedUntil(key, newest.finishedAtMs, nowMs)
    if (until === undefined) {
      this.#backoff.attempted(key, nowMs)
      return
    }
    this.#deps.tell(this.#pod, 'Warning', 'BackOff', `Back-off restarting failed container ${container.spec.name} in pod ${podText(this.#pod)}`, fieldPathOf(container))
    throw new StartError('CrashLoopBackOff', `back-off ${durationText(this.#backoff.delayMs(key))} restarting failed container=${container.spec.name} pod=${podText(this.#pod)}`, until)
  }

  /** An init container that ended while another was started, or the first regular ones after the last init container. */
  #hasMoreToStart(): boolean {
    const next = computePodActions(this.#pod, this.#observed, this.#deps.probes.verdicts(this.#pod, this.#observed))
    return next.start.some(({ spec }) => !this.#failures.has(spec.name)) || (next.killPod && !next.createSandbox)
  }

  async #stop(): Promise<void> {
    let observed = await this.#look()
    this.#graceUsed = this.#graceSeconds()
    this.#publish(false)
    await killPod(this.#pod, observed, this.#graceUsed, this.#deps)
    observed = await this.#look()
    const alive = observed.containers.filter(container => container.state === 'running')
    if (alive.length > 0) throw new Error(`containers are still running: ${alive.map(container => container.name).join(', ')}`)
    this.#phase = 'terminated'
    this.#deps.probes.forget(this.uid)
    this.#publish(true)
    await this.#deps.volumes.unmountAll(this.uid)
  }

  async #finish(): Promise<void> {
    if (this.#pod.metadata.deletionTimestamp === undefined && !this.#isGone) {
      await collectDeadContainers(this.#pod, this.#observed, this.#deps)
      return // a finished pod stays until somebody deletes it
    }
    if (!this.#isGone) {
      await this.#deps.statuses.flushed(this.uid)
      await this.#deps.deletePod(this.#pod) // PW5
    }
    const observed = await this.#look()
    await removeFromRuntime(observed, this.#deps)
    await this.#deps.volumes.remove(this.uid)
    await this.#deps.cgroups.remove(this.uid)
    await rm(podLogFolder(this.#deps.facts.logsRoot, podIdentity(this.#pod)), { recursive: true, force: true })
    this.#phase = 'over'
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
}

/** For callers that must not wait for ever on a pod. */
export async function waitUntilOver(worker: PodWorker, deps: Pick<PodDeps, 'clock'>, limitMs: number): Promise<boolean> {
  return Promise.race([worker.finished.then(() => true), sleep(deps.clock, limitMs).then(() => false)])
}
