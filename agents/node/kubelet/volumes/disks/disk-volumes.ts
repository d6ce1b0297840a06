/**
 * The node half of the lab's CSI driver: from an attached disk to a folder of a pod.
 * Upstream: kubelet/volumemanager (reconciler), volume/csi (attacher WaitForAttach, MountDevice; mounter SetUp).
 *
 *   DV1  A volume is told as in use in the Node's status before it is touched, and until it is let go: the
 *        attach/detach controller does not take it away meanwhile.
 *   DV2  The VolumeAttachment must say that the disk is attached; that is waited for a while, then the pod tries again.
 *   DV3  The disk is mounted once, at plugins/kubernetes.io/csi/<driver>/<sha256 of its handle>/globalmount; each pod gets that
 *        folder again at volumes/kubernetes.io~csi/<volume>/mount.
 *   DV4  When no pod has it any more it is unmounted and no longer in use. What is mounted is found again after a restart.
 *   DV5  A claim whose disk has grown: the file system follows, then the claim's status. When it cannot follow while it is
 *        mounted, the claim is told (event FileSystemResizeFailed) and the pod goes on; the next mount does it.
 *   DV6  A volume of mode Block is not mounted: each pod gets the device itself, at volumeDevices/kubernetes.io~csi/<volume>.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { PersistentVolume, PersistentVolumeClaim } from '../../../../api/groups/core-v1/types.ts'
import { persistentVolumeClaims, volumeAttachments } from '../../../../api/resources.ts'
import { compareQuantities } from '../../../../api/schema/quantity.ts'
import { sleep, type Clock } from '../../../../base/clock.ts'
import { errorText, type Log } from '../../../../base/log.ts'
import type { Client } from '../../../../machinery/client.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import { attachmentName, diskDriver, diskFileSystem, uniqueVolumeName } from '../../../../wire/cloud/disk-driver.ts'
import type { Mounts } from '../mounts.ts'
import type { DiskTools } from './disk-tools.ts'

export interface DiskVolumesDeps {
  readonly rootFolder: string
  readonly nodeName: string
  readonly client: Client
  readonly mounts: Mounts
  readonly tools: DiskTools
  readonly clock: Clock
  readonly log: Log
  /** A warning to whoever looks at the claim. */
  tell(claim: PersistentVolumeClaim, reason: string, message: string): void
  /** Makes the Node's status say what `inUse` says; resolves when the API server has it. */
  reportInUse(): Promise<void>
}

interface Staged {
  readonly volume: string
  readonly handle: string
}

const waitMs = 10_000
const lookMs = 250

export class DiskVolumes {
  readonly #deps: DiskVolumesDeps
  /** By handle. */
  readonly #staged = new Map<string, Staged>()
  /** Setups under way, by handle: what they use is not let go. */
  readonly #busy = new Map<string, number>()

  constructor(deps: DiskVolumesDeps) {
    this.#deps = deps
  }

  /** For Node.status.volumesInUse. */
  get inUse(): readonly string[] {
    return [...this.#staged.keys()].map(handle => uniqueVolumeName(diskDriver, handle)).sort()
  }

  /** DV4. */
  async recover(): Promise<void> {
    const folder = this.#driverFolder
    for (const name of await readdir(folder).catch(() => [] as string[])) {
      const staged = await readFile(`${folder}/${name}/vol_data.json`, 'utf8').then(text => JSON.parse(text) as Staged, () => undefined)
      if (staged !== undefined) this.#staged.set(staged.handle, staged)
    }
    await this.releaseUnused()
  }

  /** Folder of the pod where the volume's files are. */
  setUp(podFolder: string, volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<string> {
    return this.#whileBusy(volume, async handle => {
      const target = `${podFolder}/volumes/kubernetes.io~csi/${volume.metadata.name}/mount`
      const isThere = await this.#isMounted(target)
      if (!isThere) {
        await this.#stage(volume, handle, hasGrown(volume, claim))
        await this.#deps.tools.bind(this.#stageFolder(handle), target) // DV3
      }
      await this.#followSize(volume, claim, handle).catch((error: unknown) => { this.#deps.tell(claim, 'FileSystemResizeFailed', `NodeExpandVolume failed for volume "${volume.metadata.name}": ${errorText(error)}`) })
      return target
    })
  }

  /** Place of the pod where the device itself is (DV6). */
  setUpDevice(podFolder: string, volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<string> {
    return this.#whileBusy(volume, async handle => {
      const target = `${podFolder}/volumeDevices/kubernetes.io~csi/${volume.metadata.name}`
      if (!(await this.#isMounted(target))) {
        await this.#takeIntoUse(volume, handle)
        await this.#deps.tools.bindDevice(await this.#deviceOf(volume, handle), target)
      }
      if (hasGrown(volume, claim)) {
        await this.#deps.tools.rescan(await this.#deviceOf(volume, handle))
        await this.#tellCapacity(volume, claim)
      }
      return target
    })
  }

