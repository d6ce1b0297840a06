/**
 * The LAN of a lab's namespace machines: a kernel bridge in a network namespace of its own, one veth port a machine.
 * Nothing of it is in the desktop's own network.
 *
 *   LB1  The namespace is held by a file in the lab's run folder, not by a process, and so outlives the lab host.
 *   LB2  Making it and plugging a machine can be repeated; the port's far end is born inside the machine.
 *   LB3  It is removed when its last port is gone. Plugging and removing wait for each other.
 */
import { statfsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { MachineLan } from '../machine.ts'
import { runProgram } from '../run-program.ts'
import { type LabUplink, uplinkDevice } from './lab-uplink.ts'

const bridge = 'lan'
/** What nodes need and cannot load themselves. */
const kernelModules = ['overlay', 'veth', 'bridge', 'br_netfilter', 'vxlan', 'ipip', 'wireguard', 'dummy', 'ip_vs', 'ip_vs_rr']
const namespaceFilesystem = 0x6e736673

export class LabBridge {
  readonly namespaceFile: string
  readonly #uplink: LabUplink
  #last: Promise<unknown> = Promise.resolve()

  constructor(namespaceFile: string, uplink: LabUplink) {
    this.namespaceFile = namespaceFile
    this.#uplink = uplink
  }

  /** The unix socket by which a userspace switch becomes part of this LAN. */
  openUplink(): Promise<string> {
    return this.#inTurn(async () => {
      if (!this.exists) await this.#make()
      return this.#uplink.open(this.namespaceFile, bridge)
    })
  }

  get exists(): boolean {
    try {
      return statfsSync(this.namespaceFile).type === namespaceFilesystem
    } catch {
      return false
    }
  }

  /** Gives process pid's network a card `lan0` with this address on the bridge. */
  plug(port: string, pid: number, lan: MachineLan): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.exists) await this.#make()
      await this.#unplug(port)
      await this.#ip([
        `link add name ${port} type veth peer name lan0 address ${lan.mac} netns ${pid}`,
        `link set dev ${port} master ${bridge} up`,
      ])
      await runProgram('nsenter', ['--target', String(pid), '--net', 'ip', '-batch', '-'], {
        input: [`address add ${lan.address}/${lan.prefix} brd + dev lan0`, 'link set dev lan0 up', ''].join('\n'),
      })
    })
  }

  /** The port may be gone already, with its machine. */
  unplug(port: string): Promise<void> {
    return this.#inTurn(() => this.#unplug(port))
  }

  async ports(): Promise<readonly string[]> {
    if (!this.exists) return []
    const text = await runProgram('nsenter', [`--net=${this.namespaceFile}`, 'ip', '-json', 'link', 'show', 'master', bridge])
    return (JSON.parse(text.trim() === '' ? '[]' : text) as { ifname?: string }[]).flatMap(link => link.ifname ?? []).filter(name => name !== uplinkDevice)
  }

  /** LB3 */
  removeIfUnused(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.exists && (await this.ports()).length > 0) return
      await this.#uplink.close()
      if (this.exists) await runProgram('umount', ['--lazy', '--', this.namespaceFile])
      await rm(this.namespaceFile, { force: true })
    })
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act)
    this.#last = turn.catch(() => {})
    return turn
  }

  async #unplug(port: string): Promise<void> {
    if (this.exists) await runProgram('nsenter', [`--net=${this.namespaceFile}`, 'ip', 'link', 'delete', 'dev', port]).catch(() => {})
  }

  async #make(): Promise<void> {
    await runProgram('modprobe', ['--quiet', '--all', ...kernelModules]).catch(() => {}) // built in, or not to be had
    await mkdir(dirname(this.namespaceFile), { recursive: true, mode: 0o700 })
    await writeFile(this.namespaceFile, '', { mode: 0o600 })
    await runProgram('unshare', [`--net=${this.namespaceFile}`, 'ip', '-batch', '-'], {
      input: ['link set dev lo up', `link add name ${bridge} type bridge forward_delay 0 mcast_snooping 0`, `link set dev ${bridge} up`, ''].join('\n'),
    })
  }

  #ip(lines: readonly string[]): Promise<string> {
    return runProgram('nsenter', [`--net=${this.namespaceFile}`, 'ip', '-batch', '-'], { input: [...lines, ''].join('\n') })
  }
}
