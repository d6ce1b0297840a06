/**
 * What to do next for a pod: spec + what the runtime shows + what probes say -> actions. Pure.
 *
 *   CA1  A pod has one ready sandbox; with none (or one without an address, or on the wrong network) a new one is made with
 *        the next attempt number, and the pod begins again from its first init container.
 *   CA2  No sandbox is made for a pod that has run and is not to run again.
 *   CA3  Init containers run one after another, each once it succeeded the next; a sidecar only has to have started.
 *   CA4  Once a regular container exists, ordinary init containers are over; sidecars are still restarted.
 *   CA5  Exited containers restart by restartPolicy; OnFailure only after a failure, Never never.
 *   CA6  A running container is replaced when its image or name changed, its liveness probe failed, or its startup probe
 *        failed; with restartPolicy Never the failed one is only killed.
 *   CA7  An ephemeral container is started once and never again.
 *   CA8  When no regular container runs or is to run, the pod is killed (sidecars with it); so too when an init container
 *        failed for good.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { newestOf, type ObservedContainer, type ObservedPod, type ObservedSandbox } from '../cri/observed-pod.ts'
import { isSidecar } from '../../../machinery/kubelet/pod-conditions.ts'
import { containerHash, restartPolicyOf, type PodContainer } from './pod-containers.ts'

/** Latest word of a container's probes; absent when it has no such probe. */
export interface ProbeVerdicts {
  readonly liveness: ReadonlySet<string>
  readonly startup: ReadonlySet<string>
  /** Containers that count as started (no startup probe, or it succeeded). */
  readonly started: ReadonlySet<string>
}

export interface ContainerKill {
  readonly container: ObservedContainer
  readonly reason: 'ContainerChanged' | 'LivenessProbe' | 'StartupProbe' | 'Unknown'
  readonly message: string
}

export interface PodActions {
  /** Stop everything: the pod is done, or its sandbox must go. */
  readonly killPod: boolean
  readonly createSandbox: boolean
  readonly sandboxId: string | undefined
  readonly attempt: number
  readonly kill: readonly ContainerKill[]
  readonly start: readonly PodContainer[]
}

export function computePodActions(pod: Pod, observed: ObservedPod, probes: ProbeVerdicts): PodActions {
  const newest = observed.sandboxes[0]
  const attempt = newest === undefined ? 0 : newest.attempt + 1
  if (needsSandbox(pod, observed, newest)) return actionsForNewSandbox(pod, observed, attempt)
  const sandbox = newest!
  const plan: Plan = { pod, observed, probes, sandbox, kill: [], start: [], waits: false, failed: false }
  planEphemeral(plan)
  planInit(plan)
  const isWaiting = plan.waits
  const keeps = isWaiting ? 0 : planRegular(plan)
  const isDone = plan.failed || (!isWaiting && keeps === 0 && !plan.start.some(entry => entry.role === 'regular'))
  if (isDone) return { killPod: true, createSandbox: false, sandboxId: sandbox.id, attempt, kill: [], start: [] } // CA8
  return { killPod: false, createSandbox: false, sandboxId: sandbox.id, attempt, kill: plan.kill, start: plan.start }
}

interface Plan {
  readonly pod: Pod
  readonly observed: ObservedPod
  readonly probes: ProbeVerdicts
  readonly sandbox: ObservedSandbox
  readonly kill: ContainerKill[]
  readonly start: PodContainer[]
  /** An init container is not finished: what follows must wait. */
  waits: boolean
  failed: boolean
}

function needsSandbox(pod: Pod, observed: ObservedPod, newest: ObservedSandbox | undefined): boolean {
  if (newest === undefined || !newest.isReady) return true
  if (observed.sandboxes.filter(sandbox => sandbox.isReady).length > 1) return true
  return pod.spec.hostNetwork !== true && observed.addresses.length === 0
}

function actionsForNewSandbox(pod: Pod, observed: ObservedPod, attempt: number): PodActions {
  const hasReady = observed.sandboxes.some(sandbox => sandbox.isReady)
  const nothing: PodActions = { killPod: true, createSandbox: false, sandboxId: observed.sandboxes[0]?.id, attempt, kill: [], start: [] }
  const policy = pod.spec.restartPolicy ?? 'Always'
  if (policy === 'Never' && attempt > 0 && observed.containers.length > 0) return nothing // CA2
  const regular = pod.spec.containers.map(spec => ({ role: 'regular' as const, spec }))
  const toStart = regular.filter(({ spec }) => !(policy === 'OnFailure' && hasSucceeded(newestOf(observed, spec.name))))
  if (toStart.length === 0 && hasRegularContainer(pod, observed)) return nothing // CA2
  const firstInit = pod.spec.initContainers?.[0]
  const start = firstInit === undefined ? toStart : [{ role: 'init' as const, spec: firstInit }]
  return { killPod: hasReady || observed.sandboxes.length > 0, createSandbox: true, sandboxId: undefined, attempt, kill: [], start } // CA1
}

