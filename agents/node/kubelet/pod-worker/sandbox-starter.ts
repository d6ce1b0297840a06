/** Makes a pod's sandbox, and says in events why it could not. */
import { mkdir } from 'node:fs/promises'
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { errorText } from '../../../base/log.ts'
import type { PodSandboxConfig } from '../../../wire/cri/cri-sandbox-messages.ts'
import type { Sparse } from '../../../wire/grpc/message-codec.ts'
import { podLogFolder } from '../cri/cri-names.ts'
import { podResolverConfig } from './dns-config.ts'
import { podIdentity } from './pod-containers.ts'
import type { PodDeps } from './pod-deps.ts'
import { sandboxConfigOf, sandboxHostname } from './sandbox-config.ts'

export async function sandboxConfigFor(pod: Pod, attempt: number, deps: PodDeps): Promise<Sparse<PodSandboxConfig>> {
  return sandboxConfigOf(pod, {
    attempt,
    logFolder: podLogFolder(deps.facts.logsRoot, podIdentity(pod)),
    cgroupDriver: deps.facts.cgroupDriver,
    resolver: podResolverConfig(pod, await deps.facts.hostResolver(), deps.facts.clusterDns),
    hostname: sandboxHostname(pod, deps.facts.clusterDns.domain).hostname,
  })
}

/** Throws while pods cannot have a network of their own: neither making nor taking down a sandbox would work. */
export function checkNetwork(pod: Pod, deps: Pick<PodDeps, 'networkProblem' | 'tell'>): void {
  const problem = pod.spec.hostNetwork === true ? undefined : deps.networkProblem()
  if (problem === undefined) return
  deps.tell(pod, 'Warning', 'NetworkNotReady', `network is not ready: ${problem}`)
  throw new Error(`network is not ready: ${problem}`)
}

/** Throws for a pod that was given devices: their drivers would have to prepare them, and none can register here. */
export function checkDevices(pod: Pod, deps: Pick<PodDeps, 'tell'>): void {
  const claims = [...(pod.spec.resourceClaims ?? []).map(({ name }) => name), ...(pod.status.extendedResourceClaimStatus === undefined ? [] : [pod.status.extendedResourceClaimStatus.resourceClaimName])]
  if (claims.length === 0) return
  const problem = `prepare dynamic resources: no DRA driver is registered on this node for the claims ${claims.join(', ')}: this kubelet takes no device plugins`
  deps.tell(pod, 'Warning', 'FailedPrepareDynamicResources', `Failed to prepare dynamic resources: ${problem}`)
  throw new Error(problem)
}

export async function createSandbox(pod: Pod, attempt: number, deps: PodDeps, signal: AbortSignal): Promise<string> {
  const config = await sandboxConfigFor(pod, attempt, deps)
  await mkdir(config.logDirectory!, { recursive: true, mode: 0o755 })
  try {
    const sandboxId = await deps.runtime.runSandbox(config, pod.spec.runtimeClassName === undefined ? '' : pod.spec.runtimeClassName, signal)
    deps.noteOwner(sandboxId, pod.metadata.uid)
    return sandboxId
  } catch (error) {
    if (!signal.aborted) deps.tell(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${errorText(error)}`)
    throw error
  }
}
