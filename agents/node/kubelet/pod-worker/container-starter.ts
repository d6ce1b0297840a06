/**
 * Starts one container: image, environment, mounts, create, start, postStart.
 *
 *   CT1  Whatever goes wrong is thrown as a StartError whose reason is what the status will show.
 *   CT2  A container whose postStart hook fails is stopped again.
 *   CT3  The restart count is one more than the newest known of: the runtime, the API server, the log folder.
 */
import { chmod, mkdir, readdir, readFile, symlink, unlink, writeFile } from 'node:fs/promises'
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { errorText } from '../../../base/log.ts'
import { randomSuffix } from '../../../base/random.ts'
import type { PodSandboxConfig } from '../../../wire/cri/cri-sandbox-messages.ts'
import type { Sparse } from '../../../wire/grpc/message-codec.ts'
import { podLogFolder } from '../cri/cri-names.ts'
import { newestOf, type ObservedPod } from '../cri/observed-pod.ts'
import type { ImageAuth } from '../cri/runtime.ts'
import type { ImageReference } from '../images/image-reference.ts'
import { authsFor } from '../images/pull-secrets.ts'
import type { ProbeTarget } from '../probes/probe-attempt.ts'
import { containerMounts } from '../volumes/container-mounts.ts'
import { containerConfigOf } from './container-config.ts'
import { buildEnvironment, ConfigError, type Environment } from './environment.ts'
import type { RunningPodFacts } from './field-paths.ts'
import { renderHostsFile } from './hosts-file.ts'
import { runHook } from './lifecycle-hooks.ts'
import { podIdentity, type PodContainer } from './pod-containers.ts'
import type { PodDeps } from './pod-deps.ts'
import { sandboxHostname } from './sandbox-config.ts'
import { StartError } from './start-error.ts'

export interface StartInput {
  readonly pod: Pod
  readonly container: PodContainer
  readonly observed: ObservedPod
  readonly sandboxId: string
  readonly sandboxConfig: Sparse<PodSandboxConfig>
  readonly podAddresses: readonly string[]
  readonly volumePaths: ReadonlyMap<string, string>
  readonly signal: AbortSignal
}

export function fieldPathOf({ role, spec }: PodContainer): string {
  const list = { init: 'initContainers', regular: 'containers', ephemeral: 'ephemeralContainers' }[role]
  return `spec.${list}{${spec.name}}`
}

export function runningFacts(deps: PodDeps, podAddresses: readonly string[], pod: Pod): RunningPodFacts {
  const { nodeName, hostAddresses, allocatable } = deps.facts
  return { nodeName, hostAddresses, allocatable, podAddresses: pod.spec.hostNetwork === true ? hostAddresses : podAddresses }
}

export async function startContainer(input: StartInput, deps: PodDeps): Promise<void> {
  const { pod, container, signal } = input
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string) => { deps.tell(pod, type, reason, message, fieldPathOf(container)) }
  try {
    const image = await deps.images.ensure(pod, container.spec, reference => pullAuths(pod, reference, deps), tell, signal)
    const { config, restartCount } = await configure(input, image, deps)
    const containerId = await step('CreateContainerError', () => deps.runtime.createContainer(input.sandboxId, config, input.sandboxConfig))
    deps.noteOwner(containerId, pod.metadata.uid)
    tell('Normal', 'Created', `Container created: ${container.spec.name}`)
    await step('RunContainerError', () => deps.runtime.startContainer(containerId))
    tell('Normal', 'Started', `Container started: ${container.spec.name}`)
    await linkLog(input, containerId, restartCount, deps)
    await postStart(input, containerId, deps, tell)
  } catch (error) {
    if (signal.aborted) throw error
    const known = error instanceof StartError ? error : new StartError('CreateContainerError', errorText(error))
    if (!known.reason.endsWith('BackOff')) tell('Warning', 'Failed', `Error: ${known.reason === 'ErrImagePull' || known.reason === 'InvalidImageName' || known.reason === 'ErrImageNeverPull' ? known.reason : known.message}`)
    else tell('Warning', 'Failed', `Error: ${known.reason}`)
    throw known // CT1
  }
}

async function step<T>(reason: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw error instanceof StartError ? error : new StartError(error instanceof ConfigError ? 'CreateContainerConfigError' : reason, errorText(error))
  }
}

async function pullAuths(pod: Pod, reference: ImageReference, deps: PodDeps): Promise<readonly ImageAuth[]> {
  const names = (pod.spec.imagePullSecrets ?? []).flatMap(entry => (entry.name === undefined || entry.name === '' ? [] : [entry.name]))
  if (names.length === 0) return []
  const found = await Promise.all(names.map(name => deps.sources.secret(pod.metadata.namespace ?? 'default', name).catch(() => undefined)))
  return authsFor(reference, found.filter(secret => secret !== undefined))
}