function planEphemeral(plan: Plan): void {
  for (const spec of plan.pod.spec.ephemeralContainers ?? []) {
    if (newestOf(plan.observed, spec.name) === undefined) plan.start.push({ role: 'ephemeral', spec: spec as PodContainer['spec'] }) // CA7
  }
}

function planInit(plan: Plan): void {
  const initialised = plan.pod.spec.containers.some(spec => inSandbox(plan, spec.name) !== undefined) // CA4
  for (const spec of plan.pod.spec.initContainers ?? []) {
    const container: PodContainer = { role: 'init', spec }
    const status = inSandbox(plan, spec.name)
    if (isSidecar(spec)) planSidecar(plan, container, status)
    else if (!initialised) planOrdinaryInit(plan, container, status)
    if (plan.failed) return
    if (plan.waits && !initialised) return // CA3
    plan.waits = false
  }
}

function planSidecar(plan: Plan, container: PodContainer, status: ObservedContainer | undefined): void {
  if (status?.state === 'running') {
    const kill = reasonToKill(plan, container, status)
    if (kill === undefined) {
      plan.waits = !plan.probes.started.has(container.spec.name)
      return
    }
    plan.kill.push(kill)
  }
  plan.start.push(container)
  plan.waits = true
}

function planOrdinaryInit(plan: Plan, container: PodContainer, status: ObservedContainer | undefined): void {
  if (hasSucceeded(status)) return
  plan.waits = true
  if (status?.state === 'running') return
  if (status?.state === 'exited' && restartPolicyOf(plan.pod, container) === 'Never') {
    plan.failed = true // CA8
    return
  }
  if (status?.state === 'unknown') plan.kill.push({ container: status, reason: 'Unknown', message: `Init container is in "${status.state}" state, try killing it before restart` })
  plan.start.push(container)
}

/** Returns how many regular containers go on running. */
function planRegular(plan: Plan): number {
  let keeps = 0
  for (const spec of plan.pod.spec.containers) {
    const container: PodContainer = { role: 'regular', spec }
    const status = newestOf(plan.observed, spec.name)
    if (status?.state === 'running') {
      const kill = reasonToKill(plan, container, status)
      if (kill === undefined) {
        keeps++
        continue
      }
      plan.kill.push(kill)
      if (kill.reason === 'ContainerChanged' || restartPolicyOf(plan.pod, container) !== 'Never') plan.start.push(container)
      else keeps++
    } else if (shouldRestart(plan.pod, container, status)) { // CA5
      if (status?.state === 'unknown') plan.kill.push({ container: status, reason: 'Unknown', message: `Container is in "${status.state}" state, try killing it before restart` })
      plan.start.push(container)
    }
  }
  return keeps
}

function reasonToKill(plan: Plan, container: PodContainer, status: ObservedContainer): ContainerKill | undefined {
  const name = container.spec.name
  const kind = container.role === 'init' ? 'Init container' : 'Container'
  if (status.hash !== '' && status.hash !== containerHash(container.spec)) return { container: status, reason: 'ContainerChanged', message: `${kind} ${name} definition changed, will be restarted` }
  const ending = restartPolicyOf(plan.pod, container) === 'Never' ? '' : ', will be restarted'
  if (plan.probes.liveness.has(status.id)) return { container: status, reason: 'LivenessProbe', message: `${kind} ${name} failed liveness probe${ending}` } // CA6
  if (plan.probes.startup.has(status.id)) return { container: status, reason: 'StartupProbe', message: `${kind} ${name} failed startup probe${ending}` }
  return undefined
}

export function shouldRestart(pod: Pod, container: PodContainer, status: ObservedContainer | undefined): boolean {
  if (status === undefined || status.state === 'created' || status.state === 'unknown') return true
  if (status.state === 'running') return false
  const policy = restartPolicyOf(pod, container)
  return policy === 'Always' || (policy === 'OnFailure' && status.exitCode !== 0)
}

function hasSucceeded(status: ObservedContainer | undefined): boolean {
  return status?.state === 'exited' && status.exitCode === 0
}

function hasRegularContainer(pod: Pod, observed: ObservedPod): boolean {
  return pod.spec.containers.some(spec => newestOf(observed, spec.name) !== undefined)
}

/** A container of an older sandbox says nothing about this one's initialisation. */
function inSandbox(plan: Plan, name: string): ObservedContainer | undefined {
  return plan.observed.containers.find(container => container.name === name && container.sandboxId === plan.sandbox.id)
}
