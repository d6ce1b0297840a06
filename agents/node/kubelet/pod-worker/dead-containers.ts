/**
 * Clears away what a living pod no longer needs: all but the newest dead container beside the present one of each name,
 * and old sandboxes with nothing in them.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { errorText } from '../../../base/log.ts'
import type { ObservedPod } from '../cri/observed-pod.ts'
import type { PodDeps } from './pod-deps.ts'
import { podText } from './pod-containers.ts'

export interface DeadThings {
  readonly containerIds: readonly string[]
  readonly sandboxIds: readonly string[]
}

export function planDeadThings(observed: ObservedPod): DeadThings {
  const names = [...new Set(observed.containers.map(container => container.name))]
  const dead = names.flatMap(name => observed.containers.filter(container => container.name === name).slice(2).filter(container => container.state !== 'running'))
  const gone = new Set(dead.map(container => container.id))
  const inUse = new Set(observed.containers.filter(container => !gone.has(container.id)).map(container => container.sandboxId))
  const sandboxIds = observed.sandboxes.slice(1).filter(sandbox => !sandbox.isReady && !inUse.has(sandbox.id)).map(sandbox => sandbox.id)
  return { containerIds: [...gone], sandboxIds }
}

export async function collectDeadContainers(pod: Pod, observed: ObservedPod, deps: Pick<PodDeps, 'runtime' | 'log'>): Promise<void> {
  const plan = planDeadThings(observed)
  const tolerate = (error: unknown) => { deps.log.debug('dead container was not removed', { pod: podText(pod), error: errorText(error) }) }
  for (const id of plan.containerIds) await deps.runtime.removeContainer(id).catch(tolerate)
  for (const id of plan.sandboxIds) await deps.runtime.removeSandbox(id).catch(tolerate)
}
