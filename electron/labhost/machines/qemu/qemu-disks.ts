/**
 * Disks plugged into a running QEMU through its monitor.
 *
 *   QD1  What is in is read from QEMU itself, so a lab host that starts again knows it.
 *   QD2  QEMU locks a file that it has open: a second machine cannot take the same one (MD2).
 *   QD3  Taking out waits until QEMU has let go of the file.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../../../agents/base/clock.ts'
import { errorText } from '../../../../agents/base/log.ts'
import type { MachineDisks, PluggableDisk } from '../machine.ts'
import { MachineError } from '../machine-error.ts'
import { scsiBus } from './command-line.ts'
import type { QmpClient } from './qmp-client.ts'

const letGoMs = 10_000
const devicePrefix = 'disk-'
const peripherals = '/machine/peripheral'

export interface QemuDisksOptions {
  readonly machine: string
  readonly monitor: () => QmpClient
  readonly clock: Clock
}

export class QemuDisks implements MachineDisks {
  readonly #options: QemuDisksOptions

  constructor(options: QemuDisksOptions) {
    this.#options = options
  }

  async list(): Promise<readonly string[]> { // QD1
    const monitor = this.#options.monitor()
    const children = await monitor.ask<readonly { readonly name: string }[]>('qom-list', { path: peripherals })
    const ours = children.filter(({ name }) => name.startsWith(devicePrefix))
    return Promise.all(ours.map(({ name }) => monitor.ask<string>('qom-get', { path: `${peripherals}/${name}`, property: 'device_id' })))
  }

  /** Its place on the bus. */
  async lunOf(id: string): Promise<number> {
    return await this.#options.monitor().ask<number>('qom-get', { path: `${peripherals}/${devicePrefix}${shortName(id)}`, property: 'lun' })
  }

  async sizeOf(id: string): Promise<number> {
    const nodes = await this.#options.monitor().ask<readonly { readonly 'node-name': string; readonly image: { readonly 'virtual-size': number } }[]>('query-named-block-nodes', { flat: true })
    return nodes.find(node => node['node-name'] === shortName(id))?.image['virtual-size'] ?? 0
  }

  /** @param lun its place on the bus; by itself the first that is free */
  async plugIn({ id, file }: PluggableDisk, lun?: number): Promise<void> {
    if ((await this.list()).includes(id)) return
    const monitor = this.#options.monitor()
    const name = shortName(id)
    await monitor.ask('blockdev-add', { driver: 'raw', 'node-name': name, discard: 'unmap', file: { driver: 'file', filename: file, discard: 'unmap' } }).catch((error: unknown) => {
      throw new MachineError('DiskFailed', `the disk ${id} cannot be plugged into ${this.#options.machine}: ${errorText(error)}`, { cause: error }) // QD2
    })
    try {
      await monitor.ask('device_add', { driver: 'scsi-hd', bus: `${scsiBus}.0`, drive: name, id: `${devicePrefix}${name}`, device_id: id, ...(lun === undefined ? {} : { lun }) })
    } catch (error) {
      await monitor.ask('blockdev-del', { 'node-name': name }).catch(() => {})
      throw new MachineError('DiskFailed', `the disk ${id} cannot be plugged into ${this.#options.machine}: ${errorText(error)}`, { cause: error })
    }
  }

  async takeOut(id: string): Promise<void> {
    if (!(await this.list()).includes(id)) return
    const monitor = this.#options.monitor()
    const name = shortName(id)
    const gone = this.#deviceGone(monitor, `${devicePrefix}${name}`)
    await monitor.ask('device_del', { id: `${devicePrefix}${name}` })
    await gone // QD3
    await monitor.ask('blockdev-del', { 'node-name': name })
  }

  async grow({ id }: PluggableDisk, sizeBytes: number): Promise<void> {
    if (!(await this.list()).includes(id)) return
    await this.#options.monitor().ask('block_resize', { 'node-name': shortName(id), size: sizeBytes })
  }

  #deviceGone(monitor: QmpClient, device: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.after(letGoMs, () => {
        listener[Symbol.dispose]()
        reject(new MachineError('DiskFailed', `${this.#options.machine} did not let go of ${device} within ${letGoMs / 1000} s`))
      })
      const listener = monitor.onEvent(({ event, data }) => {
        if (event !== 'DEVICE_DELETED' || data['device'] !== device) return
        timer[Symbol.dispose]()
        listener[Symbol.dispose]()
        resolve()
      })
    })
  }
}

/** Names of block nodes have at most 31 characters. */
function shortName(id: string): string {
  return `v${createHash('sha256').update(id).digest('hex').slice(0, 24)}`
}
