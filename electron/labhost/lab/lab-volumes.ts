/**
 * The block volumes of a lab: raw images on the desktop's disk, plugged into machines.
 *
 *   LV1  A volume is in one machine at most. What should be in a machine is plugged in again when the machine comes back.
 *   LV2  Taking it out of a machine that does not run needs nothing of the machine.
 *   LV3  A volume grows and never shrinks; its file takes the room that was written.
 *   LV4  What was asked for is written down by the one who owns this (`changed`) before it is done.
 */
import { existsSync } from 'node:fs'
import { open, rm, truncate } from 'node:fs/promises'
import type { CloudVolume } from '../../../agents/wire/cloud/cloud-api.ts'
import { CloudError } from '../cloud/cloud-error.ts'
import { ensurePrivateDir } from '../files/private-files.ts'
import type { PluggableDisk } from '../machines/machine.ts'
import type { LabFiles } from './lab-files.ts'
import type { LabNode } from './lab-node.ts'
import { PerLink } from './per-link.ts'

export interface LabVolumesOptions {
  readonly files: LabFiles
  readonly nodes: () => readonly LabNode[]
  readonly remembered: readonly CloudVolume[]
  readonly changed: () => void
}

export class LabVolumes {
  readonly #options: LabVolumesOptions
  readonly #volumes: Map<string, CloudVolume>
  /** Machines whose disks were put in order since they came up. */
  readonly #settled = new PerLink<true>()

  constructor(options: LabVolumesOptions) {
    this.#options = options
    this.#volumes = new Map(options.remembered.map(volume => [volume.id, volume]))
  }

  get all(): readonly CloudVolume[] {
    return [...this.#volumes.values()]
  }

  async ensure(id: string, sizeBytes: number): Promise<CloudVolume> {
    const known = this.#volumes.get(id)
    if (known !== undefined && known.sizeBytes > sizeBytes) throw new CloudError(400, `volume ${id} has ${known.sizeBytes} bytes and cannot shrink to ${sizeBytes}`)
    const volume = { id, sizeBytes, node: known?.node ?? null }
    this.#keep(volume)
    const { file } = this.#disk(id)
    ensurePrivateDir(this.#options.files.volumesDir)
    if (!existsSync(file)) await (await open(file, 'a', 0o600)).close()
    await truncate(file, sizeBytes) // LV3
    const machine = known === undefined || known.sizeBytes === sizeBytes || known.node === null ? undefined : this.#running(known.node)
    await machine?.machine().disks.grow(this.#disk(id), sizeBytes)
    return volume
  }

  async delete(id: string): Promise<void> {
    const { node } = this.#volumes.get(id) ?? { node: null }
    if (node !== null) throw new CloudError(409, `volume ${id} is still in ${node}`)
    this.#volumes.delete(id)
    this.#options.changed()
    await rm(this.#disk(id).file, { force: true })
  }

  async plugIn(id: string, node: string): Promise<void> {
    const volume = this.#need(id)
    if (volume.node !== null && volume.node !== node) throw new CloudError(409, `volume ${id} is in ${volume.node}; it has to be taken out there first`) // LV1
    const running = this.#running(node)
    if (running === undefined) throw new CloudError(503, `${node} is not running, so nothing can be plugged into it`)
    this.#keep({ ...volume, node }) // LV4
    await running.machine().disks.plugIn(this.#disk(id))
  }

  async takeOut(id: string, node: string): Promise<void> {
    const volume = this.#volumes.get(id)
    if (volume === undefined || volume.node !== node) return
    await this.#running(node)?.machine().disks.takeOut(id) // LV2
    this.#keep({ ...volume, node: null })
  }

  /** LV1. */
  async settle(): Promise<void> {
    for (const node of this.#options.nodes()) {
      if (!node.isRunning || node.state.controlLink !== 'up' || this.#settled.get(node.name, node.link()) === true) continue
      for (const { id } of this.all.filter(volume => volume.node === node.name)) await node.machine().disks.plugIn(this.#disk(id))
      this.#settled.set(node.name, node.link(), true)
    }
  }

  #running(name: string): LabNode | undefined {
    const node = this.#options.nodes().find(candidate => candidate.name === name)
    return node?.isRunning === true ? node : undefined
  }

  #need(id: string): CloudVolume {
    const volume = this.#volumes.get(id)
    if (volume === undefined) throw new CloudError(404, `there is no volume ${id}`)
    return volume
  }

  #keep(volume: CloudVolume): void {
    this.#volumes.set(volume.id, volume)
    this.#options.changed()
  }

  #disk(id: string): PluggableDisk {
    return { id, file: this.#options.files.volume(id) }
  }
}
