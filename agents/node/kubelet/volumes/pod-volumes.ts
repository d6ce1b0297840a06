/**
 * A pod's volumes on this node: made before its containers, kept up to date, taken down after them.
 *
 *   PV1  Making is idempotent: what is there is left, files that differ are replaced atomically.
 *   PV2  fsGroup owns what the kubelet makes (not hostPath): group-writable, set-group-id folders.
 *   PV3  Taking down unmounts first, then removes; a mount that will not go is an error and nothing below it is removed.
 *   PV4  hostPath is checked by its type.
 *   PV5  A claim is treated as the volume it stands for (claims.ts).
 */
import { chmod, chown, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { HostPathVolumeSource, Pod, Volume } from '../../../api/groups/core-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import { ConfigError } from '../pod-worker/environment.ts'
import type { RunningPodFacts } from '../pod-worker/field-paths.ts'
import { wholeUnits } from '../pod-worker/resources.ts'
import { writeAtomically } from './atomic-files.ts'
import { claimNameOf, type ClaimReader, followClaim } from './claims.ts'
import type { Mounts } from './mounts.ts'
import type { DiskVolumes } from './disks/disk-volumes.ts'
import { buildPayload, commonUser, type PayloadSources } from './payload.ts'
import { hasPayload, isInMemory, volumeFolder, volumeKindOf } from './volume-kinds.ts'
import { giveToGroup } from './volume-ownership.ts'

export interface PodVolumesDeps {
  readonly rootFolder: string
  readonly mounts: Mounts
  readonly clock: Clock
  readonly claims: ClaimReader
  readonly disks: Pick<DiskVolumes, 'setUp' | 'setUpDevice' | 'releaseUnused'>
  sourcesFor(pod: Pod): PayloadSources
}

export class PodVolumes {
  readonly #deps: PodVolumesDeps
  /** Pod and path of what was given to a group. */
  readonly #given = new Set<string>()

  constructor(deps: PodVolumesDeps) {
    this.#deps = deps
  }

  podFolder(podUid: string): string {
    return `${this.#deps.rootFolder}/pods/${podUid}`
  }

  /** Host path of each volume, by name: a folder, or the device of a raw one. */
  async ensure(pod: Pod, facts: RunningPodFacts): Promise<ReadonlyMap<string, string>> {
    const folder = this.podFolder(pod.metadata.uid)
    await mkdir(`${folder}/containers`, { recursive: true, mode: 0o750 })
    const paths = new Map<string, string>()
    for (const named of pod.spec.volumes ?? []) {
      const claim = claimNameOf(pod, named)
      const claimed = claim === undefined ? undefined : await followClaim(pod, named, claim, this.#deps.claims) // PV5
      if (claimed?.type === 'device') {
        await ensureHostPath({ path: claimed.path, type: 'BlockDevice' })
        paths.set(named.name, claimed.path)
        continue
      }
      if (claimed?.type === 'disk' && claimed.volume.spec.volumeMode === 'Block') {
        paths.set(named.name, await this.#deps.disks.setUpDevice(folder, claimed.volume, claimed.claim))
        continue
      }
      if (claimed?.type === 'disk') {
        const path = await this.#deps.disks.setUp(folder, claimed.volume, claimed.claim)
        await this.#giveToGroup(pod, path)
        paths.set(named.name, path)
        continue
      }
      const volume = claimed?.volume ?? named
      const path = volumeFolder(folder, volume)
      if (volumeKindOf(volume) === 'hostPath') await ensureHostPath(volume.hostPath!)
      else await this.#ensureFolder(pod, volume, path)
      if (claimed?.takesGroup === true) await this.#giveToGroup(pod, path)
      if (hasPayload(volume)) await this.#refresh(pod, volume, path, facts)
      paths.set(volume.name, path)
    }
    return paths
  }

  /** Unmounts and removes everything of a pod (PV3). */
  async remove(podUid: string): Promise<void> {
    const folder = this.podFolder(podUid)
    await this.unmountAll(podUid)
    await rm(folder, { recursive: true, force: true })
    for (const key of this.#given) if (key.startsWith(`${podUid} `)) this.#given.delete(key)
  }

  async unmountAll(podUid: string): Promise<void> {
    for (const point of await this.#deps.mounts.below(this.podFolder(podUid))) await this.#deps.mounts.unmount(point)
    const left = await this.#deps.mounts.below(this.podFolder(podUid))
    if (left.length > 0) throw new Error(`could not unmount ${left.join(', ')}`)
    await this.#deps.disks.releaseUnused()
  }

  /** Once a pod: what its containers then write is theirs. */
  async #giveToGroup(pod: Pod, path: string): Promise<void> {
    const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext ?? {}
    const key = `${pod.metadata.uid} ${path}`
    if (fsGroup === undefined || this.#given.has(key)) return
    await giveToGroup(path, fsGroup, fsGroupChangePolicy)
    this.#given.add(key)
  }

  async #ensureFolder(pod: Pod, volume: Volume, path: string): Promise<void> {
    const isNew = (await mkdir(path, { recursive: true })) !== undefined
    if (isInMemory(volume)) await this.#deps.mounts.ensureTmpfs(path, tmpfsSize(volume))
    const group = pod.spec.securityContext?.fsGroup
    if (volumeKindOf(volume) === 'emptyDir') {
      if (isNew || isInMemory(volume)) await own(path, group, 0o777)
    } else if (isNew) await chmod(path, 0o755)
  }

  async #refresh(pod: Pod, volume: Volume, path: string, facts: RunningPodFacts): Promise<void> {
    const payload = await buildPayload(pod, volume, this.#deps.sourcesFor(pod), facts)
    const isProjected = volumeKindOf(volume) === 'projected'
    await writeAtomically(path, payload, { uid: isProjected ? commonUser(pod) : undefined, gid: pod.spec.securityContext?.fsGroup }, this.#deps.clock.now())
  }
}

function tmpfsSize(volume: Volume): number {
  return volume.emptyDir === undefined ? 0 : wholeUnits(volume.emptyDir.sizeLimit)
}

async function own(path: string, group: number | undefined, mode: number): Promise<void> {
  await chmod(path, mode)
  if (group === undefined) return
  await chown(path, 0, group) // PV2
  await chmod(path, mode | 0o2070)
}

async function ensureHostPath(source: HostPathVolumeSource): Promise<void> {
  const { path, type = '' } = source
  if (type === '') return
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) {
    if (type === 'DirectoryOrCreate') {
      await mkdir(path, { recursive: true, mode: 0o755 })
      return
    }
    if (type === 'FileOrCreate') {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, '', { flag: 'a', mode: 0o644 })
      return
    }
  }
  const fits = {
    DirectoryOrCreate: found?.isDirectory(), Directory: found?.isDirectory(), FileOrCreate: found?.isFile(), File: found?.isFile(),
    Socket: found?.isSocket(), CharDevice: found?.isCharacterDevice(), BlockDevice: found?.isBlockDevice(),
  }[type]
  if (fits !== true) throw new ConfigError(`hostPath type check failed: ${path} is not a ${type.replace('OrCreate', '').toLowerCase()}`) // PV4
}