async function configure(input: StartInput, image: Awaited<ReturnType<PodDeps['images']['ensure']>>, deps: PodDeps) {
  const { pod, container, observed } = input
  return step('CreateContainerConfigError', async () => {
    const environment = await readEnvironment(input, deps)
    const restartCount = await nextRestartCount(input, deps)
    const podFolder = deps.volumes.podFolder(pod.metadata.uid)
    const mounts = await containerMounts({
      pod, container: container.spec, podFolder, volumePaths: input.volumePaths, variables: environment.variables,
      hostsFile: await ensureHostsFile(input, podFolder, deps),
      attemptId: `${restartCount}-${randomSuffix(deps.random, 8)}`,
    })
    await mkdir(`${podLogFolder(deps.facts.logsRoot, podIdentity(pod))}/${container.spec.name}`, { recursive: true, mode: 0o755 })
    const target = container.spec.targetContainerName
    const config = containerConfigOf(pod, container, {
      restartCount, mounts, devicePaths: input.volumePaths,
      imageRef: image.ref, imageUser: image.user, variables: environment.variables,
      memoryCapacityBytes: deps.facts.memoryCapacityBytes,
      targetContainerId: target === undefined || target === '' ? undefined : newestOf(observed, target)?.id,
    })
    return { config, restartCount }
  })
}

async function readEnvironment(input: StartInput, deps: PodDeps): Promise<Environment> {
  const namespace = input.pod.metadata.namespace ?? 'default'
  const sources = {
    configMap: (name: string) => deps.sources.configMap(namespace, name),
    secret: (name: string) => deps.sources.secret(namespace, name),
    services: () => deps.sources.services(),
  }
  const environment = await buildEnvironment(input.pod, input.container.spec, sources, runningFacts(deps, input.podAddresses, input.pod))
  if (environment.skipped.length > 0) deps.tell(input.pod, 'Warning', 'InvalidEnvironmentVariableNames', `Keys [${environment.skipped.toSorted().join(', ')}] were skipped since they are considered invalid environment variable names.`)
  return environment
}

async function nextRestartCount({ pod, container, observed }: StartInput, deps: PodDeps): Promise<number> {
  const newest = newestOf(observed, container.spec.name)
  if (newest !== undefined) return newest.restartCount + 1
  const statuses = deps.statuses.basis(pod).status
  const known = [...(statuses.containerStatuses ?? []), ...(statuses.initContainerStatuses ?? [])].find(status => status.name === container.spec.name)?.restartCount ?? 0
  const folder = `${podLogFolder(deps.facts.logsRoot, podIdentity(pod))}/${container.spec.name}`
  const names = await readdir(folder).catch(() => [] as string[])
  const logged = names.flatMap(name => /^(\d+)\.log/.exec(name)?.[1] ?? []).map(Number)
  return Math.max(known, logged.length === 0 ? 0 : Math.max(...logged) + 1) // CT3
}

async function ensureHostsFile({ pod, podAddresses }: StartInput, podFolder: string, deps: PodDeps): Promise<string> {
  const { hostname, domain } = sandboxHostname(pod, deps.facts.clusterDns.domain)
  const nodeFile = pod.spec.hostNetwork === true ? await readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1\tlocalhost\n') : undefined
  const file = `${podFolder}/etc-hosts`
  await writeFile(file, renderHostsFile({ addresses: podAddresses, hostname, domain, aliases: pod.spec.hostAliases ?? [], nodeFile }))
  await chmod(file, 0o644)
  return file
}

async function linkLog({ pod, container }: StartInput, containerId: string, restartCount: number, deps: PodDeps): Promise<void> {
  const identity = podIdentity(pod)
  const target = `${podLogFolder(deps.facts.logsRoot, identity)}/${container.spec.name}/${restartCount}.log`
  const link = `${deps.facts.containerLogsFolder}/${identity.name}_${identity.namespace}_${container.spec.name}-${containerId}.log`
  await unlink(link).catch(() => {})
  await symlink(target, link).catch(error => { deps.log.debug('log could not be linked', { link, error: errorText(error) }) })
}

async function postStart({ pod, container, podAddresses }: StartInput, containerId: string, deps: PodDeps, tell: (type: 'Normal' | 'Warning', reason: string, message: string) => void): Promise<void> {
  const hook = container.spec.lifecycle?.postStart
  if (hook === undefined) return
  const target: ProbeTarget = { containerId, container: container.spec, podAddress: pod.spec.hostNetwork === true ? (deps.facts.hostAddresses[0] ?? '127.0.0.1') : (podAddresses[0] ?? '') }
  try {
    await runHook(hook, target, 3_600_000, deps)
  } catch (error) {
    tell('Warning', 'FailedPostStartHook', `PostStartHook failed: ${errorText(error)}`)
    tell('Normal', 'Killing', 'FailedPostStartHook')
    await deps.runtime.stopContainer(containerId, Math.min(30, pod.spec.terminationGracePeriodSeconds ?? 30)).catch(() => {}) // CT2
    throw new StartError('PostStartHookError', errorText(error))
  }
}
