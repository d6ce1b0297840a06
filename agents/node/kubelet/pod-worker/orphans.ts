/**
 * What is on the node and belongs to no pod any more: found by looking, and cleared away.
 *
 *   OR1  Only things with the kubelet's labels or in its folders are touched.
 *   OR2  A pod that has a worker is never an orphan; nothing is judged before the pods are known.
 *   OR3  An orphan's processes get the grace period written on them (30 s if none is), then all of it is removed.
 */
import { readdir, readlink, rm, stat, unlink } from 'node:fs/promises'
import { errorText } from '../../../base/log.ts'
import { criAnnotation, criLabel } from '../cri/cri-names.ts'
import type { PodDeps } from './pod-deps.ts'
import { removeFromRuntime, stopSandbox } from './pod-killer.ts'

export interface RuntimeInventory {
  /** Pods seen in the runtime, by uid. */
  readonly pods: ReadonlyMap<string, { readonly namespace: string; readonly name: string }>
  readonly owners: ReadonlyMap<string, string>
  readonly graceSeconds: ReadonlyMap<string, number>
}

export async function takeInventory(deps: Pick<PodDeps, 'runtime'>): Promise<RuntimeInventory> {
  const [sandboxes, containers] = await Promise.all([deps.runtime.listSandboxes(), deps.runtime.listContainers()])
  const pods = new Map<string, { namespace: string; name: string }>()
  const owners = new Map<string, string>()
  const graceSeconds = new Map<string, number>()
  for (const { id, labels, ...rest } of [...sandboxes, ...containers]) {
    const uid = labels[criLabel.podUid]
    if (uid === undefined) continue // OR1
    pods.set(uid, { namespace: labels[criLabel.podNamespace] ?? '', name: labels[criLabel.podName] ?? '' })
    owners.set(id, uid)
    const grace = Number(rest.annotations[criAnnotation.podGracePeriod])
    if (Number.isFinite(grace)) graceSeconds.set(uid, grace)
  }
  return { pods, owners, graceSeconds }
}

/** Stops and removes one orphan's containers and sandboxes. */
export async function removeOrphan(uid: string, inventory: RuntimeInventory, deps: PodDeps): Promise<void> {
  const identity = inventory.pods.get(uid)!
  const observed = await deps.observer.observe({ uid, ...identity })
  const grace = inventory.graceSeconds.get(uid) ?? 30 // OR3
  await Promise.all(observed.containers.filter(container => container.state !== 'exited').map(container => deps.runtime.stopContainer(container.id, grace)))
  for (const sandbox of observed.sandboxes) await stopSandbox(sandbox.id, deps)
  await removeFromRuntime(observed, deps)
  deps.log.info('orphaned pod was removed', { uid, ...identity })
}

/** Removes folders, logs and cgroups of pods that are neither known nor in the runtime. */
export async function removeOrphanFiles(isKnown: (uid: string) => boolean, deps: PodDeps): Promise<void> {
  const attempt = async (what: string, act: () => Promise<void>) => act().catch(error => { deps.log.warn('orphaned files were not removed', { what, error: errorText(error) }) })
  const podsFolder = deps.volumes.podFolder('').replace(/\/$/, '')
  for (const uid of await readdir(podsFolder).catch(() => [] as string[])) {
    if (isKnown(uid)) continue
    await attempt(uid, async () => {
      await deps.volumes.remove(uid)
      await deps.cgroups.remove(uid)
    })
  }
  for (const name of await readdir(deps.facts.logsRoot).catch(() => [] as string[])) {
    const uid = name.split('_')[2]
    if (uid !== undefined && !isKnown(uid)) await attempt(name, () => rm(`${deps.facts.logsRoot}/${name}`, { recursive: true, force: true }))
  }
  await removeDeadLinks(deps.facts.containerLogsFolder)
}

async function removeDeadLinks(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    const link = `${folder}/${name}`
    if ((await readlink(link).catch(() => undefined)) === undefined) continue
    if ((await stat(link).catch(() => undefined)) === undefined) await unlink(link).catch(() => {})
  }
}
