/**
 * Stops containers and sandboxes.
 *
 *   PK1  A container's preStop hook runs first and its time counts against the grace period; at least 2 s are left for
 *        the container itself. A grace period of 0 or 1 skips the hook's wait.
 *   PK2  Sidecars stop after the regular containers have, in reverse order; the grace period is one for all.
 *   PK3  What is already gone is as good as stopped.
 */
import type { LifecycleHandler, Pod } from '../../../api/groups/core-v1/types.ts'
import { errorText } from '../../../base/log.ts'
import { isGrpcNotFound } from '../cri/remote-calls.ts'
import type { ObservedContainer, ObservedPod } from '../cri/observed-pod.ts'
import { fieldPathOf } from './container-starter.ts'
import { runHook } from './lifecycle-hooks.ts'
import { isSidecar } from '../../../machinery/kubelet/pod-conditions.ts'
import { containersOf, type AnyContainer } from './pod-containers.ts'
import type { PodDeps } from './pod-deps.ts'

const minimumStopSeconds = 2

export async function killContainer(pod: Pod, observed: ObservedPod, container: ObservedContainer, graceSeconds: number, message: string | undefined, deps: PodDeps): Promise<void> {
  const startedMs = deps.clock.monotonic()
  const spec = containersOf(pod).find(entry => entry.spec.name === container.name)
  deps.tell(pod, 'Normal', 'Killing', message ?? `Stopping container ${container.name}`, spec === undefined ? undefined : fieldPathOf(spec))
  const hook = spec?.spec.lifecycle?.preStop
  if (hook !== undefined && graceSeconds > 0 && spec !== undefined) {
    await preStop(pod, observed, container, hook, spec.spec, graceSeconds, deps)
  }
  const used = (deps.clock.monotonic() - startedMs) / 1_000
  const left = Math.max(graceSeconds === 0 ? 0 : minimumStopSeconds, Math.ceil(graceSeconds - used)) // PK1
  try {
    await deps.runtime.stopContainer(container.id, left)
  } catch (error) {
    if (!isGrpcNotFound(error)) throw error // PK3
  }
}

async function preStop(pod: Pod, observed: ObservedPod, container: ObservedContainer, hook: LifecycleHandler, spec: AnyContainer, graceSeconds: number, deps: PodDeps): Promise<void> {
  const podAddress = pod.spec.hostNetwork === true ? (deps.facts.hostAddresses[0] ?? '127.0.0.1') : (observed.addresses[0] ?? '')
  try {
    await runHook(hook, { containerId: container.id, container: spec, podAddress }, graceSeconds * 1_000, deps)
  } catch (error) {
    deps.tell(pod, 'Warning', 'FailedPreStopHook', `PreStopHook failed: ${errorText(error)}`)
  }
}

/** Stops all containers of a pod, then its sandboxes. */
export async function killPod(pod: Pod, observed: ObservedPod, graceSeconds: number, deps: PodDeps): Promise<void> {
  const startedMs = deps.clock.monotonic()
  const live = observed.containers.filter(container => container.state === 'running' || container.state === 'unknown')
  const sidecarNames = (pod.spec.initContainers ?? []).filter(isSidecar).map(container => container.name)
  const left = () => Math.max(graceSeconds === 0 ? 0 : 1, Math.ceil(graceSeconds - (deps.clock.monotonic() - startedMs) / 1_000))
  const stop = (container: ObservedContainer) => killContainer(pod, observed, container, left(), undefined, deps)
  await Promise.all(live.filter(container => !sidecarNames.includes(container.name)).map(stop))
  for (const name of sidecarNames.toReversed()) await Promise.all(live.filter(container => container.name === name).map(stop)) // PK2
  for (const sandbox of observed.sandboxes) await stopSandbox(sandbox.id, deps)
}

export async function stopSandbox(sandboxId: string, deps: Pick<PodDeps, 'runtime'>): Promise<void> {
  await deps.runtime.stopSandbox(sandboxId).catch(error => {
    if (!isGrpcNotFound(error)) throw error
  })
}

/** Removes everything the runtime keeps of a pod whose processes are gone. */
export async function removeFromRuntime(observed: ObservedPod, deps: Pick<PodDeps, 'runtime'>): Promise<void> {
  const ignoreMissing = (error: unknown) => {
    if (!isGrpcNotFound(error)) throw error
  }
  for (const container of observed.containers) await deps.runtime.removeContainer(container.id).catch(ignoreMissing)
  for (const sandbox of observed.sandboxes) await deps.runtime.removeSandbox(sandbox.id).catch(ignoreMissing)
}
