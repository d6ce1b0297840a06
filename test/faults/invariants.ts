/** What must hold after every write, whatever is done to the controllers. */
import type { Pod } from '../../agents/api/groups/core-v1/types.ts'
import { deployments, jobs, nodes, podDisruptionBudgets, pods, volumeAttachments } from '../../agents/api/resources.ts'
import { controllerOf } from '../../agents/machinery/owner.ts'
import type { Invariant, World } from './world.ts'

const isLive = ({ metadata, status }: Pod) => metadata.deletionTimestamp === undefined && status.phase !== 'Succeeded' && status.phase !== 'Failed'
const isReady = (pod: Pod) => isLive(pod) && pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
const podsOf = (world: World, label: string) => world.cluster.all(pods, 'default').filter(({ metadata }) => metadata.labels?.['app'] === label)

/** Never more live pods than replicas + maxSurge; `slack` for the time in which replicas go down. */
export function withinSurge(name: string, maxSurge: number): Invariant {
  let most = 0
  return world => {
    const replicas = world.cluster.peek(deployments, { namespace: 'default', name })?.spec.replicas ?? 0
    const live = podsOf(world, name).filter(isLive).length
    most = live <= replicas + maxSurge ? 0 : Math.max(most, live)
    const isShrinking = most > 0 && live <= (world.cluster.peek(deployments, { namespace: 'default', name })?.status.replicas ?? 0)
    return most > 0 && !isShrinking ? `deployment ${name}: ${live} live pods of ${replicas} + ${maxSurge}` : undefined
  }
}

/** Once that many were ready, never fewer than `least`. */
export function staysAvailable(label: string, first: number, least: number): Invariant {
  let hasBegun = false
  return world => {
    const ready = podsOf(world, label).filter(isReady).length
    hasBegun ||= ready >= first
    return hasBegun && ready < least ? `${label}: ${ready} ready pods, at least ${least} must stay` : undefined
  }
}

/** Pods of a stateful set come one after the other: none before all before it were there. */
export function inOrder(label: string): Invariant {
  let most = -1
  return world => {
    const ordinals = podsOf(world, label).map(({ metadata }) => Number(/-(\d+)$/.exec(metadata.name)![1]))
    const highest = Math.max(-1, ...ordinals)
    if (highest <= most) return undefined
    const missing = Array.from({ length: highest }, (_, ordinal) => ordinal).filter(ordinal => !podsOf(world, label).some(pod => pod.metadata.name.endsWith(`-${ordinal}`) && isReady(pod)))
    most = highest
    return missing.length > 0 ? `${label}-${highest} was made before ${label}-${missing.join(', ')} was ready` : undefined
  }
}

/** No index of a job is worked on twice, and never more than `parallelism` at once. */
export function eachIndexOnce(name: string, parallelism: number): Invariant {
  const seen = new Map<string, string>()
  return world => {
    const own = world.cluster.all(pods, 'default').filter(pod => controllerOf(pod)?.name === name)
    for (const { metadata } of own) {
      const index = metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? ''
      const before = seen.get(index)
      if (before !== undefined && before !== metadata.uid) return `job ${name}: index ${index} has two pods`
      seen.set(index, metadata.uid)
    }
    const active = own.filter(isLive).length
    return active > parallelism ? `job ${name}: ${active} active pods, parallelism is ${parallelism}` : undefined
  }
}

export function neverMoreSucceeded(name: string, completions: number): Invariant {
  return world => {
    const succeeded = world.cluster.peek(jobs, { namespace: 'default', name })?.status.succeeded ?? 0
    return succeeded > completions ? `job ${name}: ${succeeded} of ${completions} succeeded` : undefined
  }
}

/** Two pods of one ordinal never live at once. */
export function onePodPerOrdinal(label: string): Invariant {
  return world => {
    const ordinals = podsOf(world, label).filter(isLive).map(({ metadata }) => metadata.labels?.['apps.kubernetes.io/pod-index'] ?? metadata.name)
    return new Set(ordinals).size < ordinals.length ? `${label}: two pods of one ordinal among ${ordinals.join(', ')}` : undefined
  }
}

/** A volume that one node may use is wanted on one node at most. */
export const attachedToOneNode: Invariant = world => {
  const held = world.cluster.all(volumeAttachments).map(({ spec }) => `${spec.source.persistentVolumeName} on ${spec.nodeName}`)
  return held.length > 1 ? `attached twice: ${held.join(', ')}` : undefined
}

export const podCidrsAreDistinct: Invariant = world => {
  const cidrs = world.cluster.all(nodes).map(({ spec }) => spec.podCIDR ?? '').filter(cidr => cidr !== '')
  return new Set(cidrs).size < cidrs.length ? `two nodes have one pod CIDR: ${cidrs.join(', ')}` : undefined
}

/** A budget never counts more pods than there were, nor allows more than they can lose: by its own figures, for pods move on while it thinks. */
export const budgetsAreHonest: Invariant = world => {
  for (const { metadata, spec, status } of world.cluster.all(podDisruptionBudgets)) {
    const { disruptionsAllowed: allowed = 0, currentHealthy: healthy = 0, desiredHealthy = 0, expectedPods = 0 } = status
    const mustStay = typeof spec.minAvailable === 'number' ? spec.minAvailable : desiredHealthy
    if (healthy > expectedPods) return `budget ${metadata.name} counts ${healthy} healthy pods of ${expectedPods}`
    if (allowed > 0 && healthy - allowed < mustStay) return `budget ${metadata.name} allows ${allowed} of ${healthy} healthy pods, ${mustStay} must stay`
  }
  return undefined
}