  async #whileBusy(volume: PersistentVolume, work: (handle: string) => Promise<string>): Promise<string> {
    const handle = volume.spec.csi!.volumeHandle
    this.#busy.set(handle, (this.#busy.get(handle) ?? 0) + 1)
    try {
      return await work(handle)
    } finally {
      this.#busy.set(handle, this.#busy.get(handle)! - 1)
    }
  }

  /** DV4. */
  async releaseUnused(): Promise<void> {
    const mounted = await this.#deps.mounts.below(`${this.#deps.rootFolder}/pods`)
    for (const { volume, handle } of this.#staged.values()) {
      if ((this.#busy.get(handle) ?? 0) > 0 || mounted.some(point => point.endsWith(`/volumes/kubernetes.io~csi/${volume}/mount`) || point.endsWith(`/volumeDevices/kubernetes.io~csi/${volume}`))) continue
      try {
        const folder = this.#stageFolder(handle)
        if (await this.#isMounted(folder)) await this.#deps.mounts.unmount(folder)
        if (await this.#isMounted(folder)) throw new Error(`${folder} is still mounted`)
        await rm(dirname(folder), { recursive: true, force: true })
        this.#staged.delete(handle)
        this.#deps.log.info('volume released', { volume })
      } catch (error) {
        this.#deps.log.warn('volume not released', { volume, error: errorText(error) })
      }
    }
    await this.#deps.reportInUse().catch(() => {}) // told again with the next status
  }

  async #stage(volume: PersistentVolume, handle: string, grows: boolean): Promise<void> {
    await this.#takeIntoUse(volume, handle)
    const folder = this.#stageFolder(handle)
    if (await this.#isMounted(folder)) return
    const device = await this.#deviceOf(volume, handle)
    const fileSystem = volume.spec.csi!.fsType ?? diskFileSystem
    await this.#deps.tools.prepare(device, fileSystem, grows)
    await this.#deps.tools.mount(device, folder, fileSystem, volume.spec.mountOptions ?? [])
    this.#deps.log.info('volume mounted', { volume: volume.metadata.name, device })
  }

  /** DV1 DV2 */
  async #takeIntoUse({ metadata: { name } }: PersistentVolume, handle: string): Promise<void> {
    if (!this.#staged.has(handle)) {
      await mkdir(dirname(this.#stageFolder(handle)), { recursive: true, mode: 0o750 })
      await writeFile(`${dirname(this.#stageFolder(handle))}/vol_data.json`, JSON.stringify({ volume: name, handle } satisfies Staged), { mode: 0o600 })
      this.#staged.set(handle, { volume: name, handle })
      await this.#deps.reportInUse() // DV1
    }
    await this.#waitUntil(() => this.#isAttached(name, handle), `volume "${name}" is not attached to node "${this.#deps.nodeName}" yet`) // DV2
  }

  async #deviceOf({ metadata: { name } }: PersistentVolume, handle: string): Promise<string> {
    let device: string | undefined
    await this.#waitUntil(async () => (device = await this.#deps.tools.find(handle)) !== undefined, `volume "${name}" is attached, but no disk of the machine is named ${handle}`)
    return device!
  }

  async #isAttached(volume: string, handle: string): Promise<boolean> {
    const { client, nodeName } = this.#deps
    const attachment = await client.get(volumeAttachments, { name: attachmentName(diskDriver, handle, nodeName, sha256) }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
    if (attachment?.metadata.deletionTimestamp !== undefined) throw new Error(`volume "${volume}" is being detached from node "${nodeName}"`)
    const failure = attachment?.status?.attachError?.message
    if (failure !== undefined && attachment?.status?.attached !== true) throw new Error(`AttachVolume.Attach failed for volume "${volume}": ${failure}`)
    return attachment?.status?.attached === true
  }

  async #followSize(volume: PersistentVolume, claim: PersistentVolumeClaim, handle: string): Promise<void> { // DV5
    if (!hasGrown(volume, claim)) return
    const device = await this.#deps.tools.find(handle)
    if (device === undefined) throw new Error(`no disk of the machine is named ${handle}`)
    await this.#deps.tools.grow(device)
    await this.#tellCapacity(volume, claim)
    this.#deps.log.info('file system of volume has grown', { volume: volume.metadata.name, capacity: capacityOf(volume) })
  }

  async #tellCapacity(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
    const conditions = (claim.status.conditions ?? []).filter(({ type }) => type !== 'FileSystemResizePending' && type !== 'Resizing')
    await this.#deps.client.patch(persistentVolumeClaims, keyOf(claim), { status: { capacity: { storage: capacityOf(volume) }, conditions: conditions.length === 0 ? null : conditions, allocatedResourceStatuses: null } }, { patchType: 'merge', subresource: 'status' })
  }

  async #waitUntil(holds: () => Promise<boolean>, problem: string): Promise<void> {
    const deadline = this.#deps.clock.monotonic() + waitMs
    while (!(await holds())) {
      if (this.#deps.clock.monotonic() > deadline) throw new Error(problem)
      await sleep(this.#deps.clock, lookMs)
    }
  }

  async #isMounted(folder: string): Promise<boolean> {
    return (await this.#deps.mounts.below(folder)).includes(folder)
  }

  get #driverFolder(): string {
    return `${this.#deps.rootFolder}/plugins/kubernetes.io/csi/${diskDriver}`
  }

  #stageFolder(handle: string): string {
    return `${this.#driverFolder}/${sha256(handle)}/globalmount`
  }
}

const capacityOf = ({ spec }: PersistentVolume): string => spec.capacity?.['storage'] ?? '0'

function hasGrown(volume: PersistentVolume, { status }: PersistentVolumeClaim): boolean {
  return compareQuantities(capacityOf(volume), status.capacity?.['storage'] ?? '0') > 0
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
